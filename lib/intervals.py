"""Half-open periods of time, and the one rule that turns local wall time into an instant.

Instants are aware datetimes in UTC; a period holds its start and not its end. Lists of intervals that these
functions return are sorted, disjoint and do not touch.

Local wall time becomes an instant by `to_instant`, everywhere in Tocsin:

- a time that does not exist (clocks go forward) is shifted forward by the length of the gap: with clocks
  going from 02:00 to 03:00, 02:30 is the instant at which clocks show 03:30;
- a time that exists twice (clocks go back) is the first of the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class UnknownZone(ValueError):
    """The name is not one of a zone in the tz database."""


@lru_cache(maxsize=1024)
def load_zone(name: str) -> ZoneInfo:
    """The tz database's zone of that name, such as "Europe/Paris". Raises UnknownZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # OSError: the name of a folder in the database ("Europe") is opened like a file.
        raise UnknownZone(f"{name!r} is not a time zone") from error


def instant(value: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError when it is naive, or before year 1 or after 9999 in UTC."""
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise ValueError("a moment needs a zone; this one is naive")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this moment is beyond the calendar") from error


def to_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which clocks of that zone show `wall` (naive), by the rule on top of this module."""
    # PEP 495: with fold=0 a repeated time is its first occurrence, and a missing one has the offset from
    # before the gap, which is the shift forward.
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def to_wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What clocks of that zone show at that moment, naive."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` until just before `end`. Other zones are turned into UTC; raises ValueError when one of
    them is naive or when it would hold no time."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            object.__setattr__(self, "start", instant(self.start))
            object.__setattr__(self, "end", instant(self.end))
        if self.end <= self.start:
            raise ValueError("the end must be after the start")

    @property
    def length(self) -> timedelta:
        """Elapsed time between the ends."""
        return self.end - self.start

    def contains(self, at: datetime) -> bool:
        """Whether that moment is inside; the end is not."""
        return self.start <= at < self.end

    def intersection(self, other: "Interval") -> "Interval | None":
        """What both hold, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """All moments that at least one of them holds. Takes any order; those that touch become one."""
    merged: list[Interval] = []
    for each in sorted(intervals, key=attrgetter("start")):
        if merged and each.start <= merged[-1].end:
            if each.end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, each.end)
        else:
            merged.append(each)
    return merged


def intersect(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """All moments that both lists hold. Both must be sorted and disjoint."""
    common: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        both = left[i].intersection(right[j])
        if both:
            common.append(both)
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return common


def subtract(whole: Sequence[Interval], holes: Sequence[Interval]) -> list[Interval]:
    """All moments of `whole` that `holes` does not hold. Both must be sorted and disjoint."""
    left: list[Interval] = []
    first = 0
    for each in whole:
        while first < len(holes) and holes[first].end <= each.start:
            first += 1
        left.extend(_without(each, holes, first))
    return left


def _without(whole: Interval, holes: Sequence[Interval], first: int) -> Iterable[Interval]:
    start = whole.start
    for index in range(first, len(holes)):
        hole = holes[index]
        if hole.start >= whole.end:
            break
        if start < hole.start:
            yield Interval(start, hole.start)
        start = max(start, hole.end)
    if start < whole.end:
        yield Interval(start, whole.end)
