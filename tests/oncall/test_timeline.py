"""Where things stand on a drawn timeline."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.intervals import Interval
from oncall import timeline
from oncall.rotation import Segment

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "Africa/Casablanca",
        "Asia/Beirut",
    ]
)


@given(ZONES, st.dates(date(2009, 1, 1), date(2035, 12, 31)), st.integers(1, 40))
def test_days_follow_each_other_and_fill_the_width(zone: str, day: date, count: int) -> None:
    span = timeline.days_from(day, count, ZoneInfo(zone))
    found = timeline.days(span, ZoneInfo(zone))
    assert [each.date for each in found] == sorted({each.date for each in found})
    assert sum(float(each.place.width) for each in found) == pytest.approx(100, abs=0.01)
    ends = [float(each.place.x) + float(each.place.width) for each in found]
    assert [float(each.place.x) for each in found[1:]] == pytest.approx(ends[:-1], abs=0.001)


def test_the_day_on_which_clocks_go_forward_is_an_hour_narrower() -> None:
    span = timeline.days_from(date(2026, 3, 28), 3, BERLIN)
    widths = [float(each.place.width) for each in timeline.days(span, BERLIN)]
    assert widths == pytest.approx([24 / 71 * 100, 23 / 71 * 100, 24 / 71 * 100], abs=0.001)


def test_a_zone_that_skipped_a_day_draws_no_such_day() -> None:
    apia = ZoneInfo("Pacific/Apia")
    span = timeline.days_from(date(2011, 12, 28), 5, apia)
    assert [each.date.day for each in timeline.days(span, apia)] == [28, 29, 31, 1]


def test_what_lies_outside_is_cut() -> None:
    start = datetime(2026, 3, 10, tzinfo=UTC)
    span = Interval(start, start + timedelta(days=4))
    place = timeline.place(span, start - timedelta(days=1), start + timedelta(days=1))
    assert (place.x, place.width) == ("0", "25")
    segments = [Segment(start - timedelta(days=1), start + timedelta(days=9), (1,), "layer:1")]
    assert [(each.start, each.end) for each in timeline.cut(segments, span)] == [(span.start, span.end)]


def test_only_gaps_from_now_on_count() -> None:
    start = datetime(2026, 3, 10, tzinfo=UTC)
    span = Interval(start, start + timedelta(days=4))
    covered = [Segment(start + timedelta(days=2), start + timedelta(days=3), (1,), "layer:1")]
    now = start + timedelta(days=1)
    assert timeline.uncovered(covered, span, now) == [
        Interval(now, start + timedelta(days=2)),
        Interval(start + timedelta(days=3), span.end),
    ]
    assert timeline.uncovered(covered, span, span.end) == []


START = datetime(2026, 3, 9, tzinfo=UTC)
SPAN = Interval(START, START + timedelta(days=10))
STEPS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 60), st.integers(1, 4)), max_size=60)


def stretches(steps: list[tuple[int, int, int]]) -> list[Segment]:
    """Ordered and disjoint: hours of pause, hours of length, and who."""
    found, at = [], START
    for pause, length, person in steps:
        at += timedelta(hours=pause)
        found.append(Segment(at, at + timedelta(hours=length), (person,), ""))
        at = found[-1].end
    return found


@given(STEPS, st.floats(0, 0.2))
def test_what_is_drawn_together_loses_nothing(steps: list[tuple[int, int, int]], least: float) -> None:
    segments, borders = stretches(steps), [START + timedelta(days=n) for n in range(60)]
    blocks = timeline.condensed(segments, SPAN, borders, least)
    assert sum(block.count for block in blocks) == len(segments)
    assert {person for block in blocks for person in block.people} == {step[2] for step in steps}
    taken = list(segments)
    for block in blocks:
        inside, taken = taken[: block.count], taken[block.count :]
        assert (block.start, block.end) == (inside[0].start, inside[-1].end)
        assert set(block.people) == {each.people[0] for each in inside}
        if block.count > 1:
            assert all(each.end - each.start < SPAN.length * least for each in inside)
            assert block.start.date() == inside[-1].start.date()


def test_neighbours_of_a_wide_stretch_and_far_ones_stay_apart() -> None:
    segments = stretches([(0, 1, 1), (0, 1, 2), (0, 20, 3), (0, 1, 4), (9, 1, 1)])
    blocks = timeline.condensed(segments, SPAN, [START], 0.02)
    assert [(block.people, block.count) for block in blocks] == [
        ((1, 2), 2),
        ((3,), 1),
        ((4,), 1),
        ((1,), 1),
    ]


def test_weeks_are_named_where_days_have_no_room() -> None:
    zone = ZoneInfo("UTC")
    found = timeline.days(timeline.days_from(date(2026, 3, 11), 35, zone), zone)
    assert [each.date.day for each in timeline.named(found)] == [16, 23, 30, 6, 13]
    assert timeline.named(found[:14]) == found[:14]
