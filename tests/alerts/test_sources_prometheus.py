"""Alertmanager's API: when an alert fires and ends, who it is, and what matchers and silences mean."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from alerts.due import work_due
from alerts.models import Alert, AlertState, EndedBy, Event, Mute
from alerts.processing import process_waiting
from alerts.sources.alertmanager.reading import fingerprint
from alerts.sources.base import Signal
from alerts.sources.prometheus import matchers, parser
from alerts.sources.registry import setup_html
from catalog.models import Service
from tests.alerts.records import records
from tests.alerts.test_sources_contract import anything, check_storable
from tests.making import make_integration

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
LABELS = {"alertname": "DiskFull", "instance": "db1", "severity": "critical"}
ZERO = "0001-01-01T00:00:00.000Z"


def signal_of(**fields: Any) -> Signal:
    (signal,) = parser.parse([{"labels": LABELS, **fields}], received_at=NOW).signals
    return signal


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


@pytest.mark.parametrize(
    ("ends", "action", "expires"),
    [
        (ago(minutes=-4), "trigger", NOW + timedelta(minutes=4)),
        (ago(days=-400), "trigger", NOW + timedelta(days=400)),
        (ago(minutes=1), "resolve", None),
        (ago(seconds=0), "resolve", None),
        (ZERO, "trigger", NOW + timedelta(minutes=5)),
        ("0001-01-01T00:00:00Z", "trigger", NOW + timedelta(minutes=5)),
        (None, "trigger", NOW + timedelta(minutes=5)),
        ("soon", "trigger", NOW + timedelta(minutes=5)),
        ({}, "trigger", NOW + timedelta(minutes=5)),
    ],
)
def test_an_end_to_come_is_no_end(ends: object, action: str, expires: datetime | None) -> None:
    signal = signal_of(endsAt=ends)
    assert (signal.action, signal.expires_at) == (action, expires)


def test_times_are_those_of_the_condition() -> None:
    assert signal_of(startsAt=ago(minutes=9), endsAt=ago(minutes=-1)).happened_at == NOW - timedelta(
        minutes=9
    )
    assert signal_of(startsAt=ago(minutes=9), endsAt=ago(minutes=1)).happened_at == NOW - timedelta(minutes=1)
    assert signal_of(startsAt=ZERO).happened_at == NOW


def test_the_labels_are_the_identity_and_empty_ones_are_none() -> None:
    # What Alertmanager 0.25 called these label sets.
    assert fingerprint(LABELS) == "e94c744ae3d44df8"
    assert fingerprint({**LABELS, "instance": "db2"}) == "a4bfbbb5189da787"
    assert fingerprint(dict(reversed(LABELS.items())) | {"empty": ""}) == "e94c744ae3d44df8"
    assert signal_of(labels=LABELS | {"empty": ""}).details["labels"] == LABELS
    assert signal_of(annotations={"summary": "other"}).dedup_key == "e94c744ae3d44df8"


@pytest.mark.parametrize("odd", [None, 1, "x", [], {}, {"labels": {}}, {"labels": {"a": ""}}, {"labels": []}])
def test_what_has_no_labels_is_left_out_and_named(odd: object) -> None:
    found = parser.parse([odd, {"labels": LABELS}], received_at=NOW)
    assert len(found.signals) == 1
    assert found.notes == ("alert 0: at least one label pair required",)


fields = st.sampled_from(["labels", "annotations", "startsAt", "endsAt", "generatorURL"])
labels = st.dictionaries(
    st.sampled_from(["alertname", "severity", "instance", "a", ""]), anything, max_size=4
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(fields, anything | labels, max_size=5) | anything, max_size=3) | anything)
def test_whatever_is_posted_is_read_and_can_be_stored(body: object) -> None:
    found = parser.parse(body, received_at=NOW)
    check_storable(found)
    assert len(found.signals) + len(found.notes) == len(parser.alerts_of(body))


# --- What Debian's Prometheus 2.42 sent, read at the moment at which it came


def test_a_recorded_prometheus_fires_is_over_and_repeats_its_end() -> None:
    told: list[tuple[str, str]] = []
    for record in records("prometheus"):
        if record.name.startswith("captured_prometheus"):
            [alert] = record.body
            # It posts within a second of the evaluation that a firing alert's end is told from.
            ends = datetime.fromisoformat(alert["endsAt"])
            for received_at in (ends - timedelta(seconds=20), ends + timedelta(seconds=20)):
                [signal] = parser.parse(record.body, received_at=received_at).signals
                told.append((signal.dedup_key, signal.action))
    assert {action for _key, action in told} == {"trigger", "resolve"}
    assert len({key for key, _action in told}) == 1
    assert len(told) > 20


# --- Over HTTP

pytest_db = pytest.mark.django_db


class Door:
    def __init__(self, service: Service) -> None:
        self.row, self.key = make_integration(service, "prometheus")

    def ask(self, path: str, method: str = "GET", body: object = None, **query: Any) -> HttpResponse:
        data = b"" if body is None else json.dumps(body).encode()
        answer: HttpResponse = Client().generic(  # type: ignore[assignment]
            method, f"/am/{self.key}/{path}", data, content_type="application/json", query_params=query
        )
        return answer

    def post(self, *alerts: object) -> HttpResponse:
        answer = self.ask("api/v2/alerts", "POST", list(alerts))
        process_waiting(now=datetime.now(UTC))
        return answer

    def silence(self, **fields: object) -> HttpResponse:
        now = datetime.now(UTC)
        whole = {
            "matchers": [{"name": "alertname", "value": "DiskFull", "isRegex": False, "isEqual": True}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "Olga",
            "comment": "Disk is being replaced",
        }
        return self.ask("api/v2/silences", "POST", whole | fields)


@pytest.fixture
def door(service: Service) -> Door:
    return Door(service)


@pytest_db
def test_good_alerts_are_stored_before_bad_ones_are_refused(door: Door) -> None:
    answer = door.post({"labels": {}}, {"labels": LABELS})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert json.loads(answer.content) == "alert 0: at least one label pair required"
    assert Alert.objects.count() == 1
    assert door.post({"labels": {}}).status_code == 400
    assert Event.objects.count() == 1


@pytest_db
@pytest.mark.parametrize("body", [{}, "x", None, 1])
def test_what_is_no_list_is_refused(door: Door, body: object) -> None:
    answer = door.ask("api/v2/alerts", "POST", body)
    assert answer.status_code == 400
    assert isinstance(json.loads(answer.content), str)
    assert not Event.objects.exists()


@pytest_db
def test_success_is_a_200_and_repeated_ends_change_nothing(door: Door) -> None:
    over = {"labels": LABELS, "endsAt": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
    assert [door.post(each).status_code for each in ({"labels": LABELS}, over, over)] == [200, 200, 200]
    assert [(alert.count, alert.state) for alert in Alert.objects.all()] == [(1, "resolved")]
    assert door.ask("api/v1/alerts", "POST", [{"labels": LABELS}]).content == b'{"status": "success"}'


@pytest_db
def test_alerts_are_found_by_flags_filters_and_receiver(door: Door, service: Service) -> None:
    door.post({"labels": LABELS}, {"labels": {"alertname": "Slow"}})

    def names(**query: Any) -> list[str]:
        found = json.loads(door.ask("api/v2/alerts", **query).content)
        return sorted(each["labels"]["alertname"] for each in found)

    assert names() == ["DiskFull", "Slow"]
    assert names(filter=['alertname="DiskFull"', "severity=~crit.*"]) == ["DiskFull"]
    assert names(filter=["severity="]) == ["Slow"]
    assert names(active="false") == []
    assert names(receiver=service.slug) == ["DiskFull", "Slow"]
    assert names(receiver="other.*") == []
    assert door.ask("api/v2/alerts", filter="alertname").status_code == 400
    assert door.ask("api/v2/alerts", filter="a=~(").status_code == 400
    [group] = json.loads(door.ask("api/v2/alerts/groups").content)
    assert len(group["alerts"]) == 2


@pytest_db
def test_another_integrations_alerts_are_not_seen(door: Door, service: Service) -> None:
    door.post({"labels": LABELS})
    assert json.loads(Door(service).ask("api/v2/alerts").content) == []


@pytest_db
def test_a_silence_covers_its_integration_and_is_changed_or_made_anew(door: Door) -> None:
    uid = json.loads(door.silence().content)["silenceID"]
    mute = Mute.objects.get()
    own = {"field": "integration_id", "op": "=", "value": str(door.row.pk)}
    assert mute.matchers == [own, {"field": "labels.alertname", "op": "=", "value": "DiskFull"}]
    starts = json.loads(door.ask(f"api/v2/silence/{uid}").content)["startsAt"]
    assert json.loads(door.silence(id=uid, startsAt=starts, comment="Longer").content)["silenceID"] == uid
    other = [{"name": "alertname", "value": "Slow", "isRegex": False}]
    new = json.loads(door.silence(id=uid, matchers=other).content)["silenceID"]
    assert new != uid
    assert json.loads(door.ask(f"api/v2/silence/{uid}").content)["status"]["state"] == "expired"
    assert door.ask(f"api/v2/silence/{new}", "DELETE").status_code == 200
    assert door.ask(f"api/v2/silence/{new}", "DELETE").status_code == 200
    assert Mute.objects.filter(ended_at=None).count() == 0


@pytest_db
@pytest.mark.parametrize(
    "fields",
    [
        {"matchers": []},
        {"matchers": None},
        {"matchers": [{"name": "a", "value": ""}]},
        {"matchers": [{"name": "a", "value": "(", "isRegex": True}]},
        {"matchers": [{"name": "", "value": "x"}]},
        {"endsAt": None},
        {"endsAt": "2020-01-01T00:00:00Z"},
        {"matchers": [{"name": "a", "value": "x"}] * 60},
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(door: Door, fields: dict[str, object]) -> None:
    answer = door.silence(**fields)
    assert answer.status_code == 400
    assert "silence invalid" in json.loads(answer.content)
    assert not Mute.objects.exists()


@pytest_db
def test_a_mute_that_a_person_made_is_not_the_keys_to_end(door: Door, owner: User) -> None:
    uid = json.loads(door.silence().content)["silenceID"]
    Mute.objects.update(created_by=owner)
    assert json.loads(door.ask("api/v2/silences").content) == []
    assert door.ask(f"api/v2/silence/{uid}", "DELETE").status_code == 404


@pytest_db
def test_unknown_silences_paths_and_keys_are_404(door: Door, service: Service) -> None:
    there = json.loads(door.silence().content)["silenceID"]
    stranger = Door(service)
    for asked in (there, "x", "00000000-0000-0000-0000-000000000000"):
        assert stranger.ask(f"api/v2/silence/{asked}").status_code == 404
        assert stranger.ask(f"api/v2/silence/{asked}", "DELETE").status_code == 404
    assert stranger.silence(id=there).status_code == 404
    assert door.ask("api/v3/alerts").status_code == 404
    assert Client().get("/am/0123/api/v2/alerts").status_code == 404
    assert door.ask("api/v2/alerts", "PUT").status_code == 405


@pytest_db
def test_a_silence_holds_back_what_its_integration_sends_until_it_is_ended(
    door: Door, service: Service
) -> None:
    other = Door(service)
    uid = json.loads(door.silence().content)["silenceID"]
    for each in (door, other):
        each.post({"labels": LABELS})
    muted, free = (Alert.objects.get(integration=each.row) for each in (door, other))
    assert (muted.incident, str(muted.mute and muted.mute.uid)) == (None, uid)
    assert (free.mute, free.incident is not None) == (None, True)
    [shown] = json.loads(door.ask("api/v2/alerts").content)
    assert (shown["status"]["state"], shown["status"]["silencedBy"]) == ("suppressed", [uid])
    door.ask(f"api/v2/silence/{uid}", "DELETE")
    work_due(now=datetime.now(UTC))
    muted.refresh_from_db()
    assert muted.incident is not None


@pytest_db
def test_what_is_not_repeated_in_time_is_over(door: Door) -> None:
    now = datetime.now(UTC)
    ends = now + timedelta(minutes=4)
    door.post({"labels": LABELS, "endsAt": ends.isoformat()})
    work_due(now=ends - timedelta(seconds=1))
    assert Alert.objects.get().state == AlertState.OPEN
    door.post({"labels": LABELS, "endsAt": (ends + timedelta(minutes=1)).isoformat()})
    work_due(now=ends + timedelta(seconds=1))
    assert Alert.objects.get().state == AlertState.OPEN
    work_due(now=ends + timedelta(seconds=61))
    alert = Alert.objects.get()
    assert (alert.state, alert.ended_by) == (AlertState.RESOLVED, EndedBy.SILENCE)


@pytest_db
def test_the_curl_of_the_setup_page_is_accepted(door: Door) -> None:
    html = setup_html("prometheus", base_url="https://tocsin.example/base", key=door.key)
    assert f"path_prefix: /base/am/{door.key}" in html
    assert 'targets: ["tocsin.example"]' in html
    [body] = re.findall(r"-d '(\[.*?\])'</code>", html, re.DOTALL)
    assert door.post(*json.loads(body)).status_code == 200
    assert Alert.objects.get().severity == "critical"


# --- Matchers


@pytest.mark.parametrize(
    ("text", "field", "op", "value"),
    [
        ('alertname="Disk full"', "labels.alertname", "=", "Disk full"),
        ("alertname=DiskFull", "labels.alertname", "=", "DiskFull"),
        (' a =~ "x|y" ', "labels.a", "=~", "x|y"),
        ("a!~x.*", "labels.a", "!~", "x.*"),
        ('a != "q\\"q"', "labels.a", "!=", 'q"q'),
        ('"with.dots"="x"', "labels.with.dots", "=", "x"),
        ("a=", "labels.a", "=", ""),
        ('{a="b"}', "labels.a", "=", "b"),
    ],
)
def test_matchers_are_read_as_alertmanager_writes_them(text: str, field: str, op: str, value: str) -> None:
    assert matchers.read(text) == {"field": field, "op": op, "value": value}


@pytest.mark.parametrize("text", ["", "a", "=b", 'a="b', "a b=c", "{}"])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(matchers.BadFilter):
        matchers.read(text)
