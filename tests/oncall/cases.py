"""Random schedules around odd days of any zone, and who they put on call."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import settings
from hypothesis import strategies as st

from lib.intervals import Interval
from oncall.coverage import Away, Override, OverrideKind, Schedule
from oncall.rotation import Fixed, FixedShift, InvalidLayer, Layer, Restriction, Role, Turn, Unit
from oncall.skipping import NO_SKIP, Skip
from tests.oncall.slow import DAY, MINUTE

SCALE = float(os.environ.get("ENGINE_CASES", "1"))
"""Each property is tried this many times as often: ENGINE_CASES=20 for a thorough run."""

Place = tuple[str, datetime]
Case = tuple[Schedule, Interval]

ODD: dict[str, list[str]] = {
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
PLACES: list[Place] = [
    (zone, datetime.fromisoformat(day).replace(tzinfo=UTC)) for zone, days in ODD.items() for day in days
]
"""A day (UTC) around which something odd happens to each zone's clocks."""
ZONES = sorted(available_timezones())
_PROBES = [datetime(1985, 1, 1, tzinfo=UTC) + number * 7 * DAY for number in range(53 * 52)]


def tried(times: int) -> settings:
    return settings(max_examples=max(1, int(times * SCALE)), deadline=None)


@lru_cache(maxsize=1000)
def changes(zone: str) -> list[datetime]:
    """The days (UTC) from 1985 to 2037 on which clocks of that zone change; of some zones none."""
    tz = ZoneInfo(zone)
    found = []
    offsets = [probe.astimezone(tz).utcoffset() for probe in _PROBES]
    for probe, before, after in zip(_PROBES, offsets, offsets[1:], strict=False):
        if before != after:
            days = (probe + number * DAY for number in range(8))
            found.append(next(day for day in days if (day + DAY).astimezone(tz).utcoffset() != before))
    return found


def mostly(value: Any, other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The value three times out of four, so that schedules say something."""
    return st.integers(0, 3).flatmap(lambda number: other if number == 3 else st.just(value))


@st.composite
def anywhere(draw: st.DrawFn) -> Place:
    """Any zone of the tz database, on a day on which its clocks change, if they ever do."""
    zone = draw(st.sampled_from(ZONES))
    days = changes(zone)
    if not days:
        return zone, datetime(2026, 1, 1, tzinfo=UTC) + draw(st.integers(0, 365)) * DAY
    return zone, days[draw(st.integers(0, len(days) - 1))]


places = st.one_of(st.sampled_from(PLACES), anywhere())
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
restrictions = st.builds(
    Restriction,
    start=times,
    duration=st.one_of(st.integers(1, 1440), st.integers(1, 7 * 1440)).map(lambda minutes: minutes * MINUTE),
    weekday=st.one_of(st.none(), st.integers(0, 6)),
)
turns_of_days = st.one_of(
    st.builds(Turn, st.integers(1, 5), st.just(Unit.DAYS)),
    st.builds(Turn, st.integers(1, 3), st.just(Unit.WEEKS)),
    st.builds(Turn, st.integers(1, 3), st.just(Unit.MONTHS)),
)
turn_lengths = st.one_of(st.builds(Turn, st.integers(1, 60), st.just(Unit.HOURS)), turns_of_days)


@st.composite
def skips(draw: st.DrawFn, around: date) -> Skip:
    """Weekdays, days near that day one by one or in a row, the holidays of some place; often nothing."""
    if draw(st.booleans()):
        return NO_SKIP
    near = [around + number * DAY for number in range(-40, 40)]
    dates = draw(st.lists(st.sampled_from(near), max_size=6))
    if draw(st.booleans()):
        first = draw(st.integers(0, 60))
        dates += near[first : first + draw(st.integers(1, 20))]
    return Skip(
        draw(st.one_of(st.just(frozenset({5, 6})), st.frozensets(st.integers(0, 6), max_size=6))),
        tuple(dates),
        draw(st.sampled_from(["", "", "DE-BY", "GB-SCT", "US", "JP"])),
    )


@st.composite
def layers(draw: st.DrawFn, number: int, zone: str, around: datetime) -> Layer:
    """A layer in that zone with something going on around that day."""
    near = st.integers(-3 * 1440, 3 * 1440).map(lambda minutes: around + minutes * MINUTE)
    start = draw(mostly(None, near))
    after = st.integers(1, 4 * 1440).map(lambda minutes: (start or around) + minutes * MINUTE)
    first_day = around.date() + draw(st.one_of(*[st.integers(-70, 70)] * 5, st.integers(-2000, 2000))) * DAY
    turn = draw(turn_lengths)
    shape = Layer(
        id=number,
        people=tuple(draw(st.lists(st.sampled_from([1, 2, 3, 4, 5, None]), min_size=1, max_size=5))),
        zone=zone,
        virtual_start=datetime.combine(first_day, draw(times)),
        turn=turn,
        start=start,
        end=draw(mostly(None, after)),
        role=draw(st.sampled_from(Role)),
    )
    windows = draw(st.one_of(st.just([]), st.lists(restrictions, max_size=3)))
    return limited(shape, tuple(windows), draw(skips(around.date())))


def limited(layer: Layer, windows: tuple[Restriction, ...], skip: Skip) -> Layer:
    """The layer with both, or with the windows alone when it may not have both."""
    parts = {name: getattr(layer, name) for name in Layer.__dataclass_fields__}
    skip = NO_SKIP if layer.turn.unit == Unit.HOURS else skip
    try:
        return Layer(**parts | {"restrictions": windows, "skip": skip})
    except InvalidLayer:
        # No window opens on a day that is not skipped.
        return Layer(**parts | {"restrictions": windows})


@st.composite
def fixed_layers(draw: st.DrawFn, number: int, around: datetime) -> Fixed:
    """A calendar with a few events around that day, some at the same time."""
    shifts = []
    for _ in range(draw(st.integers(0, 5))):
        start = around + draw(st.integers(-3 * 1440, 2 * 1440)) * MINUTE
        end = start + draw(st.integers(1, 2880)) * MINUTE
        shifts.append(FixedShift(start, end, draw(st.integers(1, 7))))
    return Fixed(number, draw(st.integers(0, 3)), tuple(shifts))


@st.composite
def overrides(draw: st.DrawFn, number: int, around: datetime) -> Override:
    """An override that touches the days around."""
    start = around + draw(st.integers(-2 * 1440, 2 * 1440)) * MINUTE
    kind = draw(st.sampled_from(OverrideKind))
    return Override(
        id=number,
        start=start,
        end=start + draw(st.integers(1, 2880)) * MINUTE,
        person=draw(st.integers(1, 7)),
        created_seq=draw(st.integers(0, 10**6)) * 10 + number,
        replaces=draw(st.one_of(st.none(), st.integers(1, 7))) if kind == OverrideKind.REPLACE else None,
        kind=kind,
    )


@st.composite
def absences(draw: st.DrawFn, around: datetime) -> Away:
    start = around + draw(st.integers(-2 * 1440, 2 * 1440)) * MINUTE
    return Away(draw(st.integers(1, 7)), start, start + draw(st.integers(1, 2880)) * MINUTE)


@st.composite
def spans(draw: st.DrawFn, around: datetime) -> Interval:
    """One to three days near that day."""
    start = around + draw(st.integers(-2 * 1440, 1440)) * MINUTE
    return Interval(
        start, start + draw(st.one_of(st.integers(1, 4 * 1440), st.integers(1440, 9 * 1440))) * MINUTE
    )


@st.composite
def cases(draw: st.DrawFn, most_layers: int = 5, most_overrides: int = 4, most_absences: int = 2) -> Case:
    """A schedule whose layers share a zone with an odd day, and a span around that day."""
    zone, around = draw(places)
    chosen: list[Layer | Fixed] = []
    for number in range(draw(st.integers(min(most_layers, 2), most_layers))):
        if draw(st.integers(0, 5)) == 5:
            chosen.append(draw(fixed_layers(number, around)))
        else:
            chosen.append(draw(layers(number, draw(st.sampled_from([zone, zone, "Europe/London"])), around)))
    over = [draw(overrides(number, around)) for number in range(draw(st.integers(0, most_overrides)))]
    away = [draw(absences(around)) for _ in range(draw(st.integers(0, most_absences)))]
    return Schedule(tuple(chosen), tuple(over), away=tuple(away)), draw(spans(around))
