"""Where things stand on a drawn timeline: shares of its width, as text for SVG attributes. Pure.

Days are those of a zone, so the day on which clocks change is an hour narrower or wider than the others, and
what is drawn below each other happens at the same time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lib.intervals import Interval, subtract, to_instant
from oncall.rotation import Segment

_DAY = timedelta(days=1)
SINGLE_DAYS = 16
"""With more days than that, the axis names weeks."""


@dataclass(frozen=True, slots=True)
class Range:
    """How much is drawn at once, in days, and how many days "later" goes on: some of it stays in view."""

    key: str
    days: int
    step: int


TWO_WEEKS, MONTH, QUARTER = Range("two-weeks", 14, 7), Range("month", 35, 28), Range("quarter", 91, 84)
RANGES = (TWO_WEEKS, MONTH, QUARTER)


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of the width; both are percentages with a dot, in any language."""

    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the zone, from `start` until just before `end`. The first and last may be cut by the span."""

    date: date
    place: Place
    is_weekend: bool
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Block:
    """What is drawn as one: a stretch, or `count` of them in a row that are too narrow to be drawn apart; `people`
    are all who stand in it, nobody in gaps."""

    start: datetime
    end: datetime
    people: tuple[int, ...] = ()
    source: str = ""
    count: int = 1


def days_from(day: date, count: int, zone: ZoneInfo) -> Interval:
    """`count` days of the zone, from the midnight that begins `day`."""
    start = to_instant(datetime.combine(day, time()), zone)
    return Interval(start, to_instant(datetime.combine(day + count * _DAY, time()), zone))


def place(span: Interval, start: datetime, end: datetime, least: float = 0) -> Place:
    """Where the time from `start` until `end` stands; what lies outside of the span is cut. It is drawn at least so
    wide, as a share from 0 to 1."""
    start, end = max(start, span.start), min(end, span.end)
    share = max(end - start, timedelta(0)) / span.length
    return Place(at(span, start), _percent(max(share, least)))


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
            start, end = max(start, span.start), min(end, span.end)
            found.append(Day(day, place(span, start, end), day.weekday() >= 5, start, end))
        day += _DAY
    return found


def named(found: Sequence[Day]) -> list[Day]:
    """The days that the axis names: all, or of many the Mondays, since there is no room for more."""
    if len(found) <= SINGLE_DAYS:
        return list(found)
    return [each for each in found if each.date.weekday() == 0]


def condensed(
    segments: Iterable[Segment], span: Interval, borders: Sequence[datetime], least: float
) -> list[Block]:
    """Ordered segments as they can be seen: those that take less than the share `least` of the width (0 to 1), and
    leave less than that between them, are one block. None reaches across one of `borders`, which are in order."""
    shortest = span.length * least
    found: list[Block] = []
    for each in segments:
        block = Block(each.start, each.end, each.people, each.source)
        if found and _belongs(found[-1], block, borders, shortest):
            found[-1] = _together(found[-1], block)
        else:
            found.append(block)
    return found


def cut(segments: Iterable[Segment], span: Interval) -> Iterator[Segment]:
    """The segments, as far as they lie in the span."""
    for each in segments:
        if each.start < span.end and span.start < each.end:
            yield replace(each, start=max(each.start, span.start), end=min(each.end, span.end))


def uncovered(segments: Iterable[Segment], span: Interval, since: datetime) -> list[Interval]:
    """The gaps in the span from `since` on: those that are over cannot be filled any more."""
    if since >= span.end:
        return []
    ahead = Interval(max(since, span.start), span.end)
    return subtract([ahead], [Interval(each.start, each.end) for each in segments])


def _belongs(last: Block, block: Block, borders: Sequence[datetime], shortest: timedelta) -> bool:
    is_narrow = last.count > 1 or last.end - last.start < shortest
    if not is_narrow or block.end - block.start >= shortest or block.start - last.end >= shortest:
        return False
    return bisect_right(borders, last.start) == bisect_right(borders, block.start)


def _together(first: Block, second: Block) -> Block:
    people = tuple(dict.fromkeys((*first.people, *second.people)))
    source = first.source if first.source == second.source else ""
    return Block(first.start, second.end, people, source, first.count + second.count)


def _percent(share: float) -> str:
    return f"{share * 100:.4f}".rstrip("0").rstrip(".")
