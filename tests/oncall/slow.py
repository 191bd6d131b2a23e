"""A second, slow and obvious reading of schedules, for the engine to agree with.

It walks days and turns one by one from the virtual start, turns wall time into instants by trying every offset that
is in force around, and asks for one moment at a time who is on call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from lib.intervals import Interval
from oncall.coverage import Override, OverrideKind, Schedule
from oncall.rotation import AnyLayer, Fixed, Layer, Role, Segment, Unit
from oncall.skipping import Skip

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Said:
    """Who is on call, why, and who is with them."""

    people: tuple[int, ...] = ()
    source: str = ""
    secondary: tuple[int, ...] = ()
    shadow: tuple[int, ...] = ()


NOBODY = Said()


def slow_instant(wall: datetime, zone: str) -> datetime:
    """The first instant at which clocks show it; else shifted, by the offset of two days before."""
    shown = slow_instants(wall, zone)
    return min(shown) if shown else wall.replace(tzinfo=UTC) - _offsets_around(wall.date(), zone)[0]


def slow_instants(wall: datetime, zone: str) -> list[datetime]:
    """All instants at which clocks show it: one, none or two."""
    naive_utc = wall.replace(tzinfo=UTC)
    return [
        naive_utc - offset
        for offset in set(_offsets_around(wall.date(), zone))
        if (naive_utc - offset).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
    ]


def is_steady(at: datetime, zone: str) -> bool:
    """Whether clocks there do not change from ten days before until ten days after."""
    offsets = {(at + hour * HOUR).astimezone(ZoneInfo(zone)).utcoffset() for hour in range(-240, 241, 6)}
    return len(offsets) == 1


@lru_cache(maxsize=20_000)
def _offsets_around(day: date, zone: str) -> list[timedelta]:
    """Of each half hour from two days before until three days after."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    found = []
    for half in range(-96, 145):
        offset = (midnight + half * HOUR / 2).astimezone(ZoneInfo(zone)).utcoffset()
        assert offset is not None
        found.append(offset)
    return found


class SlowLayer:
    """The turns of a layer on the days around a span, found by walking from the virtual start."""

    def __init__(self, layer: Layer, span: Interval) -> None:
        self.layer = layer
        self._instants: dict[datetime, datetime] = {}
        first = min(layer.virtual_start.date(), span.start.date()) - 130 * DAY
        last = max(layer.virtual_start.date(), span.end.date()) + 130 * DAY
        self.turns = {} if layer.turn.unit == Unit.HOURS else dict(_slow_turns(layer, first, last))

    def instant(self, wall: datetime) -> datetime:
        if wall not in self._instants:
            self._instants[wall] = slow_instant(wall, self.layer.zone)
        return self._instants[wall]

    def at(self, at: datetime) -> tuple[int, ...]:
        """Whose turn it is."""
        layer = self.layer
        if (layer.start and at < layer.start) or (layer.end and layer.end <= at):
            return ()
        if layer.restrictions and not any(start <= at < end for start, end in self.windows(at)):
            return ()
        number = self._number(at)
        person = None if number is None else layer.people[number % len(layer.people)]
        return () if person is None else (person,)

    def windows(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Those of the days around."""
        for number in range(-10, 3):
            day = at.date() + number * DAY
            for each in self.layer.restrictions:
                if each.weekday in {None, day.weekday()}:
                    opens = datetime.combine(day, each.start)
                    yield self.instant(opens), self.instant(opens + each.duration)

    def handoffs(self, at: datetime) -> Iterator[datetime]:
        """When the duty days around begin."""
        for number in range(-2, 3):
            yield self.instant(datetime.combine(at.date() + number * DAY, self.layer.virtual_start.time()))

    def _number(self, at: datetime) -> int | None:
        if self.layer.turn.unit == Unit.HOURS:
            return (at - self.instant(self.layer.virtual_start)) // (self.layer.turn.length * HOUR)
        day = at.date() + 3 * DAY
        while self.instant(datetime.combine(day, self.layer.virtual_start.time())) > at:
            day -= DAY
        return self.turns[day]


def _slow_turns(layer: Layer, first: date, last: date) -> Iterator[tuple[date, int | None]]:
    """Each day with the number of its turn, None when the day is skipped. The days before the virtual start mirror
    those after it: they count down from -1."""
    if layer.turn.unit == Unit.DAYS:
        yield from _turns_of_days(layer, first, last)
        return
    for step in (1, -1):
        turn, number = (0 if step == 1 else -1), (0 if step == 1 else -1)
        while True:
            days = list(_days(_turn_day(layer, turn), _turn_day(layer, turn + 1)))
            if days[-1] < first or days[0] > last:
                break
            kept = [day for day in days if not slow_skips(layer.skip, day)]
            yield from ((day, number if day in kept else None) for day in days)
            number += step if kept else 0
            turn += step


def _turns_of_days(layer: Layer, first: date, last: date) -> Iterator[tuple[date, int | None]]:
    origin = layer.virtual_start.date()
    worked = 0
    for day in _days(origin, last + DAY):
        skipped = slow_skips(layer.skip, day)
        yield day, None if skipped else worked // layer.turn.length
        worked += not skipped
    worked = 0
    for day in sorted(_days(first, origin), reverse=True):
        skipped = slow_skips(layer.skip, day)
        worked -= not skipped
        yield day, None if skipped else worked // layer.turn.length


def _days(start: date, end: date) -> Iterator[date]:
    while start < end:
        yield start
        start += DAY


def _turn_day(layer: Layer, number: int) -> date:
    count, day = number * layer.turn.length, layer.virtual_start.date()
    if layer.turn.unit == Unit.WEEKS:
        return day + count * 7 * DAY
    months = day.year * 12 + day.month - 1 + count
    for last in (day.day, 30, 29, 28):
        try:
            return date(months // 12, months % 12 + 1, min(last, day.day))
        except ValueError:
            continue
    raise AssertionError


@lru_cache(maxsize=200_000)
def slow_skips(skip: Skip, day: date) -> bool:
    if day.weekday() in skip.weekdays or day in skip.dates:
        return True
    country, _, part = skip.holidays.partition("-")
    return bool(country) and 1990 <= day.year <= 2100 and day in _celebrated(country, part, day.year)


@lru_cache(maxsize=2000)
def _celebrated(country: str, part: str, year: int) -> set[date]:
    return set(holidays.country_holidays(country, part or None, years=year))


class SlowSchedule:
    """Who is on call, moment by moment."""

    def __init__(self, schedule: Schedule, span: Interval) -> None:
        self.schedule = schedule
        self.span = span
        self.layers = {id(each): SlowLayer(each, span) for each in schedule.layers if isinstance(each, Layer)}

    def at(self, at: datetime) -> Said:
        away = {each.person for each in self.schedule.away if each.start <= at < each.end}
        overrides = [
            each
            for each in sorted(self.schedule.overrides, key=lambda override: override.created_seq)
            if each.start <= at < each.end and each.person not in away
        ]
        silent = away - {each.replaces for each in overrides}
        roles: dict[Role, list[int]] = {role: [] for role in Role}
        sources = dict.fromkeys(Role, "")
        for layer in self.schedule.layers:
            people = [person for person in self._turn(layer, at) if person not in silent]
            if people and layer.role == Role.SHADOW:
                roles[layer.role] = people + [each for each in roles[layer.role] if each not in people]
            elif people:
                roles[layer.role], sources[layer.role] = people, layer.source
        for each in overrides:
            _override(roles, sources, each)
        return _settle(roles, sources)

    def moments(self) -> set[datetime]:
        """Every minute of the span at which something may change, and the minute before each."""
        found = {self.span.start}
        found.update(edge for each in self.schedule.overrides for edge in (each.start, each.end))
        found.update(edge for each in self.schedule.away for edge in (each.start, each.end))
        for layer in self.schedule.layers:
            found.update(self._edges(layer))
        inside = {moment for moment in found if self.span.contains(moment)}
        return inside | {moment - MINUTE for moment in found if self.span.contains(moment - MINUTE)}

    def _edges(self, layer: AnyLayer) -> Iterator[datetime]:
        if isinstance(layer, Fixed):
            yield from (edge for each in layer.shifts for edge in (each.start, each.end))
            return
        yield from (edge for edge in (layer.start, layer.end) if edge)
        slow = self.layers[id(layer)]
        for at in (
            self.span.start + number * DAY for number in range((self.span.end - self.span.start).days + 2)
        ):
            yield from slow.handoffs(at)
            yield from (edge for window in slow.windows(at) for edge in window)
        if layer.turn.unit == Unit.HOURS:
            first = slow.instant(layer.virtual_start)
            for number in range((self.span.end - self.span.start) // HOUR + 2):
                yield self.span.start + number * HOUR + (first - self.span.start) % HOUR

    def _turn(self, layer: AnyLayer, at: datetime) -> tuple[int, ...]:
        if isinstance(layer, Layer):
            return self.layers[id(layer)].at(at)
        shifts = sorted(layer.shifts, key=lambda shift: (shift.start, shift.end, shift.person))
        people: list[int] = []
        for each in shifts:
            if each.start <= at < each.end and each.person not in people:
                people.append(each.person)
        return tuple(people)


def _override(roles: dict[Role, list[int]], sources: dict[Role, str], override: Override) -> None:
    primary = roles[Role.PRIMARY]
    if override.kind == OverrideKind.ADD:
        if override.person not in primary:
            roles[Role.PRIMARY] = [*primary, override.person]
            sources[Role.PRIMARY] = override.source
        return
    if override.kind == OverrideKind.REPLACE and override.replaces is None:
        roles[Role.PRIMARY], sources[Role.PRIMARY] = [override.person], override.source
        return
    leaving = override.person if override.kind == OverrideKind.REMOVE else override.replaces
    for role, people in roles.items():
        if leaving not in people:
            continue
        position = people.index(leaving)
        others = [person for person in people if person not in {leaving, override.person}]
        if override.kind == OverrideKind.REPLACE:
            if override.person in people:
                position = min(position, people.index(override.person))
            others.insert(position, override.person)
        roles[role], sources[role] = others, override.source


def _settle(roles: dict[Role, list[int]], sources: dict[Role, str]) -> Said:
    first, second = roles[Role.PRIMARY], roles[Role.SECONDARY]
    source = sources[Role.PRIMARY]
    if not first:
        first, second, source = second, [], sources[Role.SECONDARY]
    if not first:
        return NOBODY
    second = [each for each in second if each not in first]
    third = [each for each in roles[Role.SHADOW] if each not in first + second]
    return Said(tuple(first), source, tuple(second), tuple(third))


def said(segment: Segment) -> Said:
    return Said(segment.people, segment.source, segment.secondary, segment.shadow)


def as_minutes(segments: list[Segment], span: Interval) -> list[Said]:
    """What segments, whose edges are whole minutes, say for each minute of the span."""
    minutes = [NOBODY] * ((span.end - span.start) // MINUTE)
    for each in segments:
        first, last = (each.start - span.start) / MINUTE, (each.end - span.start) / MINUTE
        assert first.is_integer()
        assert last.is_integer()
        for index in range(int(first), int(last)):
            assert minutes[index] == NOBODY, "each moment is decided once"
            minutes[index] = said(each)
    return minutes


def slow_minutes(schedule: Schedule, span: Interval) -> list[Said]:
    """The same, asked for each minute."""
    slow = SlowSchedule(schedule, span)
    return [slow.at(span.start + index * MINUTE) for index in range((span.end - span.start) // MINUTE)]
