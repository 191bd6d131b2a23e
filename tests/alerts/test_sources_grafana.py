"""Grafana alerting, its older bodies, its signatures; and what was set up for Grafana OnCall."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse

from alerts.models import Event
from alerts.sources.base import Signal
from catalog.models import Service
from tests.alerts.records import Record, Wire, door, found, reading, send, wire
from tests.alerts.signing import hexed

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
SECRET = "known to both"
STAMP = "X-Grafana-Alerting-Timestamp"


def only(name: str) -> Signal:
    (signal,) = reading("grafana", name, now=NOW).signals
    return signal


def test_a_resolve_has_the_key_of_its_trigger_and_the_time_of_its_end() -> None:
    fired, over = only("firing"), only("resolved")
    assert (fired.action, over.action) == ("trigger", "resolve")
    assert fired.dedup_key == over.dedup_key == "8c1d7d2f4be1a5c0"
    assert over.happened_at == datetime(2026, 11, 20, 22, 41, 10, 512345, tzinfo=UTC)
    assert fired.rule == "HighLatency"
    assert [link["text"] for link in fired.links] == [
        "Runbook",
        "Panel",
        "Dashboard",
        "Rule",
        "Silence in Grafana",
    ]


def test_in_a_mixed_group_each_alert_counts_for_itself() -> None:
    signals = reading("grafana", "mixed_group", now=NOW).signals
    assert [signal.action for signal in signals] == ["trigger", "resolve"]


def test_no_data_and_a_failed_query_say_so_and_belong_to_the_rule() -> None:
    no_data, error = only("no_data"), only("error")
    assert no_data.summary == "No data: HighLatency"
    assert error.summary == "Query failed: p99 latency above 2 s"
    assert no_data.rule == error.rule == "HighLatency"
    assert no_data.class_ == "DatasourceNoData"


def test_the_test_button_is_quiet_and_ends_by_itself() -> None:
    signal = only("test_button")
    assert signal.severity == "info"
    assert signal.expires_at == NOW + timedelta(minutes=15)
    assert reading("grafana", "test_button", now=NOW).notes


def test_the_old_body_is_keyed_by_its_rule() -> None:
    fired, over, empty = only("legacy_alerting"), only("legacy_ok"), only("legacy_no_data")
    assert (fired.action, over.action, empty.action) == ("trigger", "resolve", "trigger")
    assert fired.dedup_key == over.dedup_key == empty.dedup_key == "rule/1/21"
    assert fired.severity == "warning"
    assert empty.summary.startswith("No data: ")
    assert not reading("grafana", "legacy_paused", now=NOW).signals


# --- Signatures


class Sender:
    """Grafana with an integration that wants signatures."""

    def __init__(self, service: Service, **options: str) -> None:
        self.record: Record = replace(found("grafana", "firing"), secret=SECRET, options=options)
        _row, key = door(service, self.record)
        self.wire: Wire = wire(self.record, key)

    def send(self, signature: str = "", **headers: str) -> HttpResponse:
        more = {"X-Grafana-Alerting-Signature": signature} if signature else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return send(replace(self.wire, headers={**self.wire.headers, **more, **named}))

    def sign(self, stamp: str = "", secret: str = SECRET) -> str:
        return hexed(secret, (f"{stamp}:".encode() if stamp else b"") + self.wire.body)


@pytest.mark.django_db
def test_a_signed_request_is_let_in_and_others_are_not(service: Service) -> None:
    sender = Sender(service)
    assert sender.send(sender.sign()).status_code == 202
    for wrong in ("", "00", "é", sender.sign(secret="another"), "v1=" + sender.sign()):
        assert sender.send(wrong).status_code == 401
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_a_signature_with_its_time_is_good_for_five_minutes(service: Service) -> None:
    sender = Sender(service)
    fresh, old = str(int(time.time()) - 200), str(int(time.time()) - 400)
    assert sender.send(sender.sign(fresh), **{STAMP: fresh}).status_code == 202
    assert sender.send(sender.sign(old), **{STAMP: old}).status_code == 401
    assert sender.send(sender.sign(fresh), **{STAMP: str(int(fresh) + 1)}).status_code == 401
    assert sender.send(sender.sign("x"), **{STAMP: "x"}).status_code == 401
    assert sender.send(sender.sign(fresh)).status_code == 401


@pytest.mark.django_db
def test_where_a_time_is_asked_for_it_cannot_be_left_out(service: Service) -> None:
    sender = Sender(service, timestamp_header="X-Signed-At", signature_header="X-Signature")
    stamp = str(int(time.time()))
    assert sender.send(X_Signature=sender.sign(stamp), X_Signed_At=stamp).status_code == 202
    assert sender.send(X_Signature=sender.sign()).status_code == 401


@pytest.mark.django_db
def test_without_a_secret_the_address_is_enough(service: Service) -> None:
    record = found("grafana", "firing")
    _row, key = door(service, record)
    assert send(wire(record, key).with_headers(X_Grafana_Alerting_Signature="ff")).status_code == 202


@pytest.mark.django_db
def test_another_json_is_told_where_it_belongs(service: Service) -> None:
    record = found("grafana", "firing").with_body({"message": "of my own"})
    _row, key = door(service, record)
    answer = send(wire(record, key))
    assert answer.status_code == 400
    assert "JSON integration" in answer.content.decode()


# --- OnCall


def test_a_formatted_webhook_ends_with_ok_in_any_case() -> None:
    signals = [
        reading("oncall_webhook", name, now=NOW).signals[0] for name in ("alerting", "ok", "ok_in_capitals")
    ]
    assert [signal.action for signal in signals] == ["trigger", "resolve", "resolve"]
    assert len({signal.dedup_key for signal in signals}) == 1
    assert signals[0].images[0]["src"] == "https://monitoring.example.org/q.png"


def test_without_a_uid_alerts_are_told_apart_by_title() -> None:
    parsed = reading("oncall_webhook", "no_uid", now=NOW)
    assert parsed.signals[0].dedup_key
    assert "alert_uid" in parsed.notes[0]


def test_oncalls_grafana_body_is_read_alert_by_alert() -> None:
    signals = reading("oncall_webhook", "grafana_alerting", now=NOW).signals
    assert [signal.dedup_key for signal in signals] == ["8c1d7d2f4be1a5c0", "0d1e2f3a4b5c6d7e"]


@pytest.mark.django_db
def test_an_unknown_key_is_refused_as_oncall_does(client: object) -> None:
    for path in (f"/integrations/v1/formatted_webhook/{'f' * 32}/", "/integrations/v1/webhook/x"):
        answer = send(Wire("POST", path, {}, b'{"title": "x"}'))
        assert answer.status_code == 403
        assert "f" * 32 not in answer.content.decode()
    assert send(Wire("POST", "/integrations/v1/formatted_webhook/x/y", {}, b"{}")).status_code == 404
