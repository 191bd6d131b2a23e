"""What calendars have to be told when a final schedule has changed. Pure.

A shift keeps its identity as long as the same person, in the same role, is on call at some of the same time. What is
over stays as it was told: people's calendars are not rewritten behind them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from lib.intervals import to_instant, to_wall
from oncall.rotation import Segment

LONGEST = timedelta(days=31)
"""A longer shift is told in calendar months of the schedule's zone: somebody alone in a schedule is on call for ever,
and its end must not move with the window that is looked at."""
MARGIN = timedelta(days=40)
"""How far around a window to look, so that shifts at its edges are seen whole or are seen to be longer than that."""

_First = TypeVar("_First", bound="Shift")


@dataclass(frozen=True, slots=True)
class Shift:
    """`person` is on call, in `role`, from `start` until just before `end`."""

    person: int
    role: str
    start: datetime
    end: datetime

    def overlap(self, other: Shift) -> timedelta:
        """How long both last at once; negative for what lies apart."""
        return min(self.end, other.end) - max(self.start, other.start)


@dataclass(frozen=True, slots=True)
class Told(Shift):
    """A shift as calendars have been told of it, by its row."""

    row: int = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """`moved` rows get other times, cancelled ones among them stand again; `gone` rows are cancelled."""

    made: list[Shift] = field(default_factory=list)
    moved: list[tuple[Told, Shift]] = field(default_factory=list)
    gone: list[Told] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.made or self.moved or self.gone)


def shifts_in(segments: Iterable[Segment], zone: ZoneInfo) -> list[Shift]:
    """Everybody's shifts of a final schedule, by start; what touches is one."""
    open_ones: dict[tuple[int, str], Shift] = {}
    found: list[Shift] = []
    for segment in segments:
        for person, role in _duties(segment):
            key = (person, role)
            last = open_ones.get(key)
            start = last.start if last and last.end == segment.start else segment.start
            if last and start == segment.start:
                found.append(last)
            open_ones[key] = Shift(person, role, start, segment.end)
    found.extend(open_ones.values())
    parts = [part for shift in found for part in _in_months(shift, zone)]
    return sorted(parts, key=lambda each: (each.start, each.role, each.person))


def compare(told: Sequence[Told], wanted: Sequence[Shift], now: datetime) -> Changes:
    """What turns `told` into `wanted`, from `now` on. Cancelled rows may be given: they stand again if they can."""
    changes = Changes()
    standing = _grouped(each for each in told if each.end > now and not each.cancelled)
    cancelled = _grouped(each for each in told if each.end > now and each.cancelled)
    ahead = _grouped(each for each in wanted if each.end > now)
    for key in standing.keys() | ahead.keys():
        rows, shifts = standing[key], ahead[key]
        pairs = list(_paired(rows, shifts))
        changes.moved.extend(pair for pair in pairs if not _same(*pair))
        revived = list(_paired(cancelled[key], shifts))
        changes.moved.extend(revived)
        changes.made.extend(shifts)
        changes.gone.extend(rows)
    changes.made.extend(_missing_past(told, wanted, now))
    return changes


def _duties(segment: Segment) -> Iterator[tuple[int, str]]:
    for role, people in (
        ("primary", segment.people),
        ("secondary", segment.secondary),
        ("shadow", segment.shadow),
    ):
        for person in people:
            yield person, role


def _in_months(shift: Shift, zone: ZoneInfo) -> Iterator[Shift]:
    if shift.end - shift.start <= LONGEST:
        yield shift
        return
    start = shift.start
    while start < shift.end:
        end = min(_next_month(start, zone), shift.end)
        yield Shift(shift.person, shift.role, start, end)
        start = end


def _next_month(at: datetime, zone: ZoneInfo) -> datetime:
    wall = to_wall(at, zone)
    year, month = divmod(wall.year * 12 + wall.month, 12)
    first = wall.replace(year=year, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return to_instant(first, zone)


def _grouped(shifts: Iterable[_First]) -> defaultdict[tuple[int, str], list[_First]]:
    groups: defaultdict[tuple[int, str], list[_First]] = defaultdict(list)
    for each in shifts:
        groups[each.person, each.role].append(each)
    return groups


def _paired(rows: list[Told], shifts: list[Shift]) -> Iterator[tuple[Told, Shift]]:
    """Take out of both lists what belongs together: what is the same first, then what overlaps most."""
    by_times = {(row.start, row.end): row for row in rows}
    for shift in list(shifts):
        same = by_times.pop((shift.start, shift.end), None)
        if same is not None:
            rows.remove(same)
            shifts.remove(shift)
            yield same, shift
    for shift in list(shifts):
        row = _overlapping(rows, shift)
        if row is not None:
            rows.remove(row)
            shifts.remove(shift)
            yield row, shift


def _overlapping(rows: Iterable[Told], shift: Shift) -> Told | None:
    touching = (row for row in rows if row.start < shift.end and shift.start < row.end)
    return max(touching, key=lambda row: row.overlap(shift), default=None)


def _same(row: Told, shift: Shift) -> bool:
    return (row.start, row.end) == (shift.start, shift.end)


def _missing_past(told: Sequence[Told], wanted: Sequence[Shift], now: datetime) -> Iterator[Shift]:
    """What is over and was never told, unless calendars were told something else of that time."""
    known = [each for each in told if not each.cancelled and each.start < now]
    for shift in wanted:
        if shift.end <= now and not any(
            each.role == shift.role and each.overlap(shift) > timedelta(0) for each in known
        ):
            yield shift
