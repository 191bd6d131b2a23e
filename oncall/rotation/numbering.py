"""Which turn it is, and when it begins: by arithmetic, however far it is from the first one."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache

from lib.intervals import to_instant, to_wall
from oncall.rotation.days import duty_days, stretches
from oncall.rotation.values import Layer, Turn, Unit
from oncall.skipping import Skip

_DAY = timedelta(days=1)


def turn_index(layer: Layer, at: datetime) -> int:
    """The number of the turn that holds the moment, whether or not the layer is in force; may be negative."""
    begins = beginnings(layer)
    index = _estimate(layer, at)
    # The estimate is off by a turn or two at most: by a change of offset, or by a month's length.
    while begins(index) > at:
        index -= 1
    while begins(index + 1) <= at:
        index += 1
    return index


def turn_start(layer: Layer, index: int) -> datetime:
    """When the turn of that number begins, in UTC. A month without that day has it on its last day."""
    return beginnings(layer)(index)


def person_of(layer: Layer, index: int) -> int | None:
    """Whose turn that is. Weeks and months that are skipped as a whole are not counted."""
    if layer.skip and layer.turn.unit != Unit.DAYS:
        silent = _silent(layer.skip, layer.virtual_start.date(), layer.turn)
        index -= bisect_left(silent, index) - bisect_left(silent, 0)
    return layer.people[index % len(layer.people)]


def beginnings(layer: Layer) -> Callable[[int], datetime]:
    """`turn_start` of that layer, made ready for many turns."""
    origin, zone, length, unit = layer.virtual_start, layer.tz, layer.turn.length, layer.turn.unit
    if unit == Unit.HOURS:
        first, hours = to_instant(origin, zone), timedelta(hours=length)
        return lambda index: first + index * hours
    if unit == Unit.MONTHS:
        return lambda index: to_instant(_add_months(origin, index * length), zone)
    if unit == Unit.DAYS and layer.skip:
        days, time = duty_days(layer.skip), origin.time()
        base = days.number(origin.toordinal())
        return lambda index: to_instant(
            datetime.combine(date.fromordinal(days.day(base + index * length)), time), zone
        )
    step = length * (_DAY if unit == Unit.DAYS else 7 * _DAY)
    return lambda index: to_instant(origin + index * step, zone)


def duty_day(layer: Layer, at: datetime) -> int:
    """The duty day that holds the moment, as the ordinal of the date on which it began."""
    wall, time = to_wall(at, layer.tz), layer.virtual_start.time()
    day = wall.toordinal() - (wall.time() < time)
    while duty_begins(layer, day) > at:
        day -= 1
    while duty_begins(layer, day + 1) <= at:
        day += 1
    return day


def duty_begins(layer: Layer, day: int) -> datetime:
    """When the duty day of that date begins, in UTC."""
    return to_instant(datetime.combine(date.fromordinal(day), layer.virtual_start.time()), layer.tz)


def _estimate(layer: Layer, at: datetime) -> int:
    length, unit, origin = layer.turn.length, layer.turn.unit, layer.virtual_start
    if unit == Unit.HOURS:
        return (at - to_instant(origin, layer.tz)) // timedelta(hours=length)
    if unit == Unit.DAYS and layer.skip:
        days = duty_days(layer.skip)
        begun = days.number(duty_day(layer, at) + 1) - days.number(origin.toordinal())
        return (begun - 1) // length
    wall = to_wall(at, layer.tz)
    if unit == Unit.MONTHS:
        return ((wall.year - origin.year) * 12 + wall.month - origin.month) // length
    return (wall - origin) // timedelta(days=length * 7 if unit == Unit.WEEKS else length)


def _add_months(wall: datetime, count: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + count, 12)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=4096)
def _silent(skip: Skip, first: date, turn: Turn) -> list[int]:
    """The numbers of the turns of weeks or months in which every duty day is skipped, in order."""
    return [index for start, end in stretches(skip) for index in _turns_inside(first, turn, start, end)]


def _turns_inside(first: date, turn: Turn, start: int, end: int) -> Iterable[int]:
    index = _index_near(first, turn, start) - 1
    while _turn_day(first, turn, index) < start:
        index += 1
    while _turn_day(first, turn, index + 1) <= end:
        yield index
        index += 1


def _index_near(first: date, turn: Turn, day: int) -> int:
    if turn.unit == Unit.WEEKS:
        return (day - first.toordinal()) // (7 * turn.length)
    there = date.fromordinal(day)
    return ((there.year - first.year) * 12 + there.month - first.month) // turn.length


def _turn_day(first: date, turn: Turn, index: int) -> int:
    if turn.unit == Unit.WEEKS:
        return first.toordinal() + index * 7 * turn.length
    return _add_months(datetime.combine(first, datetime.min.time()), index * turn.length).toordinal()
