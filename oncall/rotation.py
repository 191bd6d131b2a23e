"""A layer of a schedule: people who take turns, as PagerDuty means layers, so that imports lose nothing.

Turns of days, weeks and months change hands at the same wall time in the layer's zone, also across DST; turns
of hours are elapsed hours. Wall times that do not exist or exist twice follow the rule of `lib.intervals`. In
a zone that skips a whole day, the turn of that day has no time in it and is left out.

Turn number 0 starts at the virtual start and belongs to the first person; turns run in both directions from
it. The first turn of a span is found by arithmetic, so the cost depends on the span and not on the layer's
age.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lib.intervals import Interval, UnknownZone, instant, intersect, load_zone, to_instant, to_wall, union

# Nobody is on call outside these years: the calendar's arithmetic needs room around every answer.
KNOWN_TIME = Interval(datetime(1900, 1, 1, tzinfo=UTC), datetime(9900, 1, 1, tzinfo=UTC))

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_TICK = timedelta.resolution


class InvalidLayer(ValueError):
    """A layer that cannot be followed. `field` is the layer's field to correct, `message` says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Unit(StrEnum):
    """What a turn's length counts."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


_LONGEST = {Unit.HOURS: 10_000, Unit.DAYS: 1_000, Unit.WEEKS: 520, Unit.MONTHS: 120}


@dataclass(frozen=True, slots=True)
class Turn:
    """How long one person's turn is. Raises InvalidLayer."""

    length: int
    unit: Unit

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "unit", Unit(self.unit))
        except ValueError as error:
            raise InvalidLayer("turn", "Turns are counted in hours, days, weeks or months.") from error
        if not 1 <= self.length <= _LONGEST[self.unit]:
            raise InvalidLayer("turn", f"A turn is 1 to {_LONGEST[self.unit]} {self.unit} long.")


@dataclass(frozen=True, slots=True)
class Restriction:
    """A window in which the layer is in force: every day, or every week on `weekday` (0 is Monday).

    `start` is local wall time. `duration` is counted on the wall clock too: 22:00 and 8 hours is until 06:00,
    also in the night in which clocks change. It may pass midnight and is at most 7 days. A window whose start
    is shifted by a gap to its end or beyond is left out on that day. Raises InvalidLayer.
    """

    start: time
    duration: timedelta
    weekday: int | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None:
            raise InvalidLayer("restrictions", "A window starts at local time, without a zone of its own.")
        if not timedelta(0) < self.duration <= _WEEK:
            raise InvalidLayer("restrictions", "A window lasts more than nothing and at most 7 days.")
        if self.weekday not in {None, 0, 1, 2, 3, 4, 5, 6}:
            raise InvalidLayer("restrictions", "The day of a weekly window is 0 (Monday) to 6 (Sunday).")


@dataclass(frozen=True, slots=True)
class Layer:
    """People in the order of their turns; a person may stand in it more than once. None is the turn of
    somebody who is not there any more: the layer is silent in it, and nobody else's turn moves.

    `virtual_start` is naive local time of `zone`: when the first person's turn number 0 begins, and so also
    the wall time of every hand-off. It may be before or after `start`. `start` and `end` are the moments
    between which the layer is in force; None is without bound. With restrictions it is in force only while
    one of them is open. Raises InvalidLayer.
    """

    id: int
    people: tuple[int | None, ...]
    zone: str
    virtual_start: datetime
    turn: Turn
    restrictions: tuple[Restriction, ...] = ()
    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        if not self.people:
            raise InvalidLayer("people", "A layer needs at least one person.")
        try:
            load_zone(self.zone)
        except UnknownZone as error:
            raise InvalidLayer("zone", f"There is no time zone named {self.zone!r}.") from error
        if self.virtual_start.tzinfo is not None:
            raise InvalidLayer("virtual_start", "The first turn starts at local time of the layer's zone.")
        if not KNOWN_TIME.contains(self.virtual_start.replace(tzinfo=UTC)):
            raise InvalidLayer("virtual_start", "The first turn starts in a year from 1900 to 9899.")
        self._check_bounds()

    def _check_bounds(self) -> None:
        for field in ("start", "end"):
            value = getattr(self, field)
            if value is None:
                continue
            if value.utcoffset() is None:
                raise InvalidLayer(field, "This moment needs a zone.")
            object.__setattr__(self, field, instant(value))
        if self.start and self.end and self.end <= self.start:
            raise InvalidLayer("end", "A layer ends after it starts.")

    @property
    def tz(self) -> ZoneInfo:
        """The loaded zone."""
        return load_zone(self.zone)

    @property
    def source(self) -> str:
        """How segments name this layer."""
        return f"layer:{self.id}"


@dataclass(frozen=True, slots=True)
class Segment:
    """These people are on call from `start` until just before `end` (UTC), because of `source`: "layer:3",
    "override:9"."""

    start: datetime
    end: datetime
    people: tuple[int, ...]
    source: str


def turns(layer: Layer, span: Interval) -> list[Segment]:
    """The turns that fall into the span, cut to it, to the layer's bounds and to its windows, in order.

    Each has one person. Two turns in a row of the same person stay two.
    """
    frame = _in_force(layer, span)
    if frame is None:
        return []
    windows, source = _windows(layer, frame), layer.source
    segments: list[Segment] = []
    first = 0
    for start, end, person in _shifts(layer, frame):
        while first < len(windows) and windows[first].end <= start:
            first += 1
        for index in range(first, len(windows)):
            window = windows[index]
            if window.start >= end:
                break
            segments.append(Segment(max(start, window.start), min(end, window.end), (person,), source))
    return segments


def turn_at(layer: Layer, at: datetime) -> int | None:
    """Whose turn it is at that moment; None when the layer is not in force."""
    at = instant(at)
    if not _bounds(layer).contains(at) or not _is_open(layer, at):
        return None
    return layer.people[turn_index(layer, at) % len(layer.people)]


def turn_index(layer: Layer, at: datetime) -> int:
    """The number of the turn that holds the moment, whether or not the layer is in force; may be negative."""
    index = _estimate(layer, at)
    # The estimate is off by a turn or two at most: by a change of offset, or by a month's length.
    while turn_start(layer, index) > at:
        index -= 1
    while turn_start(layer, index + 1) <= at:
        index += 1
    return index


def turn_start(layer: Layer, index: int) -> datetime:
    """When the turn of that number begins, in UTC. A month without that day has it on its last day."""
    count = index * layer.turn.length
    if layer.turn.unit == Unit.HOURS:
        return to_instant(layer.virtual_start, layer.tz) + timedelta(hours=count)
    if layer.turn.unit == Unit.MONTHS:
        return to_instant(_add_months(layer.virtual_start, count), layer.tz)
    days = count * 7 if layer.turn.unit == Unit.WEEKS else count
    return to_instant(layer.virtual_start + timedelta(days=days), layer.tz)


def _estimate(layer: Layer, at: datetime) -> int:
    length, unit = layer.turn.length, layer.turn.unit
    if unit == Unit.HOURS:
        return (at - to_instant(layer.virtual_start, layer.tz)) // timedelta(hours=length)
    wall, origin = to_wall(at, layer.tz), layer.virtual_start
    if unit == Unit.MONTHS:
        return ((wall.year - origin.year) * 12 + wall.month - origin.month) // length
    return (wall - origin) // timedelta(days=length * 7 if unit == Unit.WEEKS else length)


def _add_months(wall: datetime, count: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + count, 12)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1]))


def _bounds(layer: Layer) -> Interval:
    return Interval(layer.start or KNOWN_TIME.start, layer.end or KNOWN_TIME.end)


def _in_force(layer: Layer, span: Interval) -> Interval | None:
    known = span.intersection(KNOWN_TIME)
    return known and known.intersection(_bounds(layer))


def _shifts(layer: Layer, frame: Interval) -> Iterator[tuple[datetime, datetime, int]]:
    """Whole turns of somebody that touch the frame, cut to it, without regard to windows."""
    index = turn_index(layer, frame.start)
    start = frame.start
    while start < frame.end:
        end = min(turn_start(layer, index + 1), frame.end)
        person = layer.people[index % len(layer.people)]
        if start < end and person is not None:
            yield start, end, person
        start = end
        index += 1


def _windows(layer: Layer, frame: Interval) -> list[Interval]:
    if not layer.restrictions:
        return [frame]
    opened = (
        window
        for restriction in layer.restrictions
        for window in _openings(restriction, layer.tz, frame.start, frame.end)
    )
    return intersect(union(opened), [frame])


def _is_open(layer: Layer, at: datetime) -> bool:
    return not layer.restrictions or any(
        window.contains(at)
        for restriction in layer.restrictions
        for window in _openings(restriction, layer.tz, at, at + _TICK)
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
