"""Heartbeats: heard, late, failed, back, paused; who may change them; and pings through the door."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from alerts import keys
from alerts.actions import heartbeats as actions
from alerts.actions.intake import accept
from alerts.lifecycle import IllegalTransition
from alerts.models import Event, Heartbeat, HeartbeatState, Integration
from alerts.processing import process_waiting
from alerts.queries_heartbeats import recent_pings
from alerts.sources.base import PING, Ping
from catalog.models import Service
from oncall.drafts import Refused
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Browser = Callable[[User], Client]


@pytest.fixture
def door(service: Service) -> tuple[Integration, str]:
    return make_integration(service, "heartbeat")


@pytest.fixture
def beat(door: tuple[Integration, str], owner: User) -> Heartbeat:
    """Expected every hour, ten minutes' grace."""
    return made(owner, door[0])


def made(actor: User, integration: Integration, **values: Any) -> Heartbeat:
    given: Any = {
        "name": "Nightly backup",
        "period": HOUR,
        "cron": "",
        "zone": "UTC",
        "grace": 10 * MINUTE,
        "severity": "error",
        **values,
    }
    row, _key = actions.make_heartbeat(actor=actor, integration=integration, now=NOW, **given)
    return row


def hear(beat: Heartbeat, what: Any = "ok", at: datetime = NOW, said: str = "") -> list[str]:
    ping = Ping(slug=beat.slug, what=what, said=said, happened_at=at)
    notes = actions.heard(integration=beat.integration, pings=[ping], now=at)
    beat.refresh_from_db()
    return notes


def own() -> list[tuple[str, str]]:
    """What our own events say, in their order."""
    bodies = [json.loads(event.body) for event in Event.objects.filter(endpoint="own").order_by("pk")]
    return [(body["action"], body["summary"]) for body in bodies]


def late(moment: datetime) -> int:
    Event.objects.update(processed_at=moment)
    return actions.sweep_late(now=moment)


def test_nothing_is_expected_of_what_was_never_heard(beat: Heartbeat) -> None:
    assert beat.state == HeartbeatState.NEW
    assert late(NOW + timedelta(days=300)) == 0


def test_silence_beyond_the_grace_is_an_event_of_ours_in_the_same_breath(beat: Heartbeat) -> None:
    hear(beat)
    assert beat.due_at == NOW + HOUR + 10 * MINUTE
    assert late(beat.due_at - timedelta(microseconds=1)) == 0
    assert late(beat.due_at) == 1
    beat.refresh_from_db()
    assert beat.state == HeartbeatState.LATE
    assert beat.due_at is None
    event = Event.objects.get(endpoint="own")
    body = json.loads(event.body)
    assert body["dedup_key"] == f"tocsin-heartbeat-{beat.pk}"
    assert (body["action"], body["severity"], body["rule"]) == ("trigger", "error", "Nightly backup")
    assert body["summary"] == "“Nightly backup” is late: not heard for 1 h 10 min"
    assert body["links"][0]["href"].endswith(f"/heartbeats/{beat.pk}/")
    assert late(NOW + timedelta(days=1)) == 0, "it is told once"


def test_what_was_late_and_comes_back_ends_its_alert(beat: Heartbeat) -> None:
    hear(beat)
    late(NOW + 2 * HOUR)
    hear(beat, at=NOW + 3 * HOUR)
    assert beat.state == HeartbeatState.UP
    assert beat.due_at == NOW + 4 * HOUR + 10 * MINUTE
    assert own()[-1] == ("resolve", "“Nightly backup” is back")


def test_a_failure_is_told_at_once_with_what_it_said(beat: Heartbeat) -> None:
    hear(beat, "fail", said="exit status 2, disk full")
    assert (beat.state, beat.due_at) == (HeartbeatState.DOWN, None)
    assert own() == [("trigger", "“Nightly backup” failed: exit status 2, disk full")]
    hear(beat, "ok", NOW + MINUTE)
    assert own()[-1][0] == "resolve"


def test_a_start_without_an_end_is_late_after_the_grace(beat: Heartbeat) -> None:
    hear(beat, "start")
    assert beat.state == HeartbeatState.NEW
    assert late(NOW + 10 * MINUTE) == 1
    assert own() == [("trigger", "“Nightly backup” is late: began 10 min ago and did not say that it ended")]


def test_starts_alone_do_not_put_it_off(beat: Heartbeat) -> None:
    hear(beat)
    for minutes in (61, 66, 69):
        hear(beat, "start", NOW + minutes * MINUTE)
    assert beat.due_at == NOW + 70 * MINUTE


def test_a_run_from_start_to_end_has_a_length(beat: Heartbeat) -> None:
    hear(beat, "start")
    hear(beat, "ok", NOW + 4 * MINUTE)
    assert beat.last_took == 4 * MINUTE
    hear(beat, "ok", NOW + 9 * MINUTE)
    assert beat.last_took is None


def test_words_alone_change_nothing_but_the_words(beat: Heartbeat) -> None:
    hear(beat, "log", said="half way")
    assert (beat.state, beat.last_ping_at, beat.last_said) == (HeartbeatState.NEW, None, "half way")


def test_it_is_not_late_while_its_ping_waits_to_be_read(beat: Heartbeat) -> None:
    hear(beat)
    due = beat.due_at
    assert due
    accept(integration_id=beat.integration_id, endpoint=PING, body="", now=due - MINUTE)
    assert actions.sweep_late(now=due) == 0
    assert actions.sweep_late(now=due + HOUR) == 0, "a worker that was away an hour reads first"
    Event.objects.update(processed_at=due)
    assert actions.sweep_late(now=due + HOUR) == 1


def test_a_backlog_that_never_ends_does_not_hide_a_silence(beat: Heartbeat) -> None:
    hear(beat)
    due = beat.due_at
    assert due
    accept(integration_id=beat.integration_id, endpoint="alert", body="", now=due + timedelta(seconds=1))
    assert actions.sweep_late(now=due + timedelta(seconds=2)) == 0
    assert actions.sweep_late(now=due + MINUTE) == 1


def test_behind_a_disabled_integration_nothing_is_late(beat: Heartbeat) -> None:
    hear(beat)
    Integration.objects.update(disabled_at=NOW)
    assert late(NOW + timedelta(days=1)) == 0


def test_paused_means_that_nothing_is_expected_and_nothing_alarms(beat: Heartbeat, owner: User) -> None:
    hear(beat)
    late(NOW + 2 * HOUR)
    actions.pause_heartbeat(actor=owner, heartbeat=beat, now=NOW + 2 * HOUR)
    assert own()[-1] == ("resolve", "“Nightly backup” was paused by Olga Owner")
    [note] = hear(beat, "fail", NOW + 3 * HOUR)
    assert "is paused" in note
    assert (beat.state, late(NOW + timedelta(days=9)), len(own())) == (HeartbeatState.PAUSED, 0, 2)
    with pytest.raises(IllegalTransition):
        actions.pause_heartbeat(actor=owner, heartbeat=beat, now=NOW)


def test_resumed_it_is_expected_from_then_on(beat: Heartbeat, owner: User) -> None:
    hear(beat)
    actions.pause_heartbeat(actor=owner, heartbeat=beat, now=NOW)
    back = actions.resume_heartbeat(actor=owner, heartbeat=beat, now=NOW + timedelta(days=5))
    assert (back.state, back.due_at) == (HeartbeatState.UP, NOW + timedelta(days=5) + 70 * MINUTE)


def test_a_change_of_the_rhythm_makes_nothing_late_at_once(beat: Heartbeat, owner: User) -> None:
    hear(beat)
    moment = NOW + 50 * MINUTE
    values: Any = {"name": "Backup", "period": MINUTE, "cron": "", "zone": "UTC", "severity": "critical"}
    row = actions.change_heartbeat(actor=owner, heartbeat=beat, now=moment, grace=5 * MINUTE, **values)
    assert (row.due_at, row.slug, row.name) == (moment + 5 * MINUTE, "nightly-backup", "Backup")


def test_a_removed_one_ends_its_alert_and_its_key(beat: Heartbeat, owner: User) -> None:
    hear(beat, "fail")
    actions.remove_heartbeat(actor=owner, heartbeat=beat, now=NOW)
    assert own()[-1] == ("resolve", "“Nightly backup” was removed by Olga Owner")
    assert not Heartbeat.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"severity": "loud"}, "severity"),
        ({"period": None, "cron": "x"}, "cron"),
        ({"period": None, "cron": "0 0 * * *", "zone": "Moon"}, "zone"),
    ],
)
def test_nonsense_is_refused_by_field(
    door: tuple[Integration, str], owner: User, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        made(owner, door[0], **values)
    assert refused.value.field == field


def test_two_of_one_name_have_two_addresses(door: tuple[Integration, str], owner: User) -> None:
    slugs = [made(owner, door[0], name=name).slug for name in ("Job", "job", "start", "7", "夜间备份", "!!!")]
    assert slugs == ["job", "job-2", "start-2", "job-7", "夜间备份", "heartbeat"]


def test_an_unknown_name_is_noted(door: tuple[Integration, str]) -> None:
    ping = Ping(slug="nobody", happened_at=NOW)
    [note] = actions.heard(integration=door[0], pings=[ping], now=NOW)
    assert "no heartbeat “nobody”" in note


def test_a_first_ping_makes_a_heartbeat_only_where_that_is_allowed(door: tuple[Integration, str]) -> None:
    integration, _key = door
    integration.options = {"create_heartbeats": True}
    pings = [Ping(slug="backup job", happened_at=NOW), Ping(slug="Backup job", happened_at=NOW + MINUTE)]
    assert actions.heard(integration=integration, pings=pings, now=NOW) == ["", ""]
    row = Heartbeat.objects.get()
    assert (row.name, row.slug, row.state) == ("backup job", "backup-job", HeartbeatState.UP)
    assert row.due_at == NOW + MINUTE + timedelta(days=1, hours=1)


# --- Through the door


def test_every_kind_of_ping_is_understood(door: tuple[Integration, str], owner: User) -> None:
    integration, key = door
    row, own_key = actions.make_heartbeat(
        actor=owner,
        integration=integration,
        now=NOW,
        name="Backup",
        period=HOUR,
        cron="",
        zone="UTC",
        grace=MINUTE,
        severity="error",
    )
    browser = Client(enforce_csrf_checks=True)
    sent = [
        *(browser.get(f"/ping/{own_key}{rest}") for rest in ("", "/start", "/fail", "/log", "/0", "/255")),
        *(
            browser.post(f"/ping/{key}/backup{rest}", b"done", content_type="x/y")
            for rest in ("", "/start", "/3")
        ),
        browser.head(f"/ping/{own_key}"),
        browser.put(f"/ping/{own_key}", b"x"),
    ]
    assert {answer.status_code for answer in sent} == {200}
    assert sent[0].content == b"OK"
    assert [each.what for each in recent_pings(row)][::-1] == [
        *("ok", "start", "fail", "log", "ok", "fail", "ok", "start", "fail", "ok", "ok")
    ]
    assert recent_pings(row)[2].said == "exit status 3, done"
    assert key not in str(list(Event.objects.values_list("body", "context")))
    assert own_key not in str(list(Event.objects.values_list("body", "context")))


@pytest.mark.parametrize(
    "path", ["/ping/{key}", "/ping/{key}/backup/stop", "/ping/{key}/backup/256", "/ping/x/y/z/w"]
)
def test_what_is_no_ping_is_not_found(door: tuple[Integration, str], path: str) -> None:
    answer = Client().get(path.format(key=door[1]))
    assert answer.status_code == 404
    assert not Event.objects.exists()


def test_a_key_that_is_unknown_or_whose_integration_is_disabled_is_not_found(
    beat: Heartbeat, owner: User
) -> None:
    assert Client().get("/ping/6d2b0c3e-0000-0000-0000-000000000000").status_code == 404
    key = actions.renew_heartbeat_key(actor=owner, heartbeat=beat)
    keys.forget()
    assert Client().get(f"/ping/{key}").status_code == 200
    Integration.objects.update(disabled_at=NOW)
    keys.forget()
    assert Client().get(f"/ping/{key}").status_code == 404


def test_a_heartbeats_key_opens_no_other_door(beat: Heartbeat, owner: User) -> None:
    key = actions.renew_heartbeat_key(actor=owner, heartbeat=beat)
    answer = Client().post(f"/in/json/{key}", {"summary": "x"}, content_type="application/json")
    assert answer.status_code == 404


def test_a_log_of_any_size_and_encoding_costs_no_sign_of_life(beat: Heartbeat, owner: User) -> None:
    key = actions.renew_heartbeat_key(actor=owner, heartbeat=beat)
    for body in (b"\xff\xfe\x00" * 10, b"x" * 2_000_000):
        assert Client().post(f"/ping/{key}", body, content_type="text/plain").status_code == 200
    assert max(len(body) for body in Event.objects.values_list("body", flat=True)) == 10_000


def test_a_heartbeat_behind_another_kind_of_integration_is_heard_by_its_own_key(
    service: Service, owner: User
) -> None:
    integration, _key = make_integration(service, "opsgenie")
    row, key = actions.make_heartbeat(
        actor=owner,
        integration=integration,
        now=NOW,
        name="Backup",
        period=HOUR,
        cron="",
        zone="UTC",
        grace=MINUTE,
        severity="error",
    )
    assert Client().get(f"/ping/{key}").status_code == 200
    assert [ping.what for ping in recent_pings(row)] == ["ok"]


def test_a_ping_that_stays_away_pages_and_one_that_comes_ends_it(
    beat: Heartbeat, owner: User, work: Callable[[datetime], None]
) -> None:
    """The whole way: door, worker, sweep, worker."""
    key = actions.renew_heartbeat_key(actor=owner, heartbeat=beat)
    Client().get(f"/ping/{key}")
    heard_at = Event.objects.get().received_at
    process_waiting(now=heard_at)
    beat.refresh_from_db()
    assert beat.state == HeartbeatState.UP
    silent = heard_at + 2 * HOUR
    assert actions.sweep_late(now=silent) == 1
    work(silent)
    alert = service_alert(beat)
    assert (alert.state, alert.severity, alert.service_id) == ("open", "error", beat.integration.service_id)
    assert alert.incident is not None
    assert "is late" in alert.incident.title
    actions.heard(
        integration=beat.integration,
        pings=[Ping(slug=beat.slug, happened_at=silent + MINUTE)],
        now=silent + MINUTE,
    )
    work(silent + MINUTE)
    alert.refresh_from_db()
    assert alert.state == "resolved"


def service_alert(beat: Heartbeat) -> Any:
    return beat.integration.alerts.get(dedup_key=f"tocsin-heartbeat-{beat.pk}")
