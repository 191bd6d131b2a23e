"""Opsgenie's Alert API: paths, keys, what each call says, and the answers that its clients need."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.models import Alert, AlertState, Event
from alerts.processing import process_waiting
from alerts.sources.base import Parsed, Rejected, Stored
from alerts.sources.opsgenie import ids, paths
from alerts.sources.opsgenie.parser import _VERBS, read
from alerts.sources.opsgenie.query import condition
from alerts.sources.registry import GATES, setup_html
from catalog.models import Service
from incidents.models import Incident
from tests.alerts.test_sources_contract import anything, check_storable
from tests.making import make_integration

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)


def said(body: object, *, verb: str = "create", **context: Any) -> Parsed:
    text = "" if body is None else json.dumps(body)
    whole: Mapping[str, Any] = {"verb": verb, "alias": "al/1 x", **context}
    return read(Stored(text=text, received_at=NOW, context=whole))


# --- Paths


@pytest.mark.parametrize(
    ("method", "path", "verb", "identifier"),
    [
        ("POST", "", "create", ""),
        ("POST", "/", "create", ""),
        ("GET", "", "list", ""),
        ("GET", "count", "count", ""),
        ("GET", "requests/7", "request", "7"),
        ("GET", "al/1 x", "get", "al/1 x"),
        ("DELETE", "al/1 x", "delete", "al/1 x"),
        ("POST", "al/1 x/close", "close", "al/1 x"),
        ("POST", "close/close", "close", "close"),
        ("POST", "a/close/acknowledge", "acknowledge", "a/close"),
        ("POST", "/x/close", "close", "/x"),
        ("POST", "a\nb/close/", "close", "a\nb"),
        ("PUT", "al/1 x/priority", "priority", "al/1 x"),
        ("DELETE", "al/1 x/tags", "untag", "al/1 x"),
        ("POST", "a/b/actions/restart it", "actions", "a/b"),
    ],
)
def test_what_a_path_ends_with_says_what_is_asked(method: str, path: str, verb: str, identifier: str) -> None:
    asked = paths.alert_asked(method, path)
    assert asked is not None
    assert (asked.verb, asked.identifier) == (verb, identifier)


@pytest.mark.parametrize(("method", "path"), [("POST", "close"), ("POST", "a/attachments"), ("PUT", "a")])
def test_other_paths_ask_nothing(method: str, path: str) -> None:
    assert paths.alert_asked(method, path) is None


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
def test_a_heartbeats_name_may_hold_anything(method: str) -> None:
    asked = paths.heartbeat_asked(method, "team/backup job/ping/ping")
    assert asked == paths.Asked("ping", "team/backup job/ping")


# --- Ids


@given(st.integers(min_value=1, max_value=(1 << 63) - 1))
def test_a_requests_id_is_a_uuid_that_says_its_event_to_us_alone(number: int) -> None:
    made = ids.request_id(number)
    assert str(UUID(made)) == made
    assert ids.event_id(made) == number
    guessed = UUID(made).int ^ 1
    assert ids.event_id(str(UUID(int=guessed))) is None


@pytest.mark.parametrize("text", ["", "1", "x" * 40, "00000000-0000-0000-0000-000000000001", "é"])
def test_other_texts_are_no_requests(text: str) -> None:
    assert ids.event_id(text) is None


# --- What calls say


def test_a_create_is_read_whole() -> None:
    body = {
        "message": "Disk full",
        "description": "/var fills",
        "tags": ["env:prod", "disk"],
        "details": {"region": "eu", "alertname": "DiskFull"},
        "entity": "db1",
        "source": "https://monitor.example.org/1",
        "priority": "P2",
        "note": "Seen twice",
        "responders": [{"type": "team", "name": "ops"}],
    }
    trigger, note = said(body).signals
    assert (trigger.action, trigger.dedup_key, trigger.severity) == ("trigger", "al/1 x", "error")
    assert (trigger.component, trigger.rule) == ("db1", "DiskFull")
    assert trigger.labels == {"env": "prod", "disk": "disk", "region": "eu", "alertname": "DiskFull"}
    assert trigger.details["description"] == "/var fills"
    assert trigger.details["tags"] == ["env:prod", "disk"]
    assert trigger.links == [{"href": "https://monitor.example.org/1", "text": "Source"}]
    assert (note.action, note.summary) == ("note", "Seen twice")


@pytest.mark.parametrize(
    ("priority", "severity"),
    [("P1", "critical"), ("p2", "error"), ("P3", "warning"), ("P4", "info"), ("P5", "info"), (None, "error"),
     ("", "error"), ("urgent", "critical"), (7, "error"), (["P1"], "error")],
)  # fmt: skip
def test_priorities_are_severities_and_none_pages(priority: object, severity: str) -> None:
    assert said({"message": "x", "priority": priority}).signals[0].severity == severity


def test_a_long_message_is_cut_and_kept_whole() -> None:
    signal = said({"message": "é" * 5000}).signals[0]
    assert len(signal.summary) == 1024
    assert signal.details["summary_full"] == "é" * 5000


@pytest.mark.parametrize(
    ("verb", "body", "words"),
    [
        ("unacknowledge", {"user": "olga"}, "Unacknowledged by olga"),
        ("snooze", {"endTime": "2026-11-22T00:00:00Z", "user": "olga"}, "Snoozed until 2026-11-22T00:00:00Z by olga"),
        ("escalate", {"escalation": {"name": "second"}}, "Escalated to second"),
        ("assign", {"owner": {"username": "milan"}, "note": "yours"}, "Assigned to milan: yours"),
        ("responders", {"responder": {"type": "team", "name": "ops"}}, "Responder added: ops"),
        ("actions", {}, "Action run: restart"),
        ("notes", {"user": "olga", "note": "Grown"}, "olga: Grown"),
        ("notes", {"note": "Grown"}, "Grown"),
        ("untag", None, "Tags removed: a, b by olga"),
    ],
)  # fmt: skip
def test_what_has_no_state_here_is_told(verb: str, body: object, words: str) -> None:
    given_by_query = {"tags": "a,b", "user": "olga"} if verb == "untag" else {}
    found = said(body, verb=verb, name="restart" if verb == "actions" else "", given=given_by_query)
    assert [(signal.action, signal.summary) for signal in found.signals] == [("note", words)]


def test_updates_keep_the_severity_unless_that_is_what_is_new() -> None:
    for verb in ("message", "description", "tags", "details"):
        found = said({verb: "x"}, verb=verb).signals[0]
        assert (found.action, found.keeps_severity) == ("update", True)
    found = said({"priority": "P1"}, verb="priority").signals[0]
    assert (found.action, found.keeps_severity, found.severity) == ("update", False, "critical")


def test_acknowledging_and_closing_need_no_body() -> None:
    assert [signal.action for signal in said(None, verb="acknowledge").signals] == ["acknowledge"]
    assert [signal.action for signal in said(None, verb="close").signals] == ["resolve"]
    assert [signal.action for signal in said({"user": "olga"}, verb="close").signals] == ["note", "resolve"]


fields = st.sampled_from(
    ["message", "alias", "description", "priority", "tags", "details", "responders", "note", "user", "source",
     "entity", "owner", "escalation", "responder", "endTime", "actions", "keys"]
)  # fmt: skip
calls = st.sampled_from(sorted(_VERBS))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(fields, anything, max_size=8) | anything, calls)
def test_whatever_a_call_holds_is_read_and_can_be_stored(body: object, verb: str) -> None:
    check_storable(read(Stored(text=json.dumps(body), received_at=NOW, context={"verb": verb, "alias": "a"})))


# --- Over HTTP


class Door:
    def __init__(self, service: Service) -> None:
        self.row, self.key = make_integration(service, "opsgenie")

    def ask(self, path: str, method: str = "POST", body: object = None, **headers: str) -> HttpResponse:
        data = b"" if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"GenieKey {self.key}", **headers}
        answer: HttpResponse = Client().generic(  # type: ignore[assignment]
            method, path, data, content_type="application/json", headers=sent
        )
        return answer

    def json(self, path: str) -> Any:
        answer = self.ask(path, "GET")
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)["data"]

    def done(self, path: str, method: str = "POST", body: object = None) -> Any:
        """What became of a call, as its request's status says."""
        answer = self.ask(path, method, body)
        assert answer.status_code == 202, answer.content
        process_waiting(now=datetime.now(UTC))
        return self.json(f"/v2/alerts/requests/{json.loads(answer.content)['requestId']}")


@pytest.fixture
def door(service: Service) -> Door:
    return Door(service)


pytest_db = pytest.mark.django_db
BY_ALIAS = "?identifierType=alias"


@pytest_db
def test_everything_that_changes_something_is_a_202_without_a_message(door: Door) -> None:
    answer = door.ask("/v2/alerts", body={"message": "x"})
    body = json.loads(answer.content)
    assert answer.status_code == 202
    assert set(body) == {"result", "took", "requestId"}
    assert answer["X-Request-ID"] == body["requestId"]


@pytest_db
@pytest.mark.parametrize("way", ["GenieKey", "genieKey", "basic", "basic pair", "query", "uuid"])
def test_the_key_is_read_in_every_way_in_which_clients_send_it(door: Door, way: str) -> None:
    def basic(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    header = {
        "basic": basic(door.key),
        "basic pair": basic(f":{door.key}"),
        "query": "",
        "uuid": f"GenieKey {UUID(door.key)}",
    }.get(way, f"{way} {door.key}")
    path = "/v2/alerts" + (f"?apiKey={door.key}" if way == "query" else "")
    assert door.ask(path, body={"message": "x"}, Authorization=header).status_code == 202
    assert door.key not in str(Event.objects.values_list("body", "context"))


@pytest_db
@pytest.mark.parametrize(
    "header", ["", "GenieKey", "GenieKey x", "Basic !", "Basic /w==", "Bearer", "Digest x"]
)
def test_without_a_key_it_is_a_401(door: Door, header: str) -> None:
    answer = door.ask("/v2/alerts", body={"message": "x"}, Authorization=header)
    assert answer.status_code == 401
    assert set(json.loads(answer.content)) == {"message", "took", "requestId"}
    assert not Event.objects.exists()


@pytest_db
def test_what_is_missing_is_named_by_its_field(door: Door) -> None:
    for path, field in (("/v2/alerts", "message"), ("/v2/alerts/a/notes", "note")):
        answer = door.ask(path, body={})
        assert answer.status_code == 422
        assert list(json.loads(answer.content)["errors"]) == [field]
    assert door.ask("/v2/alerts", body=[]).status_code == 400
    assert not Event.objects.exists()


@pytest_db
def test_an_alert_lives_through_its_calls(door: Door) -> None:
    alias = "/v2/alerts/al%2F1%20x"
    assert door.done("/v2/alerts", body={"message": "Disk full", "alias": "al/1 x", "priority": "P1"})[
        "isSuccess"
    ]
    assert door.done(f"{alias}/tags{BY_ALIAS}", body={"tags": ["a"]})["isSuccess"]
    assert door.done(f"{alias}/tags{BY_ALIAS}", body={"tags": ["b"]})["isSuccess"]
    assert door.done(f"{alias}/message{BY_ALIAS}", "PUT", {"message": "Disk fuller"})["isSuccess"]
    shown = door.json(alias + BY_ALIAS)
    assert (shown["message"], shown["tags"], shown["priority"]) == ("Disk fuller", ["a", "b"], "P1")
    assert door.done(f"/v2/alerts/{shown['id']}/notes", body={"note": "Grown"})["status"] == "Added note"
    tiny = f"/v2/alerts/{shown['tinyId']}/acknowledge?identifierType=tiny"
    assert door.done(tiny, body={})["status"] == "Acknowledged alert"
    assert door.json(alias + BY_ALIAS)["acknowledged"] is True
    assert door.done(f"{alias}/close{BY_ALIAS}")["alertId"] == shown["id"]
    assert door.json(alias + BY_ALIAS)["status"] == "closed"
    assert door.done(f"{alias}/close{BY_ALIAS}")["status"] == "Alert does not exist"
    assert Alert.objects.get().state == AlertState.RESOLVED


@pytest_db
def test_the_curls_of_the_setup_page_are_accepted(door: Door) -> None:
    html = setup_html("opsgenie", base_url="https://tocsin.example", key=door.key)
    first, second = (json.loads(body) for body in re.findall(r"-d '(\{.*?\})'</code>", html, re.DOTALL))
    assert door.done("/v2/alerts", body=first)["isSuccess"]
    assert "/v2/alerts/db1%2Fdisk/close?identifierType=alias" in html
    assert door.done(f"/v2/alerts/db1%2Fdisk/close{BY_ALIAS}", body=second)["isSuccess"]


@pytest_db
def test_what_was_said_stands_on_the_incidents_timeline(door: Door) -> None:
    door.done("/v2/alerts", body={"message": "Disk full", "alias": "a"})
    by = {"user": "olga", "note": "I grow it"}
    door.done(f"/v2/alerts/a/acknowledge{BY_ALIAS}", body=by)
    door.done(f"/v2/alerts/a/assign{BY_ALIAS}", body={"owner": {"username": "milan"}})
    texts = " | ".join(Incident.objects.get().timeline.values_list("text", flat=True))
    assert "Acknowledged by olga: I grow it" in texts
    assert "Assigned to milan" in texts
    assert Incident.objects.get().state == "acknowledged"


@pytest_db
def test_alerts_without_an_alias_are_each_their_own(door: Door) -> None:
    first, second = (door.done("/v2/alerts", body={"message": "Backup did not run"}) for _ in range(2))
    assert first["alias"] != second["alias"]
    assert door.done(f"/v2/alerts/{first['alertId']}/close")["isSuccess"]
    assert Alert.objects.open().get().dedup_key == second["alias"]


@pytest_db
def test_a_request_is_not_known_before_it_is_worked_through_nor_to_others(
    door: Door, service: Service
) -> None:
    made = json.loads(door.ask("/v2/alerts", body={"message": "x"}).content)["requestId"]
    path = f"/v2/alerts/requests/{made}"
    assert door.ask(path, "GET").status_code == 404
    process_waiting(now=datetime.now(UTC))
    assert door.ask(path, "GET").status_code == 200
    assert Door(service).ask(path, "GET").status_code == 404
    assert door.ask("/v2/alerts/requests/r1", "GET").status_code == 404


@pytest_db
def test_another_integrations_alerts_are_neither_seen_nor_changed(door: Door, service: Service) -> None:
    made = door.done("/v2/alerts", body={"message": "x", "alias": "a"})
    stranger = Door(service)
    for path in (
        f"/v2/alerts/{made['alertId']}",
        "/v2/alerts/a?identifierType=alias",
        "/v2/alerts/1?identifierType=tiny",
    ):
        assert stranger.ask(path, "GET").status_code == 404
    told = stranger.done(f"/v2/alerts/{made['alertId']}/close")
    assert (told["isSuccess"], told["alertId"]) == (False, "")
    assert stranger.json("/v2/alerts") == []
    assert Alert.objects.get().state == AlertState.OPEN


@pytest_db
def test_lists_are_paged_sorted_and_searched(door: Door) -> None:
    for number in range(5):
        door.ask("/v2/alerts", body={"message": f"Disk {number}", "alias": f"a{number}", "tags": [f"t{number}"],
                                     "entity": "db", "priority": f"P{number + 1}"})  # fmt: skip
    process_waiting(now=datetime.now(UTC))

    def aliases(query: str, **more: object) -> list[str]:
        asked = "&".join(f"{name}={value}" for name, value in more.items())
        return [each["alias"] for each in door.json(f"/v2/alerts?query={query}&{asked}")]

    assert aliases("", limit=2, offset=1, sort="alias", order="asc") == ["a1", "a2"]
    assert aliases("tag:t3") == ["a3"]
    assert aliases("alias%3Aa4 status:open") == ["a4"]
    assert aliases("NOT alias:a* AND status:open") == []
    assert aliases('message:"Disk 2"') == ["a2"]
    assert aliases("priority=P1 entity:db") == ["a0"]
    assert sorted(aliases("disk")) == ["a0", "a1", "a2", "a3", "a4"]
    assert door.json("/v2/alerts/count?query=status:closed") == {"count": 0}


@pytest.mark.parametrize("query", ["a:b OR c:d", "owner:x", "(", "status:broken", "priority:P9", "x" * 1001])
def test_a_query_that_is_not_understood_says_where(query: str) -> None:
    with pytest.raises(Rejected) as caught:
        condition(query)
    assert caught.value.status == 422


@given(st.text(max_size=60))
def test_any_query_is_understood_or_refused(query: str) -> None:
    with suppress(Rejected):
        condition(query)


def test_beyond_the_limit_and_without_database_clients_are_told_to_come_again() -> None:
    for gate in (gate for gate, kind in GATES if kind.name == "opsgenie"):
        assert (gate.busy.status, gate.away.status) == (429, 503)
        assert gate.busy.headers["Retry-After"]
        assert gate.away.headers["Retry-After"]
