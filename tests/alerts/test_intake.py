"""The doors where tools post, over HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.db import DataError, InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg_pool import PoolTimeout

from accounts.models import User
from alerts import keys
from alerts.actions.integrations import renew_key, set_enabled
from alerts.models import Alert, Event, Integration
from alerts.processing import process_waiting, waiting
from alerts.views import intake
from catalog.models import Change, Service
from incidents.models import Incident
from lib.secrets import digest
from tests.alerts.payloads import raw
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
MOST = 512_000


class Door:
    """An integration, and a client that posts to it."""

    def __init__(self, service: Service, kind: str) -> None:
        self.row, self.key = make_integration(service, kind)
        self.kind = kind
        word = {"alertmanager": "alertmanager", "generic": "json"}.get(kind)
        self.path = f"/in/{word}/{self.key}" if word else "/v2/enqueue"

    def post(self, body: Any, path: str = "", **headers: str) -> HttpResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        kind = headers.pop("Content-Type")
        answer: HttpResponse = Client().post(path or self.path, data, content_type=kind, headers=headers)  # type: ignore[assignment]
        return answer

    def event(self, action: str | None = "trigger", **fields: Any) -> dict[str, Any]:
        payload = {"summary": "Disk is full", "source": "db1", "severity": "critical"}
        body = {
            "routing_key": self.key,
            "event_action": action,
            "dedup_key": "srv01/mysql",
            "payload": payload,
        }
        return body | fields

    def any_event(self, text: str) -> dict[str, Any]:
        """A trigger of this kind with that text in every field that takes any."""
        if self.kind == "pagerduty":
            payload: dict[str, Any] = {"severity": "critical", "custom_details": {text: text}}
            payload.update(dict.fromkeys(("summary", "source", "component", "group", "class"), text))
            links = [{"href": text, "text": text}, {"href": "https://ok.example/", "text": text}]
            return self.event(payload=payload, links=links, client=text, client_url=text, dedup_key=text)
        if self.kind == "alertmanager":
            labels = dict.fromkeys(("alertname", "instance", "severity", "job"), text)
            annotations = dict.fromkeys(("summary", "description", "runbook_url"), text)
            alert = {"status": "firing", "labels": labels, "annotations": annotations, "generatorURL": text}
            return {"status": "firing", "alerts": [alert], "externalURL": text, "receiver": text}
        fields = ("summary", "source", "service", "severity", "dedup_key", "url", "anything")
        return dict.fromkeys(fields, text) | {"details": {text: text}}


@pytest.fixture
def door(service: Service) -> Door:
    return Door(service, "pagerduty")


@pytest.fixture(params=["pagerduty", "alertmanager", "generic"])
def any_door(request: pytest.FixtureRequest, service: Service) -> Door:
    return Door(service, request.param)


def turn() -> None:
    process_waiting(now=NOW)
    assert waiting() == []


def stored() -> str:
    """Everything that is kept of events and alerts, as text."""
    events = Event.objects.values_list("body", "dedup_key", "problem", "notes")
    alerts = Alert.objects.values_list("summary", "source", "dedup_key", "details", "links")
    return str([*events, *alerts])


# --- What is answered, to the letter


def test_an_accepted_event_is_answered_as_pagerduty_does(door: Door) -> None:
    answer = door.post(door.event())
    assert answer.status_code == 202
    assert json.loads(answer.content) == {
        "status": "success",
        "message": "Event processed",
        "dedup_key": "srv01/mysql",
    }
    assert answer["Content-Type"] == "application/json"


def test_a_trigger_without_a_key_is_told_the_one_that_it_got(door: Door) -> None:
    made = json.loads(door.post(door.event(dedup_key=None)).content)["dedup_key"]
    turn()
    assert made
    assert Alert.objects.get().dedup_key == made


def test_a_short_routing_key_is_refused_in_pagerdutys_words(door: Door) -> None:
    answer = door.post(door.event(routing_key="0" * 31))
    assert answer.status_code == 400
    assert json.loads(answer.content) == {
        "status": "invalid event",
        "message": "Event object is invalid",
        "errors": ["Length of 'routing_key' is incorrect (should be 32 characters)"],
    }


@pytest.mark.parametrize("body", [b"", b"   ", b"{", b'{"routing_key": "0', b"\xff\xfe\xfd", b"[" * 90_000])
def test_what_is_not_json_is_refused_in_pagerdutys_words(door: Door, body: bytes) -> None:
    answer = door.post(body)
    assert answer.status_code == 400
    said = json.loads(answer.content)
    assert said.pop("detail")
    assert said == {
        "status": "Unrecognized object",
        "message": "Event object format is unrecognized",
        "errors": ["JSON parse error"],
    }


@pytest.mark.parametrize("missing", ["routing_key", "event_action", "payload"])
def test_what_is_missing_is_named(door: Door, missing: str) -> None:
    answer = door.post(door.event(**{missing: None}))
    assert answer.status_code == 400
    errors = json.loads(answer.content)["errors"]
    assert errors == [f"'{missing}' is missing or blank"]
    assert not Event.objects.exists()


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_an_unknown_alert_can_be_acknowledged_and_resolved(door: Door, action: str) -> None:
    assert door.post(door.event(action, payload=None)).status_code == 202
    turn()
    assert not Incident.objects.exists()
    assert Event.objects.get().notes == [f"nothing open to {action} under srv01/mysql"]


def test_a_change_is_accepted_and_noted(door: Door, service: Service) -> None:
    answer = door.post(
        {"routing_key": door.key, "payload": {"summary": "Deployed 4.2"}}, path="/v2/change/enqueue"
    )
    assert (answer.status_code, json.loads(answer.content)) == (
        202,
        {"status": "success", "message": "Event processed"},
    )
    turn()
    assert Change.objects.get().summary == "Deployed 4.2"


def test_alertmanager_and_json_are_answered_202(any_door: Door) -> None:
    answer = any_door.post(any_door.any_event("x"))
    assert answer.status_code == 202
    assert json.loads(answer.content)["status"] == "success"


# --- Where


@pytest.mark.parametrize(
    "path",
    ["/v2/enqueue/", "/v2/", "/v2/enqueue/x", "/v2/change/", "/in/", "/in/json/", "/in/json/a/b", "/in/x/y"],
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "head", "options"])
def test_other_paths_are_a_404_in_json_and_never_redirect(db: None, path: str, method: str) -> None:
    answer = getattr(Client(), method)(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"
    if method != "head":
        assert "Copy it anew" in json.loads(answer.content)["message"]


@pytest.mark.parametrize(
    "path", ["/v2/enqueue", "/v2/change/enqueue", "/in/json/abc", "/in/alertmanager/abc"]
)
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_only_post_is_understood(db: None, path: str, method: str) -> None:
    answer = getattr(Client(), method)(path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_door_asks_for_no_cookie_no_csrf_token_and_no_known_host(any_door: Door) -> None:
    client = Client(enforce_csrf_checks=True)
    body = json.dumps(any_door.any_event("x"))
    answer = client.post(
        any_door.path, body, content_type="text/plain", headers={"Host": "10.1.2.3", "Origin": "https://evil"}
    )
    assert answer.status_code == 202
    assert not answer.cookies


# --- Who


def test_an_unknown_routing_key_is_refused_and_not_repeated(door: Door) -> None:
    key = "f" * 32
    answer = door.post(door.event(routing_key=key))
    assert answer.status_code == 400
    assert json.loads(answer.content)["errors"] == ["'routing_key' is not the key of an integration here"]
    assert key not in answer.content.decode()


@pytest.mark.parametrize("path", ["/in/json/", "/in/alertmanager/"])
@pytest.mark.parametrize("key", ["f" * 32, "x", "%00", "%ff", "ключ", "..%2f..", "a" * 3000])
def test_an_unknown_key_in_the_path_is_a_404_that_does_not_repeat_it(db: None, path: str, key: str) -> None:
    answer = Client().post(path + key, b"{}", content_type="application/json")
    assert answer.status_code == 404
    assert key not in answer.content.decode() or key == "x"


def test_a_key_opens_only_the_door_of_its_kind(door: Door, service: Service) -> None:
    generic = Door(service, "generic")
    assert door.post({"summary": "x"}, path=f"/in/json/{door.key}").status_code == 404
    assert door.post({"alerts": []}, path=f"/in/alertmanager/{generic.key}").status_code == 404
    assert door.post(door.event(routing_key=generic.key)).status_code == 400
    assert not Event.objects.exists()


def test_a_disabled_integration_takes_nothing_until_it_is_enabled(any_door: Door, owner: User) -> None:
    body = any_door.any_event("x")
    assert any_door.post(body).status_code == 202
    set_enabled(actor=owner, integration=any_door.row, enabled=False, now=NOW)
    assert any_door.post(body).status_code in (400, 404)
    set_enabled(actor=owner, integration=any_door.row, enabled=True, now=NOW)
    assert any_door.post(body).status_code == 202
    assert Event.objects.count() == 2


def test_an_old_key_stops_working_when_it_was_renewed(door: Door, owner: User) -> None:
    new = renew_key(actor=owner, integration=door.row)
    assert door.post(door.event()).status_code == 400
    assert door.post(door.event(routing_key=new)).status_code == 202


def test_a_process_that_heard_of_nothing_forgets_an_old_key_within_seconds(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.post(door.event()).status_code == 202
    Integration.objects.update(disabled_at=NOW)
    assert door.post(door.event()).status_code == 202
    later = time.monotonic() + keys.FRESH_FOR
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert door.post(door.event()).status_code == 400


def test_the_key_is_kept_nowhere(any_door: Door) -> None:
    body = any_door.any_event(f"see {any_door.key}")
    assert any_door.post(body).status_code == 202
    turn()
    assert Event.objects.exclude(problem="").count() == 0
    assert Alert.objects.count() == 1
    assert any_door.key not in stored()


def test_a_key_that_hides_behind_escapes_is_not_kept_either(door: Door) -> None:
    hidden = "".join(f"\\u{ord(each):04X}" for each in door.key)
    body = json.dumps(door.event()).replace(door.key, hidden)
    assert door.post(body.encode()).status_code == 202
    turn()
    assert Alert.objects.get().summary == "Disk is full"
    assert hidden not in stored()
    assert door.key not in stored()


def test_the_door_is_found_without_a_query_when_it_is_known(
    door: Door, django_assert_num_queries: Any
) -> None:
    door.post(door.event())
    with django_assert_num_queries(1):
        door.post(door.event())


# --- What is stored, and when


@pytest.mark.django_db(transaction=True)
def test_what_was_answered_202_is_committed(any_door: Door) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(Event.objects.count())
        connection.close()

    assert any_door.post(any_door.any_event("x")).status_code == 202
    thread = threading.Thread(target=look)
    thread.start()
    thread.join(timeout=10)
    assert seen == [1]


def test_the_body_is_stored_as_it_came(any_door: Door) -> None:
    body = json.dumps(any_door.any_event("ünïcode 試"), ensure_ascii=False, indent=3)
    assert any_door.post(body.encode()).status_code == 202
    assert Event.objects.get().body == body.replace(any_door.key, "…")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_of_json_are_read(any_door: Door, encoding: str) -> None:
    body = json.dumps(any_door.any_event("Größe 試"), ensure_ascii=False)
    assert any_door.post(body.encode(encoding)).status_code == 202
    turn()
    assert "Größe 試" in Alert.objects.get().summary


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, PoolTimeout, DataError])
@pytest.mark.parametrize("name", ["accept", "keys.door"])
def test_without_database_the_sender_is_asked_to_come_again(
    any_door: Door, name: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error("the database is away; password=hunter2")

    monkeypatch.setattr(f"{intake.__name__}.{name}", fail)
    answer = any_door.post(any_door.any_event("x"))
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "hunter2" not in answer.content.decode()
    assert not Event.objects.exists()


def test_a_dead_broker_changes_nothing(any_door: Door, settings: Any) -> None:
    from lib import wake  # noqa: PLC0415 - its connection is remade around this test

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    wake.client.cache_clear()
    try:
        assert any_door.post(any_door.any_event("x")).status_code == 202
    finally:
        wake.client.cache_clear()
        wake._silent_until = 0.0


# --- Bounds


def sized(door: Door, size: int) -> bytes:
    body = json.dumps(door.any_event("x") | {"padding": ""}).encode()
    return body[:-2] + b"x" * (size - len(body)) + body[-2:]


def test_the_limit_is_512000_bytes(any_door: Door) -> None:
    assert any_door.post(sized(any_door, MOST)).status_code == 202
    answer = any_door.post(sized(any_door, MOST + 1))
    assert answer.status_code == 413
    assert "512000" in answer.content.decode()
    assert Event.objects.count() == 1


@pytest.mark.parametrize("length", [str(10**12), "9" * 5000])
def test_a_body_that_says_that_it_is_too_large_is_not_even_read(any_door: Door, length: str) -> None:
    answer = Client().post(any_door.path, b"{}", content_type="application/json", CONTENT_LENGTH=length)
    assert answer.status_code in (413, 404)  # a key in the path is looked at first


@pytest.mark.parametrize(("size", "status"), [(0, 202), (MOST, 202), (MOST + 1, 413), (3 * MOST, 413)])
def test_a_body_in_chunks_is_read_as_far_as_is_accepted(any_door: Door, size: int, status: int) -> None:
    body = sized(any_door, size) if size else json.dumps(any_door.any_event("x")).encode()
    extra: dict[str, Any] = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": ""}
    headers = {"Transfer-Encoding": "chunked"}
    answer = Client().post(any_door.path, b"", content_type="text/plain", headers=headers, **extra)
    assert answer.status_code == status


def test_a_body_that_ends_early_is_refused(any_door: Door) -> None:
    body = json.dumps(any_door.any_event("x")).encode()[:-5]
    assert any_door.post(body).status_code == 400
    assert not Event.objects.exists()


def test_deep_nesting_is_refused(any_door: Door) -> None:
    deep: Any = "x"
    for _ in range(60):
        deep = {"a": deep}
    answer = any_door.post(any_door.any_event("x") | {"details": deep})
    assert answer.status_code == 400
    assert "nested" in answer.content.decode()


def test_long_texts_are_kept_whole_in_the_details(any_door: Door) -> None:
    long = "disk " * 2000
    assert any_door.post(any_door.any_event(long)).status_code == 202
    turn()
    alert = Alert.objects.get()
    assert len(alert.summary) <= 1024
    assert alert.details["summary_full"].strip() == long.strip()
    assert len(alert.dedup_key) <= 255
    assert len(Incident.objects.get().title) <= 300


def test_nul_bytes_and_half_characters_cost_nothing(any_door: Door) -> None:
    body = json.dumps(any_door.any_event("a\x00b\ud800c")).encode()
    assert b"\\u0000" in body
    assert any_door.post(body).status_code == 202
    assert any_door.post(body.replace(b"\\u0000", b"\x00")).status_code == 202
    turn()
    assert Event.objects.filter(problem="").count() == 2
    alert = Alert.objects.get()
    assert "abc" in alert.summary
    assert alert.count == 2


def test_unknown_fields_and_nulls_are_no_reason_to_refuse(door: Door) -> None:
    payload: dict[str, Any] = {
        "summary": "",
        "source": "",
        "severity": None,
        "timestamp": [],
        "class": 7,
        "new": {},
    }
    body = door.event(payload=payload, links=None, images=None, client=None, unheard_of=[1, None])
    assert door.post(body).status_code == 202
    turn()
    assert Alert.objects.get().severity == "error"


@pytest.mark.parametrize(
    "timestamp",
    [
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        "2999-01-01",
        "tomorrow",
        1e300,
        -1,
    ],
)
def test_a_strange_time_becomes_the_time_of_arrival(door: Door, timestamp: object) -> None:
    payload = {"summary": "x", "source": "y", "severity": "error", "timestamp": timestamp}
    assert door.post(door.event(payload=payload)).status_code == 202
    turn()
    event, alert = Event.objects.get(), Alert.objects.get()
    assert alert.started_at == event.received_at
    assert Incident.objects.get().started_at == event.received_at


def test_pagerdutys_own_timestamp_is_read(door: Door) -> None:
    payload = {
        "summary": "x",
        "source": "y",
        "severity": "error",
        "timestamp": "2015-07-17T08:42:58.315+0000",
    }
    door.post(door.event(payload=payload))
    turn()
    assert Alert.objects.get().started_at.isoformat() == "2015-07-17T08:42:58.315000+00:00"


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{ 7|add:1234560 }}{% load x %}",
    "</pre></textarea><svg/onload=alert(1)>",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_stored_as_it_is_and_rendered_inert(
    any_door: Door, text: str, admin: User, browser_of: Callable[[User], Client]
) -> None:
    assert any_door.post(any_door.any_event(text)).status_code == 202
    turn()
    alert, event = Alert.objects.get(), Event.objects.get()
    assert json.loads(event.body)
    assert text in alert.summary
    number = alert.incident_id
    browser = browser_of(admin)
    for path in (
        "/integrations/",
        f"/integrations/{any_door.row.pk}/",
        f"/integrations/{any_door.row.pk}/events/{event.pk}/",
        f"/alerts/{alert.pk}/",
        f"/incidents/{number}/alerts/",
        f"/incidents/{number}/alerts/panel/",
    ):
        answer = browser.get(path)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<svg/onload" not in page
        assert 'href="javascript:' not in page.lower()
        assert "1234567" not in page
    raw_body = browser.get(f"/integrations/{any_door.row.pk}/events/{event.pk}/body/")
    assert raw_body["Content-Type"] == "text/plain; charset=utf-8"
    assert raw_body["X-Content-Type-Options"] == "nosniff"


# --- What real clients send


ALERTMANAGER = {"User-Agent": "Alertmanager/0.25.0"}
PYTHON = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "User-Agent": "python-pagerduty/7.2.0 httpx2/2.16.2 Python/3.11",
}
PDPYRAS = PYTHON | {"User-Agent": "pdpyras/5.4.1 python-requests/2.34.2 Python/3.11"}
APPRISE = PYTHON | {"User-Agent": "Apprise"}
REAL = [
    ("alertmanager_firing", "/in/alertmanager/{key}", ALERTMANAGER, 202),
    ("alertmanager_resolved", "/in/alertmanager/{key}", ALERTMANAGER, 202),
    ("alertmanager_truncated", "/in/alertmanager/{key}", ALERTMANAGER, 202),
    ("generic_apprise", "/in/json/{key}", APPRISE, 202),
    ("pagerduty_alertmanager_resolve", "/v2/enqueue", ALERTMANAGER, 202),
    ("pagerduty_alertmanager_trigger", "/v2/enqueue", ALERTMANAGER, 202),
    ("pagerduty_pdpyras_change", "/v2/change/enqueue", PDPYRAS, 202),
    ("pagerduty_pdpyras_trigger", "/v2/enqueue", PDPYRAS, 202),
    ("pagerduty_python_acknowledge", "/v2/enqueue", PYTHON, 202),
    ("pagerduty_python_resolve", "/v2/enqueue", PYTHON, 202),
    ("pagerduty_python_short_key", "/v2/enqueue", PYTHON, 400),
    ("pagerduty_python_trigger", "/v2/enqueue", PYTHON, 202),
    ("pagerduty_python_trigger_without_key", "/v2/enqueue", PYTHON, 202),
]


@pytest.mark.parametrize(("name", "path", "headers", "status"), REAL, ids=[each[0] for each in REAL])
def test_what_a_real_client_sent_is_accepted(
    name: str, path: str, headers: dict[str, str], status: int, service: Service
) -> None:
    """The recorded bytes with their recorded headers; the integration has the key that the client used."""
    door = Door(service, name.split("_")[0])
    body = raw(name)
    used = json.loads(body).get("routing_key") if door.kind == "pagerduty" else door.key
    Integration.objects.update(key_digest=digest(used))
    answer = door.post(body, path=path.format(key=used), **headers)
    assert answer.status_code == status
    turn()
    assert not Event.objects.exclude(problem="").exists()
    if status == 202:
        assert Event.objects.count() == 1
        assert "dedup_key" in json.loads(answer.content) or not path.endswith("/v2/enqueue")


def test_alertmanagers_group_fires_and_ends(service: Service) -> None:
    door = Door(service, "alertmanager")
    door.post(raw("alertmanager_firing"))
    turn()
    assert Incident.objects.get().is_open
    door.post(raw("alertmanager_resolved"))
    turn()
    assert not Alert.objects.open().filter(dedup_key__in=_fingerprints("alertmanager_resolved")).exists()


def _fingerprints(name: str) -> list[str]:
    return [alert["fingerprint"] for alert in json.loads(raw(name))["alerts"]]


# --- Anything at all

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
envelope = st.fixed_dictionaries(
    {"event_action": st.sampled_from(["trigger", "acknowledge", "resolve"])},
    optional={
        "dedup_key": anything,
        "payload": st.fixed_dictionaries(
            {"summary": anything, "source": anything, "severity": anything},
            optional={"timestamp": anything, "custom_details": anything, "class": anything},
        ),
        "links": anything,
        "images": anything,
        "alerts": st.lists(
            anything | st.fixed_dictionaries({"labels": anything, "status": anything}), max_size=3
        ),
        "summary": anything,
        "status": anything,
        "details": anything,
    },
)
fuzz = hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def answered(door: Door, body: bytes, path: str = "") -> None:
    answer = door.post(body, path=path)
    assert answer.status_code in (202, 400, 413)
    assert json.loads(answer.content)
    turn()
    assert not Event.objects.exclude(problem="").exists()


@fuzz
@given(body=st.binary(max_size=300))
def test_any_bytes_are_answered(any_door: Door, body: bytes) -> None:
    answered(any_door, body)


@fuzz
@given(body=anything | envelope)
def test_any_json_is_answered_and_what_was_accepted_is_processed(any_door: Door, body: Any) -> None:
    if isinstance(body, dict):
        body = {"routing_key": any_door.key, **body}
    answered(any_door, json.dumps(body).encode())


@fuzz
@given(payload=anything, extra=st.dictionaries(st.text(max_size=10), anything, max_size=3))
def test_any_change_is_answered(door: Door, payload: Any, extra: dict[str, Any]) -> None:
    if isinstance(payload, dict):
        payload = {"summary": payload, **payload}
    body: dict[str, Any] = {**extra, "routing_key": door.key, "payload": payload}
    answered(door, json.dumps(body).encode(), "/v2/change/enqueue")
