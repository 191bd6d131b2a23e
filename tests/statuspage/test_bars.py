"""Ninety days, one bar each, on the page's own calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from statuspage.bars import Bars, draw
from statuspage.picture import Span

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)


def bars(*spans: Span, since: datetime = LONG_AGO, today: str = "operational", zone: str = "UTC") -> Bars:
    return draw(spans, since=since, today=today, zone=ZoneInfo(zone), now=NOW)


def day(month: int, number: int, hour: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, number, hour, tzinfo=UTC)


def test_a_quiet_component_is_one_stroke_over_ninety_days() -> None:
    drawn = bars()
    assert (drawn.known.first, drawn.known.last, drawn.known.path) == (
        date(2025, 12, 11),
        date(2026, 3, 10),
        "M0 12h359",
    )
    assert drawn.runs == ()


def test_an_outage_that_ends_at_midnight_does_not_touch_the_next_day() -> None:
    drawn = bars(Span(day(3, 1, 20), day(3, 2), "major_outage"))
    assert [(run.first, run.last) for run in drawn.runs] == [(date(2026, 3, 1), date(2026, 3, 1))]


def test_neighbouring_days_of_one_status_are_one_run() -> None:
    drawn = bars(Span(day(3, 1, 20), day(3, 3, 1), "partial_outage"))
    assert [(run.first, run.last, run.length) for run in drawn.runs] == [
        (date(2026, 3, 1), date(2026, 3, 3), 3)
    ]
    assert drawn.bad_days == 3


def test_the_worst_of_a_day_is_shown() -> None:
    drawn = bars(
        Span(day(3, 1, 1), day(3, 1, 2), "major_outage"),
        Span(day(3, 1, 3), day(3, 1, 9), "degraded_performance"),
    )
    assert [run.status for run in drawn.runs] == ["major_outage"]


def test_days_are_those_of_the_pages_zone() -> None:
    span = Span(day(3, 1, 2), day(3, 1, 3), "major_outage")
    assert bars(span).runs[0].first == date(2026, 3, 1)
    assert bars(span, zone="America/New_York").runs[0].first == date(2026, 2, 28)


def test_what_lasts_reaches_today() -> None:
    drawn = bars(Span(day(3, 8, 20), None, "major_outage"))
    assert [(run.first, run.last) for run in drawn.runs] == [(date(2026, 3, 8), date(2026, 3, 10))]


def test_a_status_set_by_hand_shows_on_today() -> None:
    assert [(run.first, run.status) for run in bars(today="under_maintenance").runs] == [
        (date(2026, 3, 10), "under_maintenance")
    ]


def test_days_before_the_component_are_unknown_unless_something_is_known_of_them() -> None:
    young = bars(since=NOW)
    assert (young.known.start, young.known.path) == (89, "M356 12h3")
    assert bars(Span(day(3, 1), day(3, 2), "major_outage"), since=NOW).known.first == date(2026, 3, 1)


def test_what_began_before_the_ninety_days_begins_with_them() -> None:
    drawn = bars(Span(LONG_AGO, day(12, 12, year=2025), "major_outage"))
    assert [(run.start, run.length) for run in drawn.runs] == [(0, 1)]


def test_without_effect_there_is_no_bar() -> None:
    assert bars(Span(day(3, 1), day(3, 2), "operational")).runs == ()
