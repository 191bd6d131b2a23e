"""When those who are on call change. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from lib.intervals import Interval
from oncall import coverage
from oncall.rotation import Segment

LOOK_BACK = timedelta(days=62)
"""How far back the begin of the shift that ended is looked for: two months of turns."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """At `at` the people whom a schedule pages change; those in `outgoing` had been on call from `since`.

    `outgoing` and `incoming` are everybody before and after, primary first, whether or not they stay.
    """

    schedule: int
    since: datetime
    at: datetime
    outgoing: tuple[int, ...]
    incoming: tuple[int, ...]

    @property
    def newcomers(self) -> tuple[int, ...]:
        """Who was not on call before."""
        return tuple(person for person in self.incoming if person not in self.outgoing)


@dataclass(frozen=True, slots=True)
class _Shift:
    start: datetime
    primary: frozenset[int]
    secondary: frozenset[int]
    people: tuple[int, ...]


def may_have(schedule: coverage.Schedule, looked: Interval) -> bool:
    """Whether a hand-off can lie after the start of `looked` and until before its end: cheap, and never too narrow."""
    return any(each.start > looked.start for each in coverage.final(schedule, looked))


def handoffs(number: int, schedule: coverage.Schedule, looked: Interval) -> list[Handoff]:
    """The hand-offs of schedule `number` after the start of `looked` and before its end.

    A gap ends nobody's shift: whoever comes back after it goes on, and somebody else takes over from the last who
    was there. After a gap of more than LOOK_BACK there is nobody to take over from, so no hand-off.
    """
    span = Interval(looked.start - LOOK_BACK, looked.end)
    return [
        Handoff(number, before.start, after.start, before.people, after.people)
        for before, after in pairwise(_shifts(coverage.final(schedule, span)))
        if after.start > looked.start
    ]


def _shifts(segments: Iterable[Segment]) -> list[_Shift]:
    """Segments in a row of the same people, whatever the source and the gaps between, as one."""
    found: list[_Shift] = []
    for each in segments:
        shift = _Shift(
            each.start, frozenset(each.people), frozenset(each.secondary), (*each.people, *each.secondary)
        )
        last = found[-1] if found else None
        if not last or (last.primary, last.secondary) != (shift.primary, shift.secondary):
            found.append(shift)
    return found
