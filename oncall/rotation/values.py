"""What a layer is made of, and what comes out of it. Each value refuses what cannot be followed."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from operator import attrgetter
from zoneinfo import ZoneInfo

from lib.intervals import Interval, UnknownZone, instant, load_zone
from oncall.invalid import InvalidLayer
from oncall.skipping import NO_SKIP, Skip

# Nobody is on call outside these years: the calendar's arithmetic needs room around every answer.
KNOWN_TIME = Interval(datetime(1900, 1, 1, tzinfo=UTC), datetime(9900, 1, 1, tzinfo=UTC))

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)


class Unit(StrEnum):
    """What a turn's length counts."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class Role(StrEnum):
    """What being on call by a layer means."""

    PRIMARY = "primary"
    SECONDARY = "secondary"  # second in line; first where there is no primary
    SHADOW = "shadow"  # is told, never waited for


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
    one of them is open. `skip` names duty days on which it is silent, as the module oncall.rotation says.
    Raises InvalidLayer.
    """

    id: int
    people: tuple[int | None, ...]
    zone: str
    virtual_start: datetime
    turn: Turn
    restrictions: tuple[Restriction, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    role: Role = Role.PRIMARY
    skip: Skip = NO_SKIP

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
        self._check_role()
        if self.skip:
            self._check_skip()

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

    def _check_role(self) -> None:
        try:
            object.__setattr__(self, "role", Role(self.role))
        except ValueError as error:
            raise InvalidLayer("role", "A layer is primary, secondary or shadow.") from error

    def _check_skip(self) -> None:
        if self.turn.unit == Unit.HOURS:
            raise InvalidLayer(
                "skip", "Turns of hours cannot skip days; choose turns of days, weeks or months."
            )
        if self.restrictions and not any(self._meets_duty(each) for each in self.restrictions):
            raise InvalidLayer("restrictions", "No window opens on a day that is not skipped.")

    def _meets_duty(self, window: Restriction) -> bool:
        """Whether a weekly window reaches into a duty day of a weekday that is not skipped, on the wall clock."""
        if window.weekday is None:
            return True
        opens = window.weekday * _DAY + _into_day(window.start) - _into_day(self.virtual_start.time())
        first, last = opens // _DAY, (opens + window.duration - timedelta.resolution) // _DAY
        return any(day % 7 not in self.skip.weekdays for day in range(first, last + 1))

    @property
    def tz(self) -> ZoneInfo:
        """The loaded zone."""
        return load_zone(self.zone)

    @property
    def source(self) -> str:
        """How segments name this layer."""
        return f"layer:{self.id}"


def _into_day(wall: time) -> timedelta:
    return timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)


@dataclass(frozen=True, slots=True)
class FixedShift:
    """An event of a calendar: `person` from `start` until just before `end`. Raises ValueError when it would hold
    no time."""

    start: datetime
    end: datetime
    person: int

    def __post_init__(self) -> None:
        period = Interval(self.start, self.end)
        object.__setattr__(self, "start", period.start)
        object.__setattr__(self, "end", period.end)


_BY_TIME = attrgetter("start", "end", "person")


@dataclass(frozen=True, slots=True)
class Fixed:
    """A layer of events in any order, from the calendar feed `id`; people of events at the same time are on call
    together, whose event began first is named first. `level` says which of a feed's layers this is: the order of
    the layers counts, not the number."""

    id: int
    level: int
    shifts: tuple[FixedShift, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shifts", tuple(sorted(self.shifts, key=_BY_TIME)))

    @property
    def role(self) -> Role:
        """Calendars give primaries."""
        return Role.PRIMARY

    @property
    def source(self) -> str:
        """How segments name this layer."""
        return f"feed:{self.id}"


AnyLayer = Layer | Fixed


@dataclass(frozen=True, slots=True)
class Segment:
    """From `start` until just before `end` (UTC), `people` are on call, because of `source`: "layer:3", "feed:4",
    "override:9". `secondary` are next in line, `shadow` are only told."""

    start: datetime
    end: datetime
    people: tuple[int, ...]
    source: str
    secondary: tuple[int, ...] = ()
    shadow: tuple[int, ...] = ()
