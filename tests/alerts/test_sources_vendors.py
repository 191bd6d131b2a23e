"""The traps of Datadog, GoAlert, Google Cloud, Azure, Sentry and New Relic."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.models import Event
from alerts.sources.base import Signal, Stored
from alerts.sources.registry import KINDS, reader
from alerts.sources.vendors import VENDORS
from catalog.models import Service
from tests.alerts.records import Wire, door, found, reading, send, wire
from tests.alerts.signing import hexed

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)


def only(kind: str, name: str, **context: Any) -> Signal:
    (signal,) = reading(kind, name, now=NOW, context=context).signals
    return signal


def said(kind: str, body: Any, **context: Any) -> Signal:
    stored = Stored(text=json.dumps(body), received_at=NOW, context=context)
    (signal,) = reader(kind)(stored).signals
    return signal


@pytest.mark.parametrize("kind", [kind.name for kind in VENDORS])
def test_the_test_button_of_each_kind_is_a_quiet_trigger(kind: str) -> None:
    body = KINDS[kind].sample(key="0" * 32, dedup_key="tocsin-test-1", summary="A test")
    signal = said(kind, body)
    assert (signal.action, signal.severity) == ("trigger", "info")
    assert "A test" in signal.summary
    assert signal.dedup_key.endswith("tocsin-test-1")


# --- Datadog


def test_datadogs_transitions_share_the_cycles_key() -> None:
    names = ("triggered", "re_triggered", "no_data", "renotify", "warn", "recovered")
    signals = [only("datadog", name) for name in names]
    assert {signal.dedup_key for signal in signals} == {"6283991044"}
    assert [signal.severity for signal in signals[:5]] == ["critical"] * 4 + ["warning"]
    assert {signal.summary for signal in signals} == {"Disk is 99 % full"}
    assert signals[0].happened_at == datetime(2026, 11, 20, 22, 14, 10, tzinfo=UTC)
    assert signals[0].labels == {"env": "prod", "host": "db1", "monitor": "monitor", "service": "db"}


def test_datadogs_form_says_the_same_as_its_json() -> None:
    assert only("datadog", "form", form=True) == only("datadog", "triggered")


def test_datadogs_default_payload_is_keyed_by_its_title() -> None:
    fired, over = only("datadog", "default_payload"), only("datadog", "default_payload_recovered")
    assert (fired.action, over.action) == ("trigger", "resolve")
    assert fired.dedup_key == over.dedup_key


def test_what_datadog_did_not_fill_in_is_empty() -> None:
    signal = only("datadog", "unfilled")
    assert signal.severity == "error"
    assert "$" not in str([signal.source, signal.labels, signal.details])


# --- GoAlert


@pytest.mark.django_db
def test_goalert_answers_204_or_the_number_of_the_event(service: Service) -> None:
    record = found("goalert", "json")
    _row, key = door(service, record)
    assert send(wire(found("goalert", "form"), key)).content == b""
    answer = json.loads(send(wire(record, key)).content)
    assert answer["AlertID"] == Event.objects.latest("pk").pk
    assert answer["IsNew"] is True
    assert send(Wire("POST", "/api/v2/generic/incoming?token=" + "f" * 32, {}, b"{}")).status_code == 401
    assert send(replace(wire(record, key), body=b'{"details": "x"}')).status_code == 400


def test_goalert_without_a_dedup_key_is_told_apart_by_its_words() -> None:
    bodies = [
        {"summary": "Disk", "details": "full", **more} for more in ({}, {"action": "close"}, {"details": "x"})
    ]
    fired, over, another = (said("goalert", body) for body in bodies)
    assert (fired.action, over.action) == ("trigger", "resolve")
    assert fired.dedup_key == over.dedup_key != another.dedup_key


def test_goalerts_meta_become_labels() -> None:
    signal = only("goalert", "form", form=True)
    assert signal.labels == {"host": "db1.example.org", "severity": "critical"}
    assert (signal.severity, signal.source) == ("critical", "db1.example.org")


# --- Google Cloud


def test_gcp_ends_with_closed_in_any_case_at_its_own_time() -> None:
    fired, over, loud = (only("gcp", name) for name in ("open", "closed", "closed_in_capitals"))
    assert [each.action for each in (fired, over, loud)] == ["trigger", "resolve", "resolve"]
    assert over.happened_at - fired.happened_at == timedelta(minutes=10)
    assert (fired.severity, loud.severity, fired.rule) == ("critical", "error", "CPU of the web servers")
    assert fired.labels["team"] == "shop"
    assert only("gcp", "test").expires_at == NOW + timedelta(minutes=15)


@pytest.mark.django_db
def test_gcps_key_is_a_password_or_in_the_query(service: Service) -> None:
    record = found("gcp", "open")
    _row, key = door(service, record)
    body = wire(record, key).body
    for path, headers in (
        ("/in/gcp", {}),
        ("/in/gcp/", {"Authorization": "Basic x"}),
        ("/in/gcp?token=x", {}),
    ):
        answer = send(Wire("POST", path, headers, body))
        assert (answer.status_code, answer["WWW-Authenticate"][:5]) == (401, "Basic")
    assert send(Wire("POST", f"/in/gcp/?token={key}", {}, body)).status_code == 202


# --- Azure


def test_azures_alert_keeps_its_id_until_it_is_resolved() -> None:
    fired, over = only("azure", "metric_fired"), only("azure", "metric_resolved")
    assert (fired.action, over.action) == ("trigger", "resolve")
    assert fired.dedup_key == over.dedup_key
    assert (fired.severity, fired.source, fired.labels["team"]) == ("error", "web-3", "shop")
    assert over.happened_at == datetime(2026, 11, 20, 22, 31, 2, 123456, tzinfo=UTC)
    assert only("azure", "log_fired").links[0]["href"].endswith("#logs-filtered")


def test_azures_health_events_end_although_each_is_fired() -> None:
    for kind, end in (("service_health_active", "service_health_resolved"),
                      ("resource_health_unavailable", "resource_health_available")):  # fmt: skip
        fired, over = only("azure", kind), only("azure", end)
        assert (fired.action, over.action) == ("trigger", "resolve")
        assert fired.dedup_key == over.dedup_key
        assert fired.severity == "error"
    assert only("azure", "service_health_maintenance").severity == "info"
    assert "review" in reading("azure", "service_health_review", now=NOW).notes[0]


def test_azure_without_the_common_schema_is_read_and_told_so() -> None:
    parsed = reading("azure", "uncommon_metric", now=NOW)
    assert parsed.signals[0].action == "resolve"
    assert "common alert schema" in parsed.notes[0]


# --- Sentry


def test_what_belongs_to_a_sentry_issue_has_its_key() -> None:
    issue = {"resource": "issue"}
    assert only("sentry", "issue_created", **issue).dedup_key == "issue/1170820242"
    assert only("sentry", "event_alert", resource="event_alert").dedup_key == "issue/1170820242"
    assert only("sentry", "error", resource="error").dedup_key == "issue/1170820242"
    assert only("sentry", "comment", resource="comment").dedup_key == "issue/1170820242"
    assert only("sentry", "old_plugin").dedup_key == "issue/1170820242"
    assert only("sentry", "issue_archived", **issue).action == "resolve"
    assert "assigned the issue to Olga Owner" in only("sentry", "issue_assigned", **issue).summary
    alert = only("sentry", "event_alert", resource="event_alert")
    assert (alert.severity, alert.rule, alert.source) == (
        "critical",
        "Checkout is failing",
        "web-3.example.org",
    )


def test_a_sentry_metric_may_get_better_before_it_ends() -> None:
    signals = [
        only("sentry", f"metric_{state}", resource="metric_alert")
        for state in ("critical", "warning", "resolved")
    ]
    assert [signal.action for signal in signals] == ["trigger", "trigger", "resolve"]
    assert [signal.severity for signal in signals[:2]] == ["critical", "warning"]
    assert {signal.dedup_key for signal in signals} == {"metric/42"}


@pytest.mark.django_db
def test_sentrys_signature_is_over_the_bytes(service: Service) -> None:
    record = found("sentry", "event_alert_signed")
    _row, key = door(service, record)
    request = wire(record, key)
    good = hexed(record.secret, request.body)
    for signature, status in (good, 200), ("", 401), ("0" * 64, 401), (hexed("another", request.body), 401):
        assert send(request.with_headers(Sentry_Hook_Signature=signature)).status_code == status
    spaced = replace(request, body=request.body + b" ").with_headers(Sentry_Hook_Signature=good)
    assert send(spaced).status_code == 401
    assert Event.objects.count() == 1


# --- New Relic


def test_new_relics_issue_goes_through_its_states_under_one_key() -> None:
    signals = [only("newrelic", name) for name in ("created", "activated", "acknowledged", "closed")]
    assert [signal.action for signal in signals] == ["trigger", "trigger", "acknowledge", "resolve"]
    assert len({signal.dedup_key for signal in signals}) == 1
    assert signals[3].happened_at - signals[0].happened_at > timedelta(minutes=9)
    assert (signals[1].severity, signals[1].source, signals[1].rule) == ("critical", "web-3", "Slow checkout")
    assert only("newrelic", "our_payload").links[0]["text"] == "Runbook"


def test_new_relics_old_channel_is_read_too() -> None:
    signals = [only("newrelic", f"legacy_{state}") for state in ("open", "acknowledged", "closed")]
    assert [signal.action for signal in signals] == ["trigger", "acknowledge", "resolve"]
    assert {signal.dedup_key for signal in signals} == {"321"}
    assert signals[0].source == "web-3"
