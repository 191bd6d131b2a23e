"""Shifts cut into pieces of one local day, each with how much of it is night, weekend and holiday. Pure.

Days are those of the person, not of the schedule: a night shift is one where its person would sleep. Night is from
22:00 to 06:00 on their clock, so in the night in which clocks go back it is an hour longer. A weekend is Saturday and
Sunday. A midnight that does not exist or exists twice follows the rule of `lib.intervals`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from lib.intervals import Interval, to_instant, to_wall, union
from oncall.rotation import Role, Segment

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """`person` is on call for `schedule` from `start` until just before `end` (UTC), within one day of theirs.

    `night`, `weekend` and `holiday` say how much of that is so; one hour may be all three.
    """

    person: int
    schedule: int
    role: Role
    start: datetime
    end: datetime
    night: timedelta
    weekend: timedelta
    holiday: timedelta

    @property
    def length(self) -> timedelta:
        """Elapsed time."""
        return self.end - self.start


def stretches(segments: Iterable[Segment]) -> dict[tuple[int, Role], list[Interval]]:
    """When each person is primary, and when secondary, whatever the source; shadows wait for nothing."""
    found: defaultdict[tuple[int, Role], list[Interval]] = defaultdict(list)
    for each in segments:
        held = Interval(each.start, each.end)
        for person in each.people:
            found[person, Role.PRIMARY].append(held)
        for person in each.secondary:
            found[person, Role.SECONDARY].append(held)
    return {key: union(intervals) for key, intervals in found.items()}


def pieces(
    person: int,
    schedule: int,
    role: Role,
    held: Iterable[Interval],
    zone: ZoneInfo,
    holidays: Collection[date] = frozenset(),
) -> Iterator[Piece]:
    """The intervals cut at the midnights of `zone`, the person's; `holidays` are days on their calendar."""
    for stretch in held:
        for day, part in _by_day(stretch, zone):
            yield Piece(
                person,
                schedule,
                role,
                part.start,
                part.end,
                _night(day, part, zone),
                part.length if day.weekday() >= _SATURDAY else _NOTHING,
                part.length if day in holidays else _NOTHING,
            )


def is_night(at: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks of that zone show a time from 22:00 until just before 06:00."""
    wall = to_wall(at, zone).time()
    return wall >= NIGHT_BEGINS or wall < NIGHT_ENDS


def night_hour(at: datetime, zone: ZoneInfo) -> datetime | None:
    """The hour of the local night that holds the moment, as the instant at which it began; None by day."""
    if not is_night(at, zone):
        return None
    wall = to_wall(at, zone)
    return at - timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)


def _by_day(stretch: Interval, zone: ZoneInfo) -> Iterator[tuple[date, Interval]]:
    day, cursor = to_wall(stretch.start, zone).date(), stretch.start
    while cursor < stretch.end:
        end = min(_midnight(day + _DAY, zone), stretch.end)
        if cursor < end:
            yield day, Interval(cursor, end)
            cursor = end
        day += _DAY


def _night(day: date, part: Interval, zone: ZoneInfo) -> timedelta:
    """How much of a part of that day lies before 06:00 or from 22:00 on."""
    morning, evening = _bounds(day, zone)
    return max(min(part.end, morning) - part.start, _NOTHING) + max(
        part.end - max(part.start, evening), _NOTHING
    )


@lru_cache(maxsize=20_000)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return to_instant(datetime.combine(day, time()), zone)


@lru_cache(maxsize=20_000)
def _bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When that day's night ends in the morning and begins in the evening."""
    return (
        to_instant(datetime.combine(day, NIGHT_ENDS), zone),
        to_instant(datetime.combine(day, NIGHT_BEGINS), zone),
    )
