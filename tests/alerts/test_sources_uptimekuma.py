"""Uptime Kuma: its three ways to send, and its tests that are about nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from alerts.models import Alert, Event
from alerts.processing import process_waiting
from alerts.sources.base import Rejected, Signal
from alerts.sources.uptimekuma import parser
from catalog.models import Service
from tests.alerts.records import records
from tests.making import NOW, make_integration

BODIES: dict[str, Any] = {record.name: record.body for record in records("uptimekuma")}
THEN = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)


def signal_of(body: object) -> Signal:
    parser.check(body)
    (signal,) = parser.parse(body, received_at=THEN).signals
    return signal


def test_down_is_read_with_what_is_watched_why_and_its_tags() -> None:
    found = signal_of(BODIES["down"])
    assert found.dedup_key == "monitor/7"
    assert (found.action, found.severity, found.rule) == ("trigger", "critical", "Shop checkout")
    assert found.summary == "Shop checkout is down: timeout of 48000ms exceeded"
    assert found.source == "https://shop.example.org/checkout"
    assert dict(found.labels) == {"type": "http", "team": "payments", "public": "true"}
    assert found.happened_at == datetime(2026, 11, 21, 0, 7, 6, 123000, tzinfo=UTC)


def test_up_ends_what_the_same_monitor_began() -> None:
    found = signal_of(BODIES["up"])
    assert (found.action, found.dedup_key) == ("resolve", "monitor/7")


def test_a_port_monitor_has_its_host_and_port_as_source() -> None:
    assert signal_of(BODIES["down_port"]).source == "db1.example.org:5432"


@pytest.mark.parametrize("name", ["test_button", "certificate", "pending", "maintenance"])
def test_what_says_nothing_about_a_monitor_makes_no_alert_and_says_why(name: str) -> None:
    found = parser.parse(BODIES[name], received_at=NOW)
    assert found.signals == ()
    assert found.notes


@pytest.mark.django_db
def test_the_test_button_is_answered_200_kept_and_pages_nobody(service: Service) -> None:
    _row, key = make_integration(service, "uptimekuma")
    answer = Client().post(f"/in/uptimekuma/{key}", BODIES["test_button"], content_type="application/json")
    assert answer.status_code == 200
    process_waiting(now=NOW)
    assert Event.objects.get().problem == ""
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_a_form_a_query_and_json_say_the_same(service: Service) -> None:
    _row, key = make_integration(service, "uptimekuma")
    path, body = f"/in/uptimekuma/{key}", BODIES["down"]
    fields = {name: value if name == "msg" else json.dumps(value) for name, value in body.items()}
    answers = [
        Client().post(path, json.dumps(body), content_type="application/json"),
        Client().post(path, {"data": json.dumps(body)}),  # multipart
        Client().get(path, fields),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    found = [signal_of(json.loads(event.body)) for event in Event.objects.all()]
    assert found[0] == found[1] == found[2]


@pytest.mark.django_db
@pytest.mark.parametrize("data", ["", "nonsense", "[", "1"])
def test_a_form_without_readable_data_is_refused(service: Service, data: str) -> None:
    _row, key = make_integration(service, "uptimekuma")
    answer = Client().post(f"/in/uptimekuma/{key}", {"data": data})
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.django_db
def test_an_odd_form_is_refused_and_never_fails(service: Service) -> None:
    _row, key = make_integration(service, "uptimekuma")
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ):
        answer = Client().generic("POST", f"/in/uptimekuma/{key}", b"--x\r\n\xff\xfe", content_type=kind)
        assert answer.status_code == 400


@pytest.mark.parametrize("body", [{}, [], None, {"status": 0}])
def test_another_body_is_refused(body: object) -> None:
    with pytest.raises(Rejected):
        parser.check(body)


@pytest.mark.parametrize("status", [None, "x", 9, True, [], {}])
def test_an_odd_status_makes_no_alert_unless_it_is_a_boolean(status: object) -> None:
    body = BODIES["down"] | {"heartbeat": {"monitorID": 7, "status": status}}
    actions = [signal.action for signal in parser.parse(body, received_at=THEN).signals]
    assert actions == (["resolve"] if status is True else [])
