"""Periods against sets of hours; wall time against trying every offset."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.intervals import (
    Interval,
    UnknownZone,
    instant,
    intersect,
    load_zone,
    subtract,
    to_instant,
    to_wall,
    union,
)

ORIGIN = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(start: int, end: int) -> Interval:
    return Interval(ORIGIN + start * HOUR, ORIGIN + end * HOUR)


def held(intervals: list[Interval]) -> set[int]:
    return {hour for hour in range(-1, 60) if any(each.contains(ORIGIN + hour * HOUR) for each in intervals)}


periods = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 15)).map(lambda pair: hours(pair[0], sum(pair))), max_size=8
)


@settings(max_examples=150, deadline=None)
@given(periods, periods)
def test_union_intersection_and_difference_are_those_of_sets(
    left: list[Interval], right: list[Interval]
) -> None:
    a, b = union(left), union(right)
    assert held(a) == held(left)
    assert held(intersect(a, b)) == held(left) & held(right)
    assert held(subtract(a, b)) == held(left) - held(right)
    for result in (a, intersect(a, b), subtract(a, b)):
        assert result == union(result), "sorted, disjoint, not touching"


def test_periods_that_touch_become_one_and_share_no_moment() -> None:
    assert union([hours(2, 3), hours(1, 2)]) == [hours(1, 3)]
    assert hours(1, 2).intersection(hours(2, 3)) is None
    assert not hours(1, 2).contains(ORIGIN + 2 * HOUR)
    assert hours(1, 4).length == 3 * HOUR


@pytest.mark.parametrize("length", [timedelta(0), -HOUR])
def test_a_period_without_time_in_it_is_refused(length: timedelta) -> None:
    with pytest.raises(ValueError, match="end must be after the start"):
        Interval(ORIGIN, ORIGIN + length)


def test_a_naive_moment_is_refused_and_another_zone_becomes_utc() -> None:
    with pytest.raises(ValueError, match="naive"):
        Interval(ORIGIN.replace(tzinfo=None), ORIGIN)
    paris = Interval(ORIGIN.astimezone(ZoneInfo("Europe/Paris")), ORIGIN + HOUR)
    assert paris == hours(0, 1)
    assert paris.start.tzinfo is UTC


def test_a_moment_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond the calendar"):
        instant(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))))


@pytest.mark.parametrize(
    "name", ["", "Europe", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "a\0b", "é" * 300]
)
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        load_zone(name)


@pytest.mark.parametrize(
    ("zone", "wall", "expected"),
    [
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30"),  # missing: clocks show 03:30
        ("America/New_York", "2026-03-08T03:30", "2026-03-08T07:30"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),  # twice: the first, still EDT
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"),  # a gap of half an hour: 02:45
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),  # half an hour twice
        ("Asia/Kathmandu", "2026-01-01T09:00", "2026-01-01T03:15"),
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T19:00"),  # a missing day: 09:00 on the 31st
        ("Pacific/Apia", "2011-12-31T09:00", "2011-12-30T19:00"),
    ],
)
def test_a_missing_time_is_shifted_by_the_gap_and_a_repeated_one_is_the_first(
    zone: str, wall: str, expected: str
) -> None:
    found = to_instant(datetime.fromisoformat(wall), ZoneInfo(zone))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert found.tzinfo is UTC


walls = st.datetimes(datetime.fromisoformat("1975-01-01"), datetime.fromisoformat("2060-01-01"))


@settings(max_examples=300, deadline=None)
@given(walls, st.timezones())
def test_clocks_show_the_wall_time_at_its_instant_unless_they_skip_it(wall: datetime, zone: ZoneInfo) -> None:
    at = to_instant(wall, zone)
    possible = [
        moment
        for day in range(-2, 3)
        for offset in [(wall + timedelta(days=day)).replace(tzinfo=zone).utcoffset()]
        if offset is not None and to_wall(moment := wall.replace(tzinfo=UTC) - offset, zone) == wall
    ]
    if possible:
        assert at == min(possible)
    else:
        assert to_wall(at, zone) > wall
