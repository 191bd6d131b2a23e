"""Where things stand on a drawn timeline: shares of its width, as text for SVG attributes. Pure.

Days are those of a zone, so the day on which clocks change is an hour narrower or wider than the others, and
what is drawn below each other happens at the same time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lib.intervals import Interval, subtract, to_instant
from oncall.rotation import Segment

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of the width; both are percentages with a dot, in any language."""

    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the zone. The first and last may be cut by the span."""

    date: date
    place: Place
    is_weekend: bool


def days_from(day: date, count: int, zone: ZoneInfo) -> Interval:
    """`count` days of the zone, from the midnight that begins `day`."""
    start = to_instant(datetime.combine(day, time()), zone)
    return Interval(start, to_instant(datetime.combine(day + count * _DAY, time()), zone))


def place(span: Interval, start: datetime, end: datetime) -> Place:
    """Where the time from `start` until `end` stands; what lies outside of the span is cut."""
    start, end = max(start, span.start), min(end, span.end)
    return Place(at(span, start), _percent(max(end - start, timedelta(0)) / span.length))


def at(span: Interval, moment: datetime) -> str:
    """Where that moment stands."""
    return _percent((moment - span.start) / span.length)


def days(span: Interval, zone: ZoneInfo) -> list[Day]:
    """The days that the span touches; a day that the zone skipped is left out."""
    found: list[Day] = []
    day = span.start.astimezone(zone).date()
    for _ in range(span.length.days + 3):
        start = to_instant(datetime.combine(day, time()), zone)
        end = to_instant(datetime.combine(day + _DAY, time()), zone)
        if start >= span.end:
            break
        if start < end and end > span.start:
            found.append(Day(day, place(span, start, end), day.weekday() >= 5))
        day += _DAY
    return found


def cut(segments: Iterable[Segment], span: Interval) -> Iterator[Segment]:
    """The segments, as far as they lie in the span."""
    for each in segments:
        if each.start < span.end and span.start < each.end:
            start, end = max(each.start, span.start), min(each.end, span.end)
            yield Segment(start, end, each.people, each.source)


def uncovered(segments: Sequence[Segment], span: Interval, since: datetime) -> list[Interval]:
    """The gaps in the span from `since` on: those that are over cannot be filled any more."""
    if since >= span.end:
        return []
    ahead = Interval(max(since, span.start), span.end)
    return subtract([ahead], [Interval(each.start, each.end) for each in segments])


def _percent(share: float) -> str:
    return f"{share * 100:.4f}".rstrip("0").rstrip(".")
