"""The pure part: what customers are told decides statuses, and statuses decide the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from statuspage.picture import PublicIncident, PublicUpdate, Span, roll_up

START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def told(minutes: int, phase: str, impact: str = "major_outage") -> PublicUpdate:
    return PublicUpdate(f"u{minutes}", phase, impact, "text", at(minutes))


def incident(*updates: PublicUpdate, closed: int | None = None) -> PublicIncident:
    closed_at = None if closed is None else at(closed)
    return PublicIncident("i", "Title", at(-5), closed_at, ("c",), updates)


@pytest.mark.parametrize(
    ("statuses", "indicator", "description"),
    [
        ([], "none", "All Systems Operational"),
        (["operational", "operational"], "none", "All Systems Operational"),
        (["degraded_performance", "operational"], "minor", "Partially Degraded Service"),
        (["degraded_performance", "degraded_performance"], "minor", "Degraded System Service"),
        (["partial_outage", "operational"], "minor", "Minor Service Outage"),
        (["partial_outage", "degraded_performance"], "minor", "Minor Service Outage"),
        (["major_outage", "operational"], "major", "Partial System Outage"),
        (["major_outage", "partial_outage"], "major", "Partial System Outage"),
        (["major_outage", "major_outage"], "critical", "Major System Outage"),
        (["under_maintenance", "operational"], "maintenance", "Service Under Maintenance"),
        (["under_maintenance", "degraded_performance"], "minor", "Partially Degraded Service"),
    ],
)
def test_the_worst_component_decides_the_page(statuses: list[str], indicator: str, description: str) -> None:
    overall = roll_up(statuses)
    assert (overall.indicator, overall.description) == (indicator, description)


def test_the_newest_update_says_how_bad_it_is() -> None:
    assert incident(told(0, "investigating"), told(5, "identified", "degraded_performance")).status == (
        "degraded_performance"
    )


def test_components_of_a_resolved_incident_work_again_whatever_impact_was_ticked() -> None:
    over = incident(told(0, "investigating"), told(9, "resolved", "major_outage"))
    assert (over.status, over.phase, over.ended_at) == ("operational", "resolved", at(9))


def test_an_incident_closed_without_a_last_word_is_over_too() -> None:
    over = incident(told(0, "investigating"), closed=7)
    assert (over.is_open, over.status, over.phase, over.ended_at) == (False, "operational", "resolved", at(7))


def test_it_ended_when_it_was_first_called_resolved() -> None:
    assert incident(told(0, "investigating"), told(9, "resolved"), told(60, "resolved")).ended_at == at(9)


def test_an_update_after_the_end_opens_it_again() -> None:
    again = incident(
        told(0, "investigating"), told(9, "resolved"), told(12, "investigating", "partial_outage")
    )
    assert (again.is_open, again.status) == (True, "partial_outage")


def test_what_the_first_update_said_holds_from_the_start() -> None:
    spans = incident(
        told(0, "investigating"), told(5, "monitoring", "degraded_performance"), told(9, "resolved")
    ).spans()
    assert spans == [Span(at(-5), at(5), "major_outage"), Span(at(5), at(9), "degraded_performance")]


def test_an_open_incident_lasts() -> None:
    assert incident(told(0, "investigating")).spans() == [Span(at(-5), None, "major_outage")]


def test_nothing_lasts_beyond_the_close() -> None:
    spans = incident(told(0, "investigating"), told(30, "monitoring"), closed=10).spans()
    assert spans == [Span(at(-5), at(10), "major_outage")]
