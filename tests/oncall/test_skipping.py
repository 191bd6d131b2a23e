"""Days that bring no duty: nobody loses a turn, and far days are found by counting."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.intervals import Interval
from oncall.rotation import (
    InvalidLayer,
    Layer,
    Restriction,
    Turn,
    Unit,
    turn_at,
    turn_index,
    turn_start,
    turns,
)
from oncall.rotation.days import DutyDays, duty_days, stretches
from oncall.skipping import (
    NO_SKIP,
    Skip,
    UnknownCalendar,
    calendars,
    check_code,
    holiday_dates,
    holiday_name,
)
from tests.oncall.cases import skips, tried
from tests.oncall.slow import DAY, HOUR, slow_skips

WEEKEND = frozenset({5, 6})
UNINHABITED = {"BV", "HM", "IO"}
DAILY, WEEKLY = Turn(1, Unit.DAYS), Turn(1, Unit.WEEKS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(start: str, end: str) -> Interval:
    return Interval(utc(start), utc(end))


def a_layer(people: int, turn: Turn, skip: Skip, first: str = "2026-06-01T09:00", **changes: Any) -> Layer:
    """Monday 1 June 2026, 09:00 UTC."""
    shape: dict[str, Any] = {"zone": "UTC", "virtual_start": datetime.fromisoformat(first)}
    return Layer(id=1, people=tuple(range(1, people + 1)), turn=turn, skip=skip, **shape | changes)


def days_of(layer: Layer, days: Interval) -> list[tuple[str, int]]:
    """The day on which each turn begins, and whose it is."""
    return [(f"{each.start:%a %d}", each.people[0]) for each in turns(layer, days)]


def test_weekends_are_skipped_and_mondays_person_follows_fridays() -> None:
    layer = a_layer(3, DAILY, Skip(WEEKEND))
    assert days_of(layer, span("2026-06-01T09:00", "2026-06-13T09:00")) == [
        ("Mon 01", 1),
        ("Tue 02", 2),
        ("Wed 03", 3),
        ("Thu 04", 1),
        ("Fri 05", 2),
        ("Mon 08", 3),
        ("Tue 09", 1),
        ("Wed 10", 2),
        ("Thu 11", 3),
        ("Fri 12", 1),
    ]


@pytest.mark.parametrize("people", [2, 3, 5, 7])
def test_over_many_weeks_everybody_has_equally_many_days(people: int) -> None:
    weeks = people * 8
    layer = a_layer(people, DAILY, Skip(WEEKEND))
    start = utc("2026-06-01T09:00")
    found = turns(layer, Interval(start, start + weeks * 7 * DAY))
    assert Counter(each.people[0] for each in found) == dict.fromkeys(layer.people, 5 * 8)
    assert all(each.start.weekday() < 5 and each.end - each.start == DAY for each in found)


def test_a_friday_lasts_until_saturdays_hand_off() -> None:
    layer = a_layer(2, DAILY, Skip(WEEKEND))
    assert turn_at(layer, utc("2026-06-06T08:59")) == 1
    assert turn_at(layer, utc("2026-06-06T09:00")) is None
    assert turn_at(layer, utc("2026-06-08T08:59")) is None
    assert turn_at(layer, utc("2026-06-08T09:00")) == 2


def test_a_holiday_in_the_middle_moves_the_turn_to_the_next_day() -> None:
    # 25 December 2026 is a Friday and the 26th is a holiday too; Epiphany is one in Bavaria.
    layer = a_layer(3, DAILY, Skip(WEEKEND, (), "DE-BY"), "2026-12-23T09:00")
    assert days_of(layer, span("2026-12-23T09:00", "2027-01-08T09:00")) == [
        ("Wed 23", 1),
        ("Thu 24", 2),
        ("Mon 28", 3),
        ("Tue 29", 1),
        ("Wed 30", 2),
        ("Thu 31", 3),
        ("Mon 04", 1),
        ("Tue 05", 2),
        ("Thu 07", 3),
    ]


def test_a_turn_of_two_days_is_two_days_that_are_worked() -> None:
    layer = a_layer(3, Turn(2, Unit.DAYS), Skip(WEEKEND))
    assert days_of(layer, span("2026-06-01T09:00", "2026-06-10T09:00")) == [
        ("Mon 01", 1),
        ("Wed 03", 2),
        ("Fri 05", 3),
        ("Mon 08", 3),
        ("Tue 09", 1),
    ]


def test_turns_run_backwards_over_skipped_days_too() -> None:
    layer = a_layer(3, DAILY, Skip(WEEKEND))
    assert days_of(layer, span("2026-05-27T09:00", "2026-06-02T09:00")) == [
        ("Wed 27", 1),
        ("Thu 28", 2),
        ("Fri 29", 3),
        ("Mon 01", 1),
    ]


def test_a_first_day_that_is_skipped_gives_its_turn_to_the_next_one() -> None:
    layer = a_layer(3, DAILY, Skip(WEEKEND), "2026-06-06T09:00")
    assert turn_start(layer, 0) == utc("2026-06-08T09:00")
    assert days_of(layer, span("2026-06-05T09:00", "2026-06-10T09:00")) == [
        ("Fri 05", 3),
        ("Mon 08", 1),
        ("Tue 09", 2),
    ]


def test_within_a_weekly_turn_skipped_days_are_silent_and_the_turn_stays() -> None:
    layer = a_layer(2, WEEKLY, Skip(frozenset({2})))
    assert [
        (f"{each.start:%d %H}", f"{each.end:%d %H}", each.people)
        for each in turns(layer, span("2026-06-01T09:00", "2026-06-15T09:00"))
    ] == [
        ("01 09", "03 09", (1,)),
        ("04 09", "08 09", (1,)),
        ("08 09", "10 09", (2,)),
        ("11 09", "15 09", (2,)),
    ]


def a_week_from(first: date) -> tuple[date, ...]:
    return tuple(first + number * DAY for number in range(7))


def test_a_week_that_is_skipped_as_a_whole_costs_nobody_a_turn() -> None:
    layer = a_layer(3, WEEKLY, Skip(dates=a_week_from(date(2026, 6, 8))))
    assert days_of(layer, span("2026-06-01T09:00", "2026-07-06T09:00")) == [
        ("Mon 01", 1),
        ("Mon 15", 2),
        ("Mon 22", 3),
        ("Mon 29", 1),
    ]


def test_it_is_whole_when_its_other_days_are_skipped_weekdays() -> None:
    monday_to_friday = a_week_from(date(2026, 6, 8))[:5]
    layer = a_layer(3, WEEKLY, Skip(WEEKEND, monday_to_friday))
    assert turn_at(layer, utc("2026-06-15T09:00")) == 2
    one_day_is_left = a_layer(3, WEEKLY, Skip(WEEKEND, monday_to_friday[1:]))
    assert turn_at(one_day_is_left, utc("2026-06-15T09:00")) == 3


def test_a_skipped_week_before_the_first_turn_is_not_counted_either() -> None:
    layer = a_layer(3, WEEKLY, Skip(dates=a_week_from(date(2026, 5, 25))))
    assert days_of(layer, span("2026-05-11T09:00", "2026-06-08T09:00")) == [
        ("Mon 11", 2),
        ("Mon 18", 3),
        ("Mon 01", 1),
    ]


def test_a_month_that_is_skipped_as_a_whole_costs_nobody_a_turn() -> None:
    august = tuple(date(2026, 8, 1) + number * DAY for number in range(31))
    layer = a_layer(2, Turn(1, Unit.MONTHS), Skip(dates=august), "2026-07-01T00:00")
    assert [
        f"{each.start:%b}{each.people[0]}" for each in turns(layer, span("2026-06-01", "2026-11-01"))
    ] == [
        "Jun2",
        "Jul1",
        "Sep2",
        "Oct1",
    ]
    shorter = a_layer(2, Turn(1, Unit.MONTHS), Skip(dates=august[1:]), "2026-07-01T00:00")
    assert turn_at(shorter, utc("2026-08-01")) == 2
    assert turn_at(shorter, utc("2026-09-01")) == 1


def test_windows_and_skipped_days_both_limit_a_layer() -> None:
    office = Restriction(time(8), 10 * HOUR)
    layer = a_layer(1, DAILY, Skip(WEEKEND), restrictions=(office,))
    # Saturday's duty begins at 09:00: the first hour of its window is still Friday's.
    assert [
        (f"{each.start:%a %H}", f"{each.end:%a %H}")
        for each in turns(layer, span("2026-06-05T12:00", "2026-06-08T12:00"))
    ] == [("Fri 12", "Fri 18"), ("Sat 08", "Sat 09"), ("Mon 09", "Mon 12")]


def test_a_skipped_day_begins_and_ends_at_the_hand_off_across_a_change_of_clocks() -> None:
    # Clocks in Berlin go forward on Sunday, 29 March 2026.
    layer = a_layer(2, DAILY, Skip(frozenset({6})), "2026-03-02T09:00", zone="Europe/Berlin")
    found = turns(layer, span("2026-03-28T12:00", "2026-03-31T00:00"))
    assert [(each.start, each.end) for each in found] == [
        (utc("2026-03-28T12:00"), utc("2026-03-29T07:00")),
        (utc("2026-03-30T07:00"), utc("2026-03-31T00:00")),
    ]


@tried(150)
@given(st.data(), st.integers(-4000, 4000))
def test_counting_days_is_the_same_as_stepping_over_them(data: st.DataObject, offset: int) -> None:
    around = date(2026, 6, 1)
    skip = data.draw(skips(around))
    days = DutyDays(skip)
    first = around + offset * DAY
    kept = [day for number in range(120) if not slow_skips(skip, day := first + number * DAY)]
    zero = days.number(first.toordinal())
    assert [date.fromordinal(days.day(zero + number)) for number in range(len(kept))] == kept
    for number in range(120):
        day = first + number * DAY
        assert days.brings_duty(day.toordinal()) == (day in kept)
        assert days.number(day.toordinal()) == zero + sum(each < day for each in kept)


@tried(60)
@given(st.data(), st.integers(-20_000, 20_000))  # within the calendar, also where one day a week has duty
def test_the_number_of_a_turn_and_its_start_belong_together_however_far_away(
    data: st.DataObject, number: int
) -> None:
    layer = a_layer(3, Turn(data.draw(st.integers(1, 4)), Unit.DAYS), data.draw(skips(date(2026, 6, 1))))
    at = turn_start(layer, number)
    assert turn_index(layer, at) == number
    assert turn_index(layer, at - timedelta.resolution) == number - 1


def test_a_turn_a_century_away_is_found_without_stepping_there() -> None:
    skip = Skip(WEEKEND, (), "DE-BY")
    layer = a_layer(50, DAILY, skip, "1995-01-02T09:00")
    worked = sum(not slow_skips(skip, date(1995, 1, 2) + number * DAY) for number in range(38_000))
    last = date(1995, 1, 2) + 38_000 * DAY
    at = datetime.combine(last, time(9), tzinfo=UTC)
    assert turn_index(layer, at) in (worked, worked - 1)
    assert worked < 38_000 * 5 / 7


def test_weeks_without_any_duty_are_found_once_per_skip() -> None:
    skip = Skip(WEEKEND, a_week_from(date(2026, 6, 8))[:5])
    (found,) = stretches(skip)
    assert tuple(map(date.fromordinal, found)) == (date(2026, 6, 6), date(2026, 6, 15))
    assert stretches(Skip(WEEKEND, (), "US")) == []
    assert duty_days(skip) is duty_days(Skip(WEEKEND, tuple(reversed(skip.dates))))


def test_holidays_are_those_of_the_country_or_of_its_part() -> None:
    assert holiday_name("DE-BY", date(2026, 1, 6)) == "Epiphany"
    assert holiday_name("DE", date(2026, 1, 6)) is None
    assert holiday_name("GB-SCT", date(2026, 11, 30)) == "Saint Andrew's Day"
    assert date(2026, 10, 3) in holiday_dates("DE")
    assert list(holiday_dates("US")) == sorted(set(holiday_dates("US")))
    assert holiday_dates("") == ()


def test_holidays_are_known_from_1990_to_2100_and_beyond_there_are_none() -> None:
    years = {day.year for day in holiday_dates("FR")}
    assert years == set(range(1990, 2101))
    layer = a_layer(2, DAILY, Skip(holidays="FR"), "1980-01-01T00:00")
    assert turn_at(layer, utc("1989-12-25T12:00")) is not None
    assert turn_at(layer, utc("1990-12-25T12:00")) is None
    assert turn_at(layer, utc("2101-12-25T12:00")) is not None


def test_every_calendar_that_is_offered_can_be_read_and_fits_its_column() -> None:
    codes = [code for code, _name in calendars()]
    assert len(codes) == len(set(codes)) > 500
    assert all(code and len(code) <= 16 for code in codes)
    for code in codes[::7]:
        check_code(code)
        assert holiday_dates(code) or code in UNINHABITED, code
    names = dict(calendars())
    assert (names["DE"], names["DE-BY"], names["BA"]) == (
        "Germany",
        "Germany: Bayern",
        "Bosnia and Herzegovina",
    )


@pytest.mark.parametrize("code", ["XX", "DE-XX", "DE-", "-BY", "de", "DEU", "../DE", "DE-BY-DE"])
def test_an_unknown_calendar_is_refused_by_name(code: str) -> None:
    with pytest.raises(UnknownCalendar, match="no calendar"):
        holiday_dates(code)
    with pytest.raises(InvalidLayer, match="skip_holidays: There is no calendar of holidays named") as caught:
        Skip(holidays=code)
    assert caught.value.field == "skip_holidays"
    assert repr(code) in caught.value.message


@pytest.mark.parametrize(
    ("weekdays", "words"), [(range(7), "at least one weekday"), ((7,), "0 .Monday."), ((-1,), "0 .Monday.")]
)
def test_skipping_every_weekday_or_one_that_does_not_exist_is_refused(weekdays: Any, words: str) -> None:
    with pytest.raises(InvalidLayer, match=words) as caught:
        Skip(frozenset(weekdays))
    assert caught.value.field == "skip_weekdays"


def test_turns_of_hours_cannot_skip() -> None:
    with pytest.raises(InvalidLayer, match="Turns of hours cannot skip days") as caught:
        a_layer(2, Turn(12, Unit.HOURS), Skip(WEEKEND))
    assert caught.value.field == "skip"
    assert a_layer(2, Turn(12, Unit.HOURS), NO_SKIP).skip == Skip()


@pytest.mark.parametrize(
    ("weekday", "start", "hours", "ever"),
    [
        (5, 10, 8, False),
        (5, 8, 2, True),
        (6, 10, 22, False),
        (6, 10, 24, True),
        (4, 20, 10, True),
        (5, 9, 48, False),
    ],
)
def test_windows_that_open_on_skipped_days_alone_are_refused(
    weekday: int, start: int, hours: int, ever: bool
) -> None:
    window = Restriction(time(start), hours * HOUR, weekday)
    if ever:
        assert turns(
            a_layer(1, DAILY, Skip(WEEKEND), restrictions=(window,)), span("2026-06-01", "2026-06-15")
        )
        return
    with pytest.raises(InvalidLayer, match="No window opens") as caught:
        a_layer(1, DAILY, Skip(WEEKEND), restrictions=(window,))
    assert caught.value.field == "restrictions"
