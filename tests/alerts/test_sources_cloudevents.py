"""CloudEvents in its three modes, with PyPI's `cloudevents` against a running door."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from django.core.cache import cache
from django.test import Client, RequestFactory
from psycopg_pool import PoolTimeout

from alerts.models import Alert, AlertState, Event, Integration
from alerts.processing import process_waiting
from alerts.sources.base import Parsed
from alerts.sources.cloudevents import parser
from alerts.sources.cloudevents.envelope import opened
from alerts.sources.cloudevents.meaning import action, change_kind
from alerts.views import intake
from catalog.models import Change, Service
from tests.alerts.records import records
from tests.alerts.serving import serving
from tests.making import NOW, make_integration

BODIES: dict[str, Any] = {record.name: record.body for record in records("cloudevents")}
STRUCTURED = "application/cloudevents+json"


def parsed(*events: object) -> Parsed:
    return parser.read([opened(event) for event in events], NOW)


@pytest.fixture
def door(service: Service) -> tuple[Integration, str]:
    row, key = make_integration(service, "cloudevents")
    return row, f"/in/cloudevents/{key}"


def post(path: str, body: Any, kind: str = STRUCTURED, **headers: str) -> Any:
    return Client().post(path, json.dumps(body), content_type=kind, headers=headers)


@pytest.mark.parametrize(
    ("kind", "says", "stem"),
    [
        ("org.example.alert.fired", "trigger", "org.example.alert"),
        ("org.example.alert.resolved", "resolve", "org.example.alert"),
        ("org.example.alert.acknowledged.v2", "acknowledge", "org.example.alert"),
        ("com.example.DiskAlertCleared", "resolve", "com.example.DiskAlert"),
        ("com.example.something", None, "com.example.something"),
        ("", None, ""),
    ],
)
def test_the_last_word_of_a_type_says_what_happened(kind: str, says: str | None, stem: str) -> None:
    assert action(kind) == (says, stem)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("dev.cdevents.service.deployed.0.2.0", "deploy"),
        ("dev.cdevents.pipelinerun.finished.0.2.0", "other"),
        ("dev.cdevents.incident.detected.0.3.0", None),
        ("com.example.deployment.finished", "deploy"),
        ("com.example.FeatureFlag.updated", "flag"),
        ("com.example.config.changed", "config"),
        ("com.example.config.error", None),
        ("com.example.deployment.alert.fired", None),
        ("com.example.disk.failed", None),
    ],
)
def test_types_that_speak_of_changes_are_changes(kind: str, change: str | None) -> None:
    assert change_kind(kind) == change


def test_an_event_is_read_from_its_data_and_its_envelope() -> None:
    (found,) = parsed(BODIES["structured"]).signals
    assert (found.action, found.summary, found.severity) == ("trigger", "The queue grows", "critical")
    assert found.dedup_key == "/shop/checkout queue-depth"
    assert found.source == "/shop/checkout"
    assert found.labels["env"] == "prod"
    assert found.labels["type"] == "org.example.alert.fired"


def test_the_end_of_a_condition_has_the_key_of_its_beginning() -> None:
    fired = {"specversion": "1.0", "id": "1", "source": "s", "type": "org.example.disk.failed"}
    ended = fired | {"id": "2", "type": "org.example.disk.recovered"}
    first, second = parsed(fired, ended).signals
    assert first.dedup_key == second.dedup_key == "s org.example.disk"
    assert (first.action, second.action) == ("trigger", "resolve")


def test_the_datas_status_counts_before_the_types_last_word() -> None:
    event = BODIES["structured"] | {"data": {"summary": "x", "status": "resolved", "dedup_key": "k"}}
    (found,) = parsed(event).signals
    assert (found.action, found.dedup_key) == ("resolve", "k")


def test_a_cdevent_of_a_service_is_a_change_of_that_service() -> None:
    (found,) = parsed(BODIES["cdevents_deployed"]).changes
    assert (found.kind, found.service, found.summary) == ("deploy", "shop", "service deployed: shop")
    assert [link["href"] for link in found.links] == ["https://ci.example.org/runs/1418"]


@pytest.mark.django_db
def test_the_handshake_is_answered_and_nothing_is_stored(door: tuple[Integration, str]) -> None:
    answer = Client().options(door[1], headers={"WebHook-Request-Origin": "events.example.org"})
    assert answer.status_code == 200
    assert answer["WebHook-Allowed-Origin"] == "events.example.org"
    assert answer["WebHook-Allowed-Rate"] == "*"
    assert answer["Allow"] == "OPTIONS, POST"
    assert not Event.objects.exists()
    assert Client().options("/in/cloudevents/not-a-key").status_code == 404


@pytest.mark.django_db
def test_a_second_delivery_is_answered_and_not_stored(door: tuple[Integration, str]) -> None:
    for _ in range(3):
        assert post(door[1], BODIES["structured"]).status_code == 202
    assert post(door[1], BODIES["structured"] | {"source": "/another"}).status_code == 202
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_a_late_second_delivery_does_not_open_again_what_has_ended(door: tuple[Integration, str]) -> None:
    for body in (BODIES["structured"], BODIES["structured_resolved"], BODIES["structured"]):
        post(door[1], body)
    process_waiting(now=NOW)
    assert [alert.state for alert in Alert.objects.all()] == [AlertState.RESOLVED]


@pytest.mark.django_db
def test_of_a_batch_only_what_is_new_is_read(door: tuple[Integration, str]) -> None:
    post(door[1], BODIES["structured"])
    answer = post(door[1], BODIES["batch"], "application/cloudevents-batch+json")
    assert answer.status_code == 202
    process_waiting(now=NOW)
    assert Alert.objects.get().count == 1
    assert "delivered before" in Event.objects.latest("pk").notes[0]
    assert Change.objects.get().kind == "deploy"


@pytest.mark.django_db
def test_what_could_not_be_stored_is_not_taken_for_delivered(door: tuple[Integration, str]) -> None:
    def away(**_: object) -> int:
        raise PoolTimeout

    request = RequestFactory().post(door[1], json.dumps(BODIES["structured"]), content_type=STRUCTURED)
    assert intake.dispatch(request, away).status_code == 503
    assert post(door[1], BODIES["structured"]).status_code == 202
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_without_the_memory_an_event_is_stored_again_rather_than_lost(door: tuple[Integration, str]) -> None:
    post(door[1], BODIES["structured"])
    cache.clear()
    post(door[1], BODIES["structured"])
    assert Event.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"id": "1"}, STRUCTURED),
        ({"specversion": "0.3", "id": "1", "source": "s", "type": "t"}, STRUCTURED),
        ([{"id": "1"}], "application/cloudevents-batch+json"),
        ("text", STRUCTURED),
        ({"summary": "no event at all"}, "application/json"),
        ([{}] * 1001, "application/cloudevents-batch+json"),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(
    door: tuple[Integration, str], body: Any, kind: str
) -> None:
    answer = post(door[1], body, kind)
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_data_in_no_unicode_is_kept(door: tuple[Integration, str]) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "s", "ce-type": "org.example.disk.failed"}
    answer = Client().post(door[1], b"\xff\xfe\xfd", content_type="application/octet-stream", headers=headers)
    assert answer.status_code == 202
    process_waiting(now=NOW)
    assert Event.objects.get().problem == ""
    assert Alert.objects.get().dedup_key == "s org.example.disk"


@pytest.mark.django_db(transaction=True)
def test_the_library_sends_binary_and_structured(service: Service) -> None:
    _row, key = make_integration(service, "cloudevents")
    attributes = {"type": "org.example.alert.fired", "source": "/shop/Ü", "id": "1", "specversion": "1.0"}
    fired = CloudEvent({**attributes, "subject": "queue depth"}, {"summary": "The queue grows ü"})
    ended = CloudEvent(
        {**attributes, "id": "2", "subject": "queue depth", "type": "org.example.alert.resolved"}, {"n": 1}
    )
    with serving() as url:
        for event, written in (
            (fired, to_binary_event),
            (fired, to_structured_event),
            (ended, to_binary_event),
        ):
            message = written(event)
            body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
            request = urllib.request.Request(  # noqa: S310 - the test's own server
                f"{url}/in/cloudevents/{key}", body, {k: str(v) for k, v in message.headers.items()}
            )
            with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
                assert answer.status == 202
        process_waiting(now=NOW)
    assert Event.objects.count() == 2  # one event in two modes is one event
    alert = Alert.objects.get()
    assert (alert.dedup_key, alert.state) == ("/shop/Ü queue depth", AlertState.RESOLVED)
