"""Zones with odd rules. Every expected instant is written by hand, from the zone's own history."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from lib.intervals import Interval, to_instant
from oncall.coverage import Schedule, final, on_call_at
from oncall.rotation import Layer, Restriction, Turn, Unit, turn_at, turns
from oncall.skipping import NO_SKIP, Skip

DAILY = Turn(1, Unit.DAYS)
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(start: str, end: str) -> Interval:
    return Interval(utc(start), utc(end))


def daily(zone: str, first: str, people: int = 2, skip: Skip = NO_SKIP, *windows: Restriction) -> Layer:
    """Turns of a day from that local time on."""
    everybody = tuple(range(1, people + 1))
    return Layer(1, everybody, zone, datetime.fromisoformat(first), DAILY, windows, skip=skip)


def edges(layer: Layer, days: Interval) -> list[datetime]:
    """When each turn in the span begins, but for the one that holds its start."""
    found = turns(layer, days)
    assert all(left.end == right.start for left, right in pairwise(found))
    return [each.start for each in found[1:]]


def test_lord_howe_moves_its_clocks_by_thirty_minutes() -> None:
    """+11 until Sunday 5 April 2026, 02:00, then +10:30; back to +11 on Sunday 4 October, 02:00."""
    layer = daily("Australia/Lord_Howe", "2026-04-01T09:00")
    assert edges(layer, span("2026-04-03T00:00", "2026-04-06T00:00")) == [
        utc("2026-04-03T22:00"),
        utc("2026-04-04T22:30"),
        utc("2026-04-05T22:30"),
    ]
    assert edges(layer, span("2026-10-02T00:00", "2026-10-05T00:00")) == [
        utc("2026-10-02T22:30"),
        utc("2026-10-03T22:00"),
        utc("2026-10-04T22:00"),
    ]


def test_in_lord_howe_half_an_hour_comes_twice_and_half_an_hour_never() -> None:
    tz = ZoneInfo("Australia/Lord_Howe")
    assert to_instant(datetime.fromisoformat("2026-04-05T01:45"), tz) == utc("2026-04-04T14:45")
    assert to_instant(datetime.fromisoformat("2026-10-04T02:15"), tz) == utc("2026-10-03T15:45")
    twice = daily("Australia/Lord_Howe", "2026-04-01T01:45")
    assert edges(twice, span("2026-04-04T00:00", "2026-04-06T00:00")) == [
        utc("2026-04-04T14:45"),  # the first 01:45, at +11
        utc("2026-04-05T15:15"),
    ]
    never = daily("Australia/Lord_Howe", "2026-10-01T02:15")
    assert edges(never, span("2026-10-03T00:00", "2026-10-05T00:00")) == [
        utc("2026-10-03T15:45"),  # 02:45, as much later as clocks skipped
        utc("2026-10-04T15:15"),
    ]


def test_kathmandu_is_five_hours_and_three_quarters_ahead_all_year() -> None:
    layer = daily("Asia/Kathmandu", "2026-01-01T09:00")
    assert edges(layer, span("2026-05-05T00:00", "2026-05-07T00:00")) == [
        utc("2026-05-05T03:15"),
        utc("2026-05-06T03:15"),
    ]
    night = Restriction(time(22), 8 * HOUR)
    found = turns(
        daily("Asia/Kathmandu", "2026-01-01T09:00", 1, NO_SKIP, night), span("2026-12-31", "2027-01-01")
    )
    assert [(each.start, each.end) for each in found] == [
        (utc("2026-12-31T00:00"), utc("2026-12-31T00:15")),
        (utc("2026-12-31T16:15"), utc("2027-01-01T00:00")),
    ]


def test_kathmandu_was_a_quarter_of_an_hour_further_from_1986_on() -> None:
    """+5:30 until New Year 1986, when clocks went from 00:00 to 00:15."""
    layer = daily("Asia/Kathmandu", "1985-12-01T00:00")
    assert edges(layer, span("1985-12-30T12:00", "1986-01-02T00:00")) == [
        utc("1985-12-30T18:30"),
        utc("1985-12-31T18:30"),  # there is no 00:00: at 00:15
        utc("1986-01-01T18:15"),
    ]


def test_chatham_changes_at_a_quarter_to_three() -> None:
    """+13:45 until Sunday 5 April 2026, 03:45, then +12:45; back on Sunday 27 September, 02:45."""
    nine = daily("Pacific/Chatham", "2026-04-01T09:00")
    assert edges(nine, span("2026-04-03T00:00", "2026-04-06T00:00")) == [
        utc("2026-04-03T19:15"),
        utc("2026-04-04T20:15"),
        utc("2026-04-05T20:15"),
    ]
    missing = daily("Pacific/Chatham", "2026-09-20T03:00")
    assert edges(missing, span("2026-09-25T12:00", "2026-09-28T00:00")) == [
        utc("2026-09-25T14:15"),
        utc("2026-09-26T14:15"),  # there is no 03:00: at 04:00
        utc("2026-09-27T13:15"),
    ]
    twice = daily("Pacific/Chatham", "2026-04-01T03:00")
    assert edges(twice, span("2026-04-04T00:00", "2026-04-06T00:00")) == [
        utc("2026-04-04T13:15"),
        utc("2026-04-05T14:15"),
    ]


def test_casablanca_leaves_its_summer_time_for_ramadan() -> None:
    """+1 all year, but for Ramadan: +0 from Sunday 15 February 2026, 03:00, until Sunday 22 March, 02:00."""
    layer = daily("Africa/Casablanca", "2026-01-01T09:00")
    assert edges(layer, span("2026-02-13T12:00", "2026-02-16T12:00")) == [
        utc("2026-02-14T08:00"),
        utc("2026-02-15T09:00"),
        utc("2026-02-16T09:00"),
    ]
    assert edges(layer, span("2026-03-20T12:00", "2026-03-23T12:00")) == [
        utc("2026-03-21T09:00"),
        utc("2026-03-22T08:00"),
        utc("2026-03-23T08:00"),
    ]


def test_troll_moves_its_clocks_by_two_hours() -> None:
    """+0 in winter; +2 from Sunday 29 March 2026, 01:00, until Sunday 25 October, 03:00."""
    layer = daily("Antarctica/Troll", "2026-01-01T09:00")
    assert edges(layer, span("2026-03-27T12:00", "2026-03-30T12:00")) == [
        utc("2026-03-28T09:00"),
        utc("2026-03-29T07:00"),
        utc("2026-03-30T07:00"),
    ]
    missing = daily("Antarctica/Troll", "2026-01-01T02:00")
    assert edges(missing, span("2026-03-28T12:00", "2026-03-30T12:00")) == [
        utc("2026-03-29T02:00"),  # there is no 02:00: at 04:00
        utc("2026-03-30T00:00"),
    ]
    night = daily("Antarctica/Troll", "2026-01-01T22:00", 1, NO_SKIP, Restriction(time(22), 8 * HOUR))
    found = turns(night, span("2026-10-24T12:00", "2026-10-25T12:00"))
    assert [(each.start, each.end) for each in found] == [(utc("2026-10-24T20:00"), utc("2026-10-25T06:00"))]


APIA = {"weeks": Turn(1, Unit.WEEKS), "days": DAILY}


def test_apia_had_no_30th_of_december_in_2011_and_whose_day_it_was_has_no_turn() -> None:
    """-10 until Thursday 29 December 2011 ended; then it was Saturday, at +14."""
    layer = daily("Pacific/Apia", "2011-12-28T09:00", 4)
    found = turns(layer, span("2011-12-28T19:00", "2012-01-02T00:00"))
    assert [(each.start, each.people) for each in found] == [
        (utc("2011-12-28T19:00"), (1,)),
        (utc("2011-12-29T19:00"), (2,)),
        (utc("2011-12-30T19:00"), (4,)),
        (utc("2011-12-31T19:00"), (1,)),
        (utc("2012-01-01T19:00"), (2,)),
    ]


def test_in_apia_a_skipped_weekday_on_the_missing_day_skips_nothing_more() -> None:
    """The missing day was a Friday. With Fridays skipped, Thursday's duty ends where Saturday's begins."""
    layer = daily("Pacific/Apia", "2011-12-28T09:00", 4, Skip(frozenset({4})))
    found = turns(layer, span("2011-12-28T19:00", "2012-01-01T00:00"))
    assert [(each.start, each.people) for each in found] == [
        (utc("2011-12-28T19:00"), (1,)),
        (utc("2011-12-29T19:00"), (2,)),
        (utc("2011-12-30T19:00"), (3,)),
        (utc("2011-12-31T19:00"), (4,)),
    ]


@pytest.mark.parametrize("unit", ["days", "weeks"])
def test_in_apia_the_answer_for_each_hour_is_that_of_the_segment(unit: str) -> None:
    layer = Layer(1, (1, 2, 3), "Pacific/Apia", datetime.fromisoformat("2011-12-20T00:00"), APIA[unit])
    schedule, days = Schedule((layer,)), span("2011-12-27", "2012-01-05")
    for segment in final(schedule, days):
        for hour in range((segment.end - segment.start) // HOUR):
            found = on_call_at(schedule, segment.start + hour * HOUR)
            assert found
            assert found.people == segment.people
    assert turn_at(layer, utc("2011-12-30T10:00")) is not None


def test_follow_the_sun_hands_off_around_the_world_without_a_gap() -> None:
    """Sydney, London and New York, each from 08:00 for as long as it takes until the next begins, in June."""
    offices = {"Australia/Sydney": 9, "Europe/London": 5, "America/New_York": 10}
    layers = [
        Layer(
            number,
            (number,),
            zone,
            datetime.fromisoformat("2026-01-05T08:00"),
            DAILY,
            (Restriction(time(8), hours * HOUR),),
        )
        for number, (zone, hours) in enumerate(offices.items(), 1)
    ]
    found = final(Schedule(tuple(layers)), span("2026-06-01T22:00", "2026-06-02T22:00"))
    assert [(each.start, each.people) for each in found] == [
        (utc("2026-06-01T22:00"), (1,)),
        (utc("2026-06-02T07:00"), (2,)),
        (utc("2026-06-02T12:00"), (3,)),
    ]
    assert found[-1].end == utc("2026-06-02T22:00")
