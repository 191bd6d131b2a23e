"""When a layer is in force: between its bounds, while a window is open, on days that are not skipped."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lib.intervals import Interval, intersect, subtract, to_instant, to_wall, union
from oncall.rotation.days import duty_days
from oncall.rotation.numbering import duty_begins, duty_day
from oncall.rotation.values import KNOWN_TIME, Layer, Restriction

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_TICK = timedelta.resolution


def in_force(layer: Layer, spans: Sequence[Interval]) -> list[Interval]:
    """What of the spans, which are ordered and disjoint, the layer is in force in."""
    bounds = Interval(layer.start or KNOWN_TIME.start, layer.end or KNOWN_TIME.end)
    known = [both for each in spans if (both := _known(each, bounds))]
    if not known or not (layer.restrictions or layer.skip):
        return known
    frame = Interval(known[0].start, known[-1].end)
    if layer.restrictions:
        known = intersect(_windows(layer, frame), known)
    return subtract(known, list(_skipped(layer, frame))) if layer.skip else known


def is_in_force(layer: Layer, at: datetime) -> bool:
    """Whether it is at that moment."""
    if not KNOWN_TIME.contains(at) or (layer.start and at < layer.start) or (layer.end and at >= layer.end):
        return False
    if layer.skip and not duty_days(layer.skip).brings_duty(duty_day(layer, at)):
        return False
    return not layer.restrictions or any(
        window.contains(at)
        for restriction in layer.restrictions
        for window in _openings(restriction, layer.tz, at, at + _TICK)
    )


def _known(span: Interval, bounds: Interval) -> Interval | None:
    known = span.intersection(KNOWN_TIME)
    return known and known.intersection(bounds)


def _windows(layer: Layer, frame: Interval) -> list[Interval]:
    return union(
        window
        for restriction in layer.restrictions
        for window in _openings(restriction, layer.tz, frame.start, frame.end)
    )


def _openings(restriction: Restriction, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Interval]:
    """Windows that may touch the time between start and end, and a few around it."""
    # Two days of room: a part of a day in the duration, and zones that skipped a whole day.
    day = to_wall(start, zone).date() - timedelta(days=restriction.duration.days + 2)
    last = to_wall(end, zone).date() + _DAY
    step = _DAY
    if restriction.weekday is not None:
        day += timedelta(days=(restriction.weekday - day.weekday()) % 7)
        step = _WEEK
    while day <= last:
        wall = datetime.combine(day, restriction.start)
        opens, closes = to_instant(wall, zone), to_instant(wall + restriction.duration, zone)
        if opens < closes:
            yield Interval(opens, closes)
        day += step


def _skipped(layer: Layer, frame: Interval) -> Iterator[Interval]:
    """Skipped duty days that touch the frame; those in a row are one."""
    days = duty_days(layer.skip)
    day, last = duty_day(layer, frame.start), duty_day(layer, frame.end)
    while day <= last:
        following = day + 1
        if not days.brings_duty(day):
            following = days.day(days.number(day))
            starts, ends = duty_begins(layer, day), duty_begins(layer, following)
            # A zone that skips a whole day may leave no time in it.
            if starts < ends:
                yield Interval(starts, ends)
        day = following
