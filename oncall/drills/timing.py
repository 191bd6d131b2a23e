"""When a drill that comes again is due: at a time of day on the clock of a zone, also when clocks change. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lib.intervals import to_instant, to_wall

WEEKS = {"weekly": 1, "monthly": 4, "quarterly": 12}
_WEEK = timedelta(weeks=1)


def next_time(*, first_on: date, at: time, zone: ZoneInfo, rhythm: str, after: datetime) -> datetime:
    """The first turn later than `after`, as an instant. A time that clocks skip is as much later as they skip; one
    that they show twice is the first of the two."""
    step = WEEKS[rhythm] * _WEEK
    turns = max(0, (to_wall(after, zone).date() - first_on) // step)
    found = _turn(first_on + turns * step, at, zone)
    return found if found > after else _turn(first_on + (turns + 1) * step, at, zone)


def _turn(day: date, at: time, zone: ZoneInfo) -> datetime:
    return to_instant(datetime.combine(day, at), zone)
