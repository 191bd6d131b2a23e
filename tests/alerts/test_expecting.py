"""When a heartbeat is due: periods, cron expressions, zones whose clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.expecting import (
    BadRhythm,
    Rhythm,
    checked,
    late_at,
    late_at_start,
    next_expected,
    took,
    upcoming,
)

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def cron(expression: str, zone: str = "UTC", grace: timedelta = timedelta()) -> Rhythm:
    return Rhythm(grace, None, expression, zone)


def test_a_period_counts_from_what_was_heard_last() -> None:
    assert late_at(Rhythm(10 * MINUTE, HOUR), NOW) == NOW + timedelta(minutes=70)


def test_a_cron_expression_is_read_on_the_clock_of_its_zone() -> None:
    assert next_expected(cron("0 2 * * *", "Europe/Berlin"), NOW) == datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
    assert next_expected(cron("0 2 * * *", "Asia/Kolkata"), NOW) == datetime(2026, 3, 10, 20, 30, tzinfo=UTC)


def test_a_time_that_clocks_skip_in_spring_comes_with_the_end_of_the_gap() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    found = upcoming(cron("30 2 * * *", "Europe/Berlin"), before, 2)
    assert found == [datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]


def test_a_time_that_clocks_show_twice_in_autumn_counts_once() -> None:
    before = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    found = upcoming(cron("30 2 * * *", "Europe/Berlin"), before, 2)
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_every_quarter_of_an_hour_goes_on_through_the_hour_that_comes_twice() -> None:
    before = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    found = upcoming(cron("*/15 * * * *", "Europe/Berlin"), before, 8)
    assert found == [before + 15 * MINUTE * n for n in range(1, 9)]


def test_what_comes_a_little_early_by_a_fast_clock_counts_for_the_run_that_it_belongs_to() -> None:
    early = datetime(2026, 3, 11, 1, 59, 58, tzinfo=UTC)
    assert next_expected(cron("0 2 * * *"), early) == datetime(2026, 3, 12, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rhythm", "field"),
    [
        (Rhythm(MINUTE), "period"),
        (Rhythm(MINUTE, HOUR, "* * * * *"), "period"),
        (Rhythm(MINUTE, timedelta(seconds=1)), "period"),
        (Rhythm(MINUTE, timedelta(days=400)), "period"),
        (Rhythm(timedelta(days=40), HOUR), "grace"),
        (cron("* * * *"), "cron"),
        (cron("* * * * * *"), "cron"),
        (cron("61 * * * *"), "cron"),
        (cron("0 0 31 2 *"), "cron"),
        (cron("x" * 101), "cron"),
        (cron("0 0 * * *", "Mars/Olympus"), "zone"),
    ],
)
def test_what_never_comes_round_is_refused_by_field(rhythm: Rhythm, field: str) -> None:
    with pytest.raises(BadRhythm) as refused:
        checked(rhythm, NOW)
    assert refused.value.field == field


def test_an_expression_is_kept_in_single_spaces() -> None:
    assert checked(cron("  0   2 * *  MON-FRI "), NOW).cron == "0 2 * * MON-FRI"


def test_a_run_that_began_is_late_after_its_grace_but_no_later_than_it_was_due() -> None:
    rhythm = Rhythm(10 * MINUTE, HOUR)
    assert late_at_start(rhythm, NOW, None) == NOW + 10 * MINUTE
    assert late_at_start(rhythm, NOW, NOW + HOUR) == NOW + 10 * MINUTE
    assert late_at_start(rhythm, NOW, NOW + MINUTE) == NOW + MINUTE


def test_a_run_took_from_its_start_to_its_end() -> None:
    assert took(NOW, None, NOW + 3 * MINUTE) == 3 * MINUTE
    assert took(NOW, NOW - HOUR, NOW + MINUTE) == MINUTE
    assert took(None, None, NOW) is None
    assert took(NOW - HOUR, NOW - MINUTE, NOW) is None, "that start belongs to a run that ended"
    assert took(NOW - timedelta(days=9), None, NOW) is None


@given(
    st.sampled_from(
        ["*/5 * * * *", "30 2 * * *", "0 0 1 * *", "15 3 * * MON-FRI", "0 12 L * *", "59 23 29 2 *"]
    ),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.datetimes(NOW.replace(tzinfo=None), NOW.replace(year=2030, tzinfo=None)),
)
def test_what_is_expected_always_lies_ahead_and_goes_on(expression: str, zone: str, at: datetime) -> None:
    after = at.replace(tzinfo=UTC)
    first, second = upcoming(cron(expression, zone), after, 2)
    assert after < first < second
