"""What if somebody were away: the same schedule with people who count as nobody for a while."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from lib.intervals import Interval, subtract, union
from oncall.coverage.values import Away, Override, Schedule

Times = dict[int, list[Interval]]


def without(schedule: Schedule, absences: Iterable[Away]) -> Schedule:
    """The schedule as it would be with these people away.

    Their turns let the layer below through and nobody else's turn moves; overrides in their name do nothing.
    Whoever stands in for one of them by an override still does, where they would have been on call.
    """
    return replace(schedule, away=(*schedule.away, *absences))


def carried_out(schedule: Schedule) -> Schedule:
    """Its overrides as far as their people are there; `away` is left only where nobody stands in, since otherwise a
    layer must still say whose place is taken."""
    if not schedule.away:
        return schedule
    times = _times((each.person, each.start, each.end) for each in schedule.away)
    overrides = tuple(
        part for each in schedule.overrides for part in _parts(each, times.get(each.person, []))
    )
    taken = _times((each.replaces, each.start, each.end) for each in overrides if each.replaces is not None)
    away = tuple(
        Away(person, left.start, left.end)
        for person, spans in times.items()
        for left in subtract(spans, taken.get(person, []))
    )
    return replace(schedule, overrides=overrides, away=away)


def _times(spans: Iterable[tuple[int, datetime, datetime]]) -> Times:
    found: defaultdict[int, list[Interval]] = defaultdict(list)
    for person, start, end in spans:
        found[person].append(Interval(start, end))
    return {person: union(intervals) for person, intervals in found.items()}


def _parts(override: Override, gone: list[Interval]) -> Iterator[Override]:
    for part in subtract([Interval(override.start, override.end)], gone):
        yield replace(override, start=part.start, end=part.end)
