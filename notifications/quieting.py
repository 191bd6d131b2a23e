"""Quiet hours: when a person is not to be told of what can wait. Pure: wall times in, instants out.

A stretch is half open and counted on the wall clock of the person's own zone: it ends at 07:00 there on both sides of a
change of the clocks. What a wall time means that does not exist or exists twice is said in lib.intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lib.intervals import load_zone, to_instant

# Nights that touch a weekend are one stretch with it; longer than this nothing is held back.
MOST_STRETCHES = 5
DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `starts` until `ends`, on the next day where that is earlier; with `weekends` all of Saturday and Sunday."""

    starts: time
    ends: time
    weekends: bool = False


def released(at: datetime, quiet: Quiet | None, zone: str) -> datetime:
    """The end of the quiet stretch that holds the instant `at`, else `at` itself."""
    if quiet is None:
        return at
    moment = at
    for _ in range(MOST_STRETCHES):
        later = _end(moment, quiet, load_zone(zone))
        if later is None:
            break
        moment = later
    return moment


def _end(at: datetime, quiet: Quiet, zone: ZoneInfo) -> datetime | None:
    today = at.astimezone(zone).date()
    ends = [
        end
        for day in (today - DAY, today)
        for begin, end in _stretches(day, quiet, zone)
        if begin <= at < end
    ]
    return max(ends, default=None)


def _stretches(day: date, quiet: Quiet, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """Those that begin on `day`, as instants."""
    last = day if quiet.starts < quiet.ends else day + DAY
    found = [
        (
            to_instant(datetime.combine(day, quiet.starts), zone),
            to_instant(datetime.combine(last, quiet.ends), zone),
        )
    ]
    if quiet.weekends and day.weekday() >= SATURDAY:
        found.append(
            (
                to_instant(datetime.combine(day, time(0)), zone),
                to_instant(datetime.combine(day + DAY, time(0)), zone),
            )
        )
    return found
