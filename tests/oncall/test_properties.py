"""What must hold of every schedule: that it agrees with the slow reading, and what follows from its own answers."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import lcm
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from lib.intervals import Interval, to_instant, to_wall, union
from oncall.coverage import (
    Handoff,
    OnCall,
    OverrideKind,
    Schedule,
    final,
    gaps,
    merge,
    next_handoff,
    on_call_at,
    thin,
)
from oncall.rotation import AnyLayer, Fixed, Layer, Role, Segment, Turn, Unit, turns
from oncall.skipping import NO_SKIP, Skip
from tests.oncall.cases import (
    ZONES,
    Case,
    Place,
    anywhere,
    cases,
    layers,
    limited,
    mostly,
    places,
    spans,
    times,
    tried,
    turns_of_days,
)
from tests.oncall.slow import (
    DAY,
    MINUTE,
    NOBODY,
    Said,
    SlowSchedule,
    as_minutes,
    is_steady,
    said,
    slow_instant,
    slow_instants,
    slow_minutes,
)

NINE = time(9)


def answer(segments: list[Segment], at: datetime) -> Said:
    """What the segment that holds the moment says."""
    holding = [said(each) for each in segments if each.start <= at < each.end]
    assert len(holding) <= 1, "each moment is decided once"
    return holding[0] if holding else NOBODY


def asked(schedule: Schedule, at: datetime) -> Said:
    """The same, asked for that moment alone."""
    found = on_call_at(schedule, at)
    return Said(found.people, found.source, found.secondary, found.shadow) if found else NOBODY


def holds(intervals: list[Interval], at: datetime) -> bool:
    return any(each.contains(at) for each in intervals)


@tried(1000)
@given(cases(), st.randoms(use_true_random=False))
def test_spans_and_instants_agree_with_the_slow_reading_wherever_something_may_change(
    case: Case, random: Random
) -> None:
    schedule, span = case
    slow, found = SlowSchedule(schedule, span), final(schedule, span)
    minutes = (span.end - span.start) // MINUTE
    for at in slow.moments() | {span.start + random.randrange(minutes) * MINUTE for _ in range(20)}:
        assert answer(found, at) == asked(schedule, at) == slow.at(at), at


@tried(40)
@given(cases(most_layers=3), st.integers(1, 1440))
def test_it_agrees_with_the_slow_reading_in_every_minute(case: Case, minutes: int) -> None:
    schedule, span = case
    span = Interval(span.start, min(span.end, span.start + minutes * MINUTE))
    assert as_minutes(final(schedule, span), span) == slow_minutes(schedule, span)


@tried(150)
@given(cases())
def test_segments_are_ordered_disjoint_inside_the_span_and_name_everybody_once(case: Case) -> None:
    schedule, span = case
    found = final(schedule, span)
    assert all(span.start <= each.start < each.end <= span.end and each.people for each in found)
    assert all(left.end <= right.start for left, right in pairwise(found))
    assert merge(found) == found
    for each in found:
        named = (*each.people, *each.secondary, *each.shadow)
        assert len(set(named)) == len(named)


@tried(150)
@given(cases(most_absences=0))
def test_it_covers_exactly_what_layers_that_are_no_shadows_and_overrides_cover(case: Case) -> None:
    schedule, span = case
    kept = tuple(each for each in schedule.overrides if each.kind != OverrideKind.REMOVE)
    schedule = replace(schedule, overrides=kept, wants_secondary=True)
    waited_for = [each for each in schedule.layers if each.role != Role.SHADOW]
    covered = [Interval(each.start, each.end) for layer in waited_for for each in turns(layer, span)]
    adding = (Interval(each.start, each.end) for each in kept if each.replaces is None)
    covered += [both for each in adding if (both := each.intersection(span))]
    found = final(schedule, span)
    assert union(Interval(each.start, each.end) for each in found) == union(covered)
    missing, alone = gaps(schedule, span), thin(schedule, span)
    assert union([*covered, *missing]) == [span]
    for each in found:
        assert not holds(missing, each.start)
        assert holds(alone, each.start) == (not each.secondary)


@tried(150)
@given(cases().filter(lambda case: case[1].length > MINUTE), st.integers(1, 9 * 1440))
def test_two_spans_in_a_row_are_the_whole_span(case: Case, minutes: int) -> None:
    schedule, span = case
    middle = span.start + minutes * MINUTE % (span.length - MINUTE) + MINUTE
    parts = final(schedule, Interval(span.start, middle)) + final(schedule, Interval(middle, span.end))
    assert merge(parts) == final(schedule, span)


@tried(60)
@given(cases(), st.integers(1, 20 * 1440))
def test_the_next_hand_off_is_the_first_change_of_those_who_are_paged(case: Case, minutes: int) -> None:
    schedule, span = case
    long = Interval(span.start, span.start + minutes * MINUTE)
    paged = [(each.people, each.secondary) for each in as_minutes(final(schedule, long), long)]
    change = next((n for n, (before, after) in enumerate(pairwise(paged), 1) if before != after), None)
    found = next_handoff(schedule, span.start, minutes * MINUTE)
    if change is None:
        assert found is None
    else:
        before, after = (sum(each, ()) for each in (paged[change - 1], paged[change]))
        assert found == Handoff(long.start + change * MINUTE, before, after)


def has_no_months(turn: Turn) -> bool:
    return turn.unit != Unit.MONTHS


@st.composite
def regular_cases(draw: st.DrawFn) -> tuple[Schedule, str, datetime]:
    """Layers of one zone that go on for ever and skip the same weekdays each week."""
    zone, around = draw(anywhere())
    chosen = []
    for number in range(draw(st.integers(1, 3))):
        layer = draw(layers(number, zone, around))
        turn = draw(turns_of_days.filter(has_no_months))
        skip = Skip(draw(mostly(frozenset(), st.just(frozenset({5, 6})))))
        for_ever = replace(layer, turn=turn, skip=NO_SKIP, restrictions=(), start=None, end=None)
        chosen.append(limited(for_ever, layer.restrictions[:1], skip))
    return Schedule(tuple(chosen)), zone, around


@tried(120)
@given(st.data(), st.integers(1, 4))
def test_whole_rotations_later_it_is_the_same_peoples_turn_at_the_same_wall_time(
    data: st.DataObject, rounds: int
) -> None:
    schedule, zone, around = data.draw(regular_cases())
    # In so many weeks each layer does whole rotations, also one of days that skips weekends.
    weeks = lcm(*(len(each.people) * each.turn.length for each in schedule.layers if isinstance(each, Layer)))
    tz = ZoneInfo(zone)
    for _ in range(10):
        shown = to_wall(around + data.draw(st.integers(-60 * 1440, 60 * 1440)) * MINUTE, tz)
        now, later = to_instant(shown, tz), to_instant(shown + rounds * weeks * 7 * DAY, tz)
        if is_steady(now, zone) and is_steady(later, zone):
            assert asked(schedule, now) == asked(schedule, later)


def moved(layer: AnyLayer, days: timedelta) -> AnyLayer:
    """Everything about it so much later; in UTC."""
    if isinstance(layer, Fixed):
        shifts = (replace(each, start=each.start + days, end=each.end + days) for each in layer.shifts)
        return replace(layer, shifts=tuple(shifts))
    return replace(
        layer,
        virtual_start=layer.virtual_start + days,
        start=layer.start and layer.start + days,
        end=layer.end and layer.end + days,
        skip=Skip(layer.skip.weekdays, tuple(each + days for each in layer.skip.dates)),
    )


@tried(150)
@given(cases(), st.integers(-300, 300))
def test_everything_so_many_weeks_later_has_the_same_answer_so_much_later(case: Case, weeks: int) -> None:
    schedule, span = case
    days = weeks * 7 * DAY
    steady = tuple(
        replace(each, zone="UTC", skip=Skip(each.skip.weekdays, each.skip.dates))
        for each in schedule.layers
        if isinstance(each, Layer) and each.turn.unit != Unit.MONTHS
    ) + tuple(each for each in schedule.layers if isinstance(each, Fixed))
    before = replace(schedule, layers=steady)
    after = Schedule(
        tuple(moved(each, days) for each in steady),
        tuple(replace(each, start=each.start + days, end=each.end + days) for each in schedule.overrides),
        away=tuple(replace(each, start=each.start + days, end=each.end + days) for each in schedule.away),
    )
    found = final(before, span)
    assert final(after, Interval(span.start + days, span.end + days)) == [
        replace(each, start=each.start + days, end=each.end + days) for each in found
    ]


@tried(100)
@given(st.data(), places, st.integers(-50, 50))
def test_a_layer_that_began_whole_rotations_earlier_is_the_same_layer(
    data: st.DataObject, place: Place, rounds: int
) -> None:
    span, turn = data.draw(spans(place[1])), data.draw(turns_of_days.filter(has_no_months))
    layer = replace(data.draw(layers(1, *place)), turn=turn, skip=NO_SKIP)
    days = len(layer.people) * layer.turn.length * (7 if layer.turn.unit == Unit.WEEKS else 1) * DAY
    assert turns(replace(layer, virtual_start=layer.virtual_start + rounds * days), span) == turns(
        layer, span
    )


@tried(200)
@given(anywhere(), turns_of_days, st.one_of(st.just(NINE), times))
def test_a_hand_off_is_at_the_same_local_time_on_both_sides_of_a_change_in_every_zone(
    place: Place, turn: Turn, handoff: time
) -> None:
    zone, change = place
    layer = Layer(1, (1, 2), zone, datetime.combine(change.date() - 3 * DAY, handoff), turn)
    found = turns(layer, Interval(change - 40 * DAY, change + 40 * DAY))
    for each in found[1:]:
        shown = to_wall(each.start, layer.tz)
        # Unless clocks skipped it: then it is as much later as they skipped.
        missed = [datetime.combine(shown.date() - days * DAY, handoff) for days in (0, 1)]
        assert shown.time() == handoff or each.start in [
            slow_instant(wall, zone) for wall in missed if not slow_instants(wall, zone)
        ]


@tried(400)
@given(anywhere(), st.integers(-3 * 1440, 3 * 1440))
def test_a_local_time_that_is_missing_or_comes_twice_has_one_answer_in_every_zone(
    place: Place, minutes: int
) -> None:
    zone, change = place
    tz = ZoneInfo(zone)
    wall = to_wall(change, tz) + minutes * MINUTE
    found, shown = to_instant(wall, tz), slow_instants(wall, zone)
    if shown:
        assert found == min(shown)
    else:
        before, after = (at.astimezone(tz).utcoffset() for at in (found - 2 * DAY, found))
        assert before is not None
        assert after is not None
        assert to_wall(found, tz) - wall == after - before > timedelta(0)


def test_every_zone_of_the_database_can_be_followed() -> None:
    for zone in ZONES:
        layer = Layer(1, (1, 2), zone, datetime.combine(date(2026, 1, 5), NINE), Turn(1, Unit.WEEKS))
        monday = to_instant(datetime.combine(date(2026, 1, 12), NINE), layer.tz)
        assert on_call_at(Schedule((layer,)), monday) == OnCall((2,), "layer:1")
        assert on_call_at(Schedule((layer,)), monday - MINUTE) == OnCall((1,), "layer:1")
