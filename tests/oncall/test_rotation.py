"""Turns: the same wall time across DST, windows, whole rotations, and layers that are refused."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lib.intervals import Interval, to_instant, to_wall
from oncall.rotation import (
    InvalidLayer,
    Layer,
    Restriction,
    Segment,
    Turn,
    Unit,
    turn_at,
    turn_index,
    turn_start,
    turns,
)
from tests.oncall.cases import Place, layers, places, spans, turn_lengths
from tests.oncall.slow import DAY, MINUTE

HOUR = timedelta(hours=1)


def wall(text: str) -> datetime:
    """Naive: what clocks show."""
    return datetime.fromisoformat(text)


def is_skipped(shown: datetime, zone: ZoneInfo) -> bool:
    return to_wall(to_instant(shown, zone), zone) != shown


SHAPE: dict[str, Any] = {
    "id": 3,
    "people": (1, 2, 3),
    "zone": "America/New_York",
    "virtual_start": wall("2026-01-05T09:00"),
    "turn": Turn(1, Unit.WEEKS),
}


def make(**changes: Any) -> Layer:
    return Layer(**SHAPE | changes)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(start: str, end: str) -> Interval:
    return Interval(utc(start), utc(end))


def test_weekly_turns_change_at_nine_local_on_both_sides_of_both_changes() -> None:
    found = turns(make(), span("2026-03-01", "2026-11-15"))
    handoffs = {to_wall(each.start, ZoneInfo("America/New_York")).time() for each in found[1:]}
    assert handoffs == {time(9)}
    across = [each.start for each in found if each.start.month in (3, 11)][1:]
    assert utc("2026-03-02T14:00") in across
    assert utc("2026-03-09T13:00") in across
    assert utc("2026-11-02T14:00") in across


@settings(max_examples=150, deadline=None)
@given(st.data(), st.timezones(), st.datetimes(wall("1990-01-01"), wall("2040-01-01")), turn_lengths)
def test_every_hand_off_of_days_weeks_and_months_is_at_the_same_wall_time_in_every_zone(
    data: st.DataObject, zone: ZoneInfo, first: datetime, turn: Turn
) -> None:
    assume(turn.unit != Unit.HOURS)
    first = first.replace(second=0, microsecond=0)
    layer = make(zone=zone.key, virtual_start=first, turn=turn)
    at = turn_start(layer, data.draw(st.integers(-400, 400)))
    shown = to_wall(at, zone)
    assert shown.time() == first.time() or any(
        is_skipped(datetime.combine(shown.date() - days * DAY, first.time()), zone) for days in (0, 1)
    )
    assert turn_start(layer, turn_index(layer, at)) == at


def test_turns_of_hours_are_elapsed_hours() -> None:
    layer = make(turn=Turn(12, Unit.HOURS), virtual_start=wall("2026-03-07T09:00"))
    found = turns(layer, span("2026-03-07T14:00", "2026-03-09T14:00"))
    assert {each.end - each.start for each in found} == {12 * HOUR}
    assert to_wall(found[2].start, ZoneInfo("America/New_York")).time() == time(10), (
        "an hour later after the change"
    )


def test_a_month_without_that_day_hands_off_on_its_last() -> None:
    layer = make(zone="UTC", virtual_start=wall("2026-01-31T09:00"), turn=Turn(1, Unit.MONTHS))
    starts = [turn_start(layer, number).date().isoformat() for number in (-2, 0, 1, 2, 3)]
    assert starts == ["2025-11-30", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


def test_a_day_that_a_zone_skipped_has_no_turn_and_the_others_keep_theirs() -> None:
    layer = make(
        zone="Pacific/Apia",
        virtual_start=wall("2011-12-28T09:00"),
        turn=Turn(1, Unit.DAYS),
        people=(1, 2, 3, 4),
    )
    found = turns(layer, span("2011-12-28T19:00", "2012-01-01T19:00"))
    assert [each.people for each in found] == [(1,), (2,), (4,), (1,)]
    assert all(left.end == right.start for left, right in pairwise(found))


@pytest.mark.parametrize(
    ("handoff", "before", "after"),
    [
        ("2026-11-01T01:30", "2026-11-01T05:29", "2026-11-01T05:30"),  # 01:30 comes twice: the first counts
        ("2026-11-01T01:30", "2026-11-01T05:00", "2026-11-01T06:15"),  # and has passed when it is 01:15 again
        ("2026-03-08T02:30", "2026-03-08T07:29", "2026-03-08T07:30"),  # clocks skip 02:30: at 03:30
        ("2026-03-08T02:30", "2026-03-08T07:15", "2026-03-08T08:00"),  # and has not passed when it is 03:15
    ],
)
def test_a_hand_off_at_a_repeated_or_skipped_time_happens_once(handoff: str, before: str, after: str) -> None:
    layer = make(virtual_start=wall(handoff) - 20 * DAY, turn=Turn(1, Unit.DAYS), people=(1, 2, 3, 4, 5))
    assert (turn_at(layer, utc(before)), turn_at(layer, utc(after))) == (5, 1)
    days = Interval(utc(before), utc(after) + HOUR)
    assert [each.people for each in turns(layer, days)] == [(5,), (1,)]


def test_a_person_may_stand_twice_and_two_turns_in_a_row_stay_two() -> None:
    layer = make(people=(1, 1, 2), turn=Turn(1, Unit.DAYS), zone="UTC")
    found = turns(layer, span("2026-01-05T09:00", "2026-01-09T09:00"))
    assert [each.people for each in found] == [(1,), (1,), (2,), (1,)]
    assert found[0] == Segment(utc("2026-01-05T09:00"), utc("2026-01-06T09:00"), (1,), "layer:3")


def test_turns_run_backwards_from_a_virtual_start_in_the_future() -> None:
    layer = make(zone="UTC", turn=Turn(1, Unit.DAYS))
    assert turn_at(layer, utc("2026-01-05T08:59")) == 3
    assert turn_at(layer, utc("2026-01-05T09:00")) == 1


def test_a_layer_is_in_force_from_its_start_until_just_before_its_end() -> None:
    layer = make(zone="UTC", start=utc("2026-01-06"), end=utc("2026-01-07"))
    assert turns(layer, span("2026-01-01", "2026-02-01")) == [
        Segment(utc("2026-01-06"), utc("2026-01-07"), (1,), "layer:3")
    ]
    assert turns(layer, span("2026-01-07", "2026-02-01")) == []
    assert [turn_at(layer, utc(day)) for day in ("2026-01-05T23:59", "2026-01-06", "2026-01-07")] == [
        None,
        1,
        None,
    ]


def test_an_overnight_window_ends_at_its_wall_time_in_the_night_of_the_change() -> None:
    night = Restriction(time(22), 8 * HOUR)
    found = turns(make(restrictions=(night,)), span("2026-03-07T12:00", "2026-03-09T12:00"))
    assert [(each.start, each.end) for each in found] == [
        (utc("2026-03-08T03:00"), utc("2026-03-08T10:00")),  # seven hours: 22:00 EST to 06:00 EDT
        (utc("2026-03-09T02:00"), utc("2026-03-09T10:00")),
    ]


def test_windows_that_make_up_a_whole_day_leave_no_gap_when_clocks_change() -> None:
    halves = (Restriction(time(2, 30), 12 * HOUR), Restriction(time(14, 30), 12 * HOUR))
    for days in (span("2026-03-06", "2026-03-11"), span("2026-10-30", "2026-11-04")):
        found = turns(make(people=(1,), restrictions=halves), days)
        assert (found[0].start, found[-1].end) == (days.start, days.end)
        assert all(left.end == right.start for left, right in pairwise(found))


def test_a_weekly_window_lasts_through_the_weekend() -> None:
    weekend = Restriction(time(17), timedelta(days=2, hours=16), weekday=4)
    layer = make(zone="UTC", restrictions=(weekend,))
    found = turns(layer, span("2026-01-05T10:00", "2026-01-19T00:00"))
    assert [(each.start, each.end) for each in found] == [
        (utc("2026-01-09T17:00"), utc("2026-01-12T09:00")),
        (utc("2026-01-16T17:00"), utc("2026-01-19T00:00")),
    ]


def test_a_week_long_window_is_always_open() -> None:
    layer = make(people=(1,), restrictions=(Restriction(time(3), timedelta(days=7), weekday=2),))
    days = span("2026-01-06", "2026-03-30")
    assert sum((each.end - each.start for each in turns(layer, days)), timedelta(0)) == days.length


def test_beyond_the_known_years_nobody_is_on_call() -> None:
    layer = make(restrictions=(Restriction(time(9), HOUR),))
    assert turn_at(layer, utc("0001-01-01")) is None
    assert turn_at(layer, utc("9999-12-31T23:59:59")) is None
    assert turns(make(), span("0001-01-01", "0002-01-01")) == []


@settings(max_examples=150, deadline=None)
@given(st.data(), places)
def test_turns_are_ordered_disjoint_and_answer_as_the_instant_does(data: st.DataObject, place: Place) -> None:
    layer, days = data.draw(layers(1, *place)), data.draw(spans(place[1]))
    found = turns(layer, days)
    assert all(days.start <= each.start < each.end <= days.end for each in found)
    assert all(left.end <= right.start for left, right in pairwise(found))
    edges = [edge for each in found for edge in (each.start, each.end)]
    for at in [
        days.start,
        days.end - MINUTE,
        *(edge + shift for edge in edges for shift in (-MINUTE, timedelta(0))),
    ]:
        if days.contains(at):
            inside = next((each.people[0] for each in found if each.start <= at < each.end), None)
            assert turn_at(layer, at) == inside


@settings(max_examples=100, deadline=None)
@given(st.data(), turn_lengths, st.integers(-30, 30))
def test_whole_rotations_later_it_is_the_same_persons_turn(
    data: st.DataObject, turn: Turn, rounds: int
) -> None:
    layer = make(turn=turn, zone="Asia/Kathmandu")
    number = data.draw(st.integers(-100, 100))
    later = turn_start(layer, number + rounds * len(layer.people))
    assert turn_at(layer, later) == turn_at(layer, turn_start(layer, number))


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"people": ()}, "people", "at least one person"),
        ({"zone": "Mars/Olympus"}, "zone", "no time zone named 'Mars/Olympus'"),
        ({"virtual_start": utc("2026-01-01")}, "virtual_start", "local time"),
        ({"virtual_start": wall("0001-01-01")}, "virtual_start", "year from 1900"),
        ({"start": wall("2026-01-01")}, "start", "needs a zone"),
        ({"role": "boss"}, "role", "primary, secondary or shadow"),
        ({"start": utc("2026-01-02"), "end": utc("2026-01-02")}, "end", "ends after it starts"),
    ],
)
def test_a_layer_that_cannot_be_followed_names_the_field(
    changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidLayer, match=words) as caught:
        make(**changes)
    assert caught.value.field == field
    assert words in caught.value.message


@pytest.mark.parametrize(("length", "unit"), [(0, "days"), (-1, "weeks"), (121, "months"), (1, "fortnights")])
def test_a_turn_of_nothing_or_beyond_measure_is_refused(length: int, unit: Any) -> None:
    with pytest.raises(InvalidLayer) as caught:
        Turn(length, unit)
    assert caught.value.field == "turn"


@pytest.mark.parametrize(
    ("start", "duration", "weekday"),
    [
        (time(9), timedelta(0), None),
        (time(9), -HOUR, 1),
        (time(9), timedelta(days=7, seconds=1), 1),
        (time(9), HOUR, 7),
        (time(9, tzinfo=UTC), HOUR, None),
    ],
)
def test_a_window_that_never_opens_is_refused(start: time, duration: timedelta, weekday: int | None) -> None:
    with pytest.raises(InvalidLayer) as caught:
        Restriction(start, duration, weekday)
    assert caught.value.field == "restrictions"
