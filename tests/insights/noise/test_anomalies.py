"""Hours with more alerts than the same hour of other weeks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts.actions.hours import LOOK_BACK
from insights.noise.anomalies import WEEK, anomalies, anomaly, usual

HOUR = datetime(2026, 3, 10, 14, tzinfo=UTC)
LONG_AGO = HOUR - 20 * WEEK


def weeks(*counts: int) -> dict[datetime, int]:
    """Counts of the same hour, a week apart, the last week first."""
    return {HOUR - number * WEEK: count for number, count in enumerate(counts, start=1)}


def test_far_more_than_usual_is_odd_and_says_why() -> None:
    found = anomaly(7, HOUR, weeks(3, 4, 2, 3, 3, 4, 2, 3) | {HOUR: 41}, LONG_AGO)
    assert found is not None
    assert (found.usual.median, found.usual.mad, found.usual.weeks) == (3, 0.5, 8)
    assert found.score == 38


def test_one_wild_week_before_does_not_hide_the_next() -> None:
    assert anomaly(7, HOUR, weeks(3, 900, 2, 3, 3, 4, 2, 3) | {HOUR: 41}, LONG_AGO) is not None


def test_a_service_that_always_swings_is_not_odd_when_it_swings() -> None:
    assert anomaly(7, HOUR, weeks(10, 60, 5, 45, 30, 20, 50, 8) | {HOUR: 70}, LONG_AGO) is None


def test_a_handful_on_a_quiet_service_is_nothing() -> None:
    assert anomaly(7, HOUR, {HOUR: 4}, LONG_AGO) is None
    assert anomaly(7, HOUR, {HOUR: 5}, LONG_AGO) is not None


def test_less_than_four_weeks_of_history_tell_nothing() -> None:
    assert usual(weeks(1, 1, 1), HOUR, HOUR - 3 * WEEK) is None
    assert usual(weeks(1, 1, 1, 1), HOUR, HOUR - 4 * WEEK) is not None
    assert anomaly(7, HOUR, weeks(1, 1, 1) | {HOUR: 500}, HOUR - 3 * WEEK) is None


def test_other_hours_of_the_week_do_not_count() -> None:
    beside = {HOUR - number * WEEK + timedelta(hours=1): 50 for number in range(1, 9)}
    assert anomaly(7, HOUR, beside | {HOUR: 50}, LONG_AGO) is not None


def test_the_newest_hour_comes_first_and_in_it_the_oddest_service() -> None:
    before = HOUR - timedelta(hours=1)
    found = anomalies({1: {HOUR: 10, before: 99}, 2: {HOUR: 20}}, [HOUR, before], LONG_AGO)
    assert [(each.service, each.hour) for each in found] == [(2, HOUR), (1, HOUR), (1, before)]


def test_hours_are_counted_anew_for_longer_than_a_day() -> None:
    assert timedelta(days=1) < LOOK_BACK < WEEK
