"""PyPI's `opsgenie-sdk` against a running door."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.heartbeats import slug_of
from alerts.models import Alert, AlertState, Event, Heartbeat, HeartbeatState, Integration
from alerts.processing import process_waiting
from alerts.sources.base import Answer
from alerts.sources.registry import GATES
from alerts.views import intake
from catalog.models import Service
from incidents.models import Incident
from tests.alerts.serving import serving
from tests.making import make_integration

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import opsgenie_sdk

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"),
]
ALIAS = "al/1 x"


class Client:
    """The SDK's two doors, with the key of an integration."""

    def __init__(self, url: str, key: str) -> None:
        configuration = opsgenie_sdk.Configuration()
        configuration.host = url
        configuration.api_key["Authorization"] = key
        configuration.retry_count, configuration.retry_delay = 3, 0.01
        self.transport = opsgenie_sdk.ApiClient(configuration=configuration)
        self.alerts = opsgenie_sdk.AlertApi(self.transport)
        self.heartbeats = opsgenie_sdk.HeartbeatApi(self.transport)

    def create(self, **fields: object) -> str:
        given = {"message": "Disk on db1 is 99 % full", "alias": ALIAS, "priority": "P1", **fields}
        return str(self.alerts.create_alert(opsgenie_sdk.CreateAlertPayload(**given)).request_id)


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    _row, key = make_integration(service, "opsgenie")
    with serving() as url:
        made = Client(url, key)
        yield made
        made.transport.rest_client.pool_manager.clear()


def turn() -> None:
    process_waiting(now=datetime.now(UTC))


def test_it_creates_acknowledges_and_closes_by_alias(client: Client) -> None:
    client.create(
        responders=[{"type": "team", "name": "ops"}], tags=["a"], details={"k": "v"}, description="Soon full"
    )
    turn()
    alert = Alert.objects.get()
    assert (alert.dedup_key, alert.severity, alert.details["k"]) == (ALIAS, "critical", "v")
    client.alerts.acknowledge_alert(
        identifier=ALIAS,
        identifier_type="alias",
        acknowledge_alert_payload=opsgenie_sdk.AcknowledgeAlertPayload(user="olga", note="I look"),
    )
    turn()
    assert Incident.objects.get().state == "acknowledged"
    client.alerts.close_alert(identifier=ALIAS, identifier_type="alias")
    turn()
    assert Alert.objects.get().state == AlertState.RESOLVED


def test_it_asks_what_became_of_its_requests(client: Client) -> None:
    made = client.create()
    with pytest.raises(opsgenie_sdk.ApiException) as early:
        client.alerts.get_request_status(made)
    assert early.value.status == 404
    turn()
    told = client.alerts.get_request_status(made).data
    alert = Alert.objects.get()
    assert (told.is_success, told.action, told.status, told.alias) == (True, "Create", "Created alert", ALIAS)
    assert client.alerts.get_alert(told.alert_id).data.tiny_id == str(alert.pk)
    missed = client.alerts.close_alert(identifier="no such", identifier_type="alias").request_id
    turn()
    told = client.alerts.get_request_status(missed).data
    assert (told.is_success, told.status) == (False, "Alert does not exist")


def test_it_finds_lists_and_counts(client: Client) -> None:
    client.create(tags=["storage"], source="db1")
    client.create(alias="b", message="Queue grows", priority="P3")
    turn()
    found = client.alerts.get_alert(identifier=ALIAS, identifier_type="alias").data
    assert (found.message, found.priority, found.status, found.tags) == (
        "Disk on db1 is 99 % full",
        "P1",
        "open",
        ["storage"],
    )
    listed = client.alerts.list_alerts(query="status:open AND tag:storage").data
    assert [each.alias for each in listed] == [ALIAS]
    assert client.alerts.count_alerts(query="status=open").data.count == 2
    assert client.alerts.count_alerts(query='message:"Queue*" NOT priority:P1').data.count == 1


def test_it_changes_words_and_priority_and_leaves_notes(client: Client) -> None:
    client.create()
    turn()
    by_alias = {"identifier": ALIAS, "identifier_type": "alias"}
    client.alerts.update_alert_message(
        **by_alias,
        update_alert_message_payload=opsgenie_sdk.UpdateAlertMessagePayload(message="Disk is 97 %"),
    )
    client.alerts.add_tags(
        **by_alias, add_tags_to_alert_payload=opsgenie_sdk.AddTagsToAlertPayload(tags=["x"])
    )
    turn()
    alert = Alert.objects.get()
    assert (alert.summary, alert.severity, alert.details["tags"]) == ("Disk is 97 %", "critical", ["x"])
    client.alerts.update_alert_priority(
        **by_alias, update_alert_priority_payload=opsgenie_sdk.UpdateAlertPriorityPayload(priority="P3")
    )
    client.alerts.add_note(
        **by_alias,
        add_note_to_alert_payload=opsgenie_sdk.AddNoteToAlertPayload(note="Volume grown", user="olga"),
    )
    turn()
    assert Alert.objects.get().severity == "warning"
    assert not Event.objects.exclude(problem="").exists()


def test_it_waits_and_comes_back_when_it_is_too_much(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = next(gate for gate, _kind in GATES if gate.prefix == "/v2/alerts")
    answers, through = [gate.busy, gate.away], intake._through

    def at_first_busy(*given: Any) -> Answer:
        return answers.pop(0) if answers else through(*given)

    monkeypatch.setattr(intake, "_through", at_first_busy)
    client.create()
    assert answers == []
    assert Event.objects.count() == 1


def test_a_wrong_key_is_a_401(client: Client) -> None:
    client.transport.configuration.api_key["Authorization"] = "11111111-2222-3333-4444-555555555555"
    with pytest.raises(opsgenie_sdk.exceptions.AuthenticationException):
        client.create()
    assert not Event.objects.exists()


def test_a_heartbeat_hears_its_ping(client: Client) -> None:
    now = datetime.now(UTC)
    Heartbeat.objects.create(
        integration=Integration.objects.get(),
        name="backup job",
        slug=slug_of("backup job"),
        key_digest="x",
        key_sealed="x",
        period=timedelta(hours=1),
        grace=timedelta(minutes=5),
        created_at=now,
    )
    assert client.heartbeats.ping("backup job").result.startswith("PONG")
    assert client.heartbeats.ping("nobody/knows it").result.startswith("PONG")
    turn()
    assert [bool(event.notes) for event in Event.objects.order_by("pk")] == [False, True]
    assert Heartbeat.objects.get().state == HeartbeatState.UP
    told = client.heartbeats.get_heartbeat("backup job").data
    assert (told.name, told.enabled, told.expired, told.interval) == ("backup job", True, False, 60)
