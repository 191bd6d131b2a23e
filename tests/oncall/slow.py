"""A second, slow and obvious reading of schedules, and random schedules to compare it with the engine.

It walks turns one by one from the virtual start, turns wall time into instants by trying every offset, and
asks for each minute of a span who is on call.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from lib.intervals import Interval
from oncall.coverage import Override, OverrideKind, Schedule
from oncall.rotation import Layer, Restriction, Segment, Turn, Unit

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
Held = tuple[tuple[int, ...], str]
NOBODY: Held = ((), "")

# A day (UTC) around which something odd happens to each zone's clocks.
ODD_DAYS = {
    "Africa/Casablanca": ["2026-02-15", "2026-03-22"],
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "America/Havana": ["2026-03-08", "2026-11-01"],
    "Antarctica/Troll": ["2026-03-29", "2026-10-25"],
    "Asia/Kathmandu": ["2026-05-05"],
    "Australia/Lord_Howe": ["2026-04-04", "2026-10-03"],
    "Europe/London": ["2026-03-29", "2026-10-25"],
    "Pacific/Apia": ["2011-12-30", "2012-03-31"],
    "Pacific/Chatham": ["2026-04-04", "2026-09-26"],
    "UTC": ["2026-07-01"],
}
PLACES = [
    (zone, datetime.fromisoformat(day).replace(tzinfo=UTC)) for zone, days in ODD_DAYS.items() for day in days
]


@lru_cache(maxsize=100_000)
def slow_instant(wall: datetime, zone: str) -> datetime:
    """The first instant at which clocks show it; else shifted, by the offset of two days before."""
    naive_utc = wall.replace(tzinfo=UTC)
    offsets = []
    for hour in range(-48, 49):
        offset = (naive_utc + timedelta(hours=hour)).astimezone(ZoneInfo(zone)).utcoffset()
        assert offset is not None
        offsets.append(offset)
    shown = [
        naive_utc - offset
        for offset in set(offsets)
        if (naive_utc - offset).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
    ]
    return min(shown) if shown else naive_utc - offsets[0]


def slow_handoff(layer: Layer, number: int) -> datetime:
    count, wall = number * layer.turn.length, layer.virtual_start
    if layer.turn.unit == Unit.HOURS:
        return slow_instant(wall, layer.zone) + count * timedelta(hours=1)
    if layer.turn.unit == Unit.MONTHS:
        return slow_instant(_months_later(wall, count), layer.zone)
    return slow_instant(wall + count * (DAY if layer.turn.unit == Unit.DAYS else 7 * DAY), layer.zone)


def _months_later(wall: datetime, count: int) -> datetime:
    months = wall.year * 12 + wall.month - 1 + count
    day = wall.day
    while True:
        try:
            return wall.replace(year=months // 12, month=months % 12 + 1, day=day)
        except ValueError:
            day -= 1


def slow_layer(layer: Layer, span: Interval) -> Iterator[int | None]:
    """The person for each minute of the span."""
    number = 0
    while slow_handoff(layer, number) > span.start:
        number -= 1
    windows = [window for each in layer.restrictions for window in _slow_windows(each, layer.zone, span)]
    at = span.start
    while at < span.end:
        while slow_handoff(layer, number + 1) <= at:
            number += 1
        in_force = (layer.start is None or layer.start <= at) and (layer.end is None or at < layer.end)
        opened = not layer.restrictions or any(start <= at < end for start, end in windows)
        yield layer.people[number % len(layer.people)] if in_force and opened else None
        at += MINUTE


def _slow_windows(restriction: Restriction, zone: str, span: Interval) -> Iterator[tuple[datetime, datetime]]:
    for number in range(-12, (span.end - span.start).days + 4):
        day = span.start.date() + number * DAY
        if restriction.weekday in {None, day.weekday()}:
            opens = datetime.combine(day, restriction.start)
            yield slow_instant(opens, zone), slow_instant(opens + restriction.duration, zone)


def slow_minutes(schedule: Schedule, span: Interval) -> list[Held]:
    """Who is on call and why, for each minute of the span."""
    minutes: list[Held] = []
    per_layer = [list(slow_layer(layer, span)) for layer in schedule.layers]
    for index in range((span.end - span.start) // MINUTE):
        held = NOBODY
        for layer, people in zip(schedule.layers, per_layer, strict=True):
            person = people[index]
            held = held if person is None else ((person,), f"layer:{layer.id}")
        minutes.append(_slow_overrides(held, schedule, span.start + index * MINUTE))
    return minutes


def _slow_overrides(held: Held, schedule: Schedule, at: datetime) -> Held:
    people = list(held[0])
    source = held[1]
    for each in sorted(schedule.overrides, key=lambda override: override.created_seq):
        before = list(people)
        if not each.start <= at < each.end:
            continue
        if each.kind == OverrideKind.ADD and each.person not in people:
            people.append(each.person)
        elif each.kind == OverrideKind.REMOVE and each.person in people:
            people.remove(each.person)
        elif each.kind == OverrideKind.REPLACE and each.replaces is None:
            people, before = [each.person], []
        elif each.kind == OverrideKind.REPLACE and each.replaces in people:
            position = people.index(each.replaces)
            others = [person for person in people if person not in {each.replaces, each.person}]
            position = min(position, people.index(each.person)) if each.person in people else position
            people, before = [*others[:position], each.person, *others[position:]], []
        if people != before:
            source = f"override:{each.id}"
    return (tuple(people), source) if people else NOBODY


def as_minutes(segments: list[Segment], span: Interval) -> list[Held]:
    """Segments whose edges are whole minutes, in the shape of `slow_minutes`."""
    minutes = [NOBODY] * ((span.end - span.start) // MINUTE)
    for each in segments:
        first, last = (each.start - span.start) / MINUTE, (each.end - span.start) / MINUTE
        assert first.is_integer()
        assert last.is_integer()
        for index in range(int(first), int(last)):
            assert minutes[index] == NOBODY, "each moment is decided once"
            minutes[index] = (each.people, each.source)
    return minutes


times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
restrictions = st.builds(
    Restriction,
    start=times,
    duration=st.one_of(st.integers(1, 1440), st.integers(1, 7 * 1440)).map(lambda minutes: minutes * MINUTE),
    weekday=st.one_of(st.none(), st.integers(0, 6)),
)
turn_lengths = st.one_of(
    st.builds(Turn, st.integers(1, 60), st.just(Unit.HOURS)),
    st.builds(Turn, st.integers(1, 5), st.just(Unit.DAYS)),
    st.builds(Turn, st.integers(1, 3), st.just(Unit.WEEKS)),
    st.builds(Turn, st.integers(1, 3), st.just(Unit.MONTHS)),
)


@st.composite
def layers(draw: st.DrawFn, number: int, zone: str, around: datetime) -> Layer:
    """A layer in that zone with something going on around that day."""
    near = st.integers(-3 * 1440, 3 * 1440).map(lambda minutes: around + minutes * MINUTE)
    start = draw(st.one_of(st.none(), near))
    after = st.integers(1, 4 * 1440).map(lambda minutes: (start or around) + minutes * MINUTE)
    first_day = around.date() + draw(st.integers(-70, 70)) * DAY
    return Layer(
        id=number,
        people=tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))),
        zone=zone,
        virtual_start=datetime.combine(first_day, draw(times)),
        turn=draw(turn_lengths),
        restrictions=tuple(draw(st.lists(restrictions, max_size=3))),
        start=start,
        end=draw(st.one_of(st.none(), after)),
    )


@st.composite
def overrides(draw: st.DrawFn, number: int, around: datetime) -> Override:
    """An override that touches the days around."""
    start = around + draw(st.integers(-2 * 1440, 2 * 1440)) * MINUTE
    return Override(
        id=number,
        start=start,
        end=start + draw(st.integers(1, 2880)) * MINUTE,
        person=draw(st.integers(1, 7)),
        created_seq=draw(st.integers(0, 10**6)) * 10 + number,
        replaces=draw(st.one_of(st.none(), st.integers(1, 7))),
        kind=draw(st.sampled_from(OverrideKind)),
    )


@st.composite
def spans(draw: st.DrawFn, around: datetime) -> Interval:
    """One to three days near that day."""
    start = around + draw(st.integers(-2 * 1440, 1440)) * MINUTE
    return Interval(start, start + draw(st.integers(1, 3 * 1440)) * MINUTE)


@st.composite
def cases(draw: st.DrawFn, most_layers: int = 3, most_overrides: int = 4) -> tuple[Schedule, Interval]:
    """A schedule whose layers share a zone with an odd day, and a span around that day."""
    zone, around = draw(st.sampled_from(PLACES))
    chosen = [
        draw(layers(number, draw(st.sampled_from([zone, zone, "Europe/London"])), around))
        for number in range(draw(st.integers(0, most_layers)))
    ]
    over = [draw(overrides(number, around)) for number in range(draw(st.integers(0, most_overrides)))]
    return Schedule(tuple(chosen), tuple(over)), draw(spans(around))
