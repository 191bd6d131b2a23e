"""What may be set of an integration, by page and by API; and heartbeats by the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from alerts import chooser, keys
from alerts.actions import heartbeats as beats
from alerts.actions.integrations import set_enabled
from alerts.models import Heartbeat, HeartbeatState, Integration
from alerts.sources.base import Ping
from alerts.sources.registry import KINDS
from alerts.spans import BadSpan, parsed, written
from catalog.models import Service
from lib.sealing import unseal
from lib.secrets import digest
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
JSON = "application/json"


def bearer(user: User) -> Client:
    ApiToken.objects.create(user=user, name="ci", digest=digest(f"t{user.pk}"), created_at=timezone.now())
    return Client(headers={"Authorization": f"Bearer t{user.pk}"})


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service, "grafana")[0]


# --- Lengths of time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 s", 90),
        ("5min", 300),
        ("1 h 30 min", 5400),
        ("2 Days", 172_800),
        ("1w", 604_800),
        ("1 h, 5 m", 3900),
    ],
)
def test_lengths_are_read_as_people_write_them(text: str, seconds: int) -> None:
    assert parsed(text) == timedelta(seconds=seconds)
    assert parsed(written(parsed(text))) == parsed(text)


@pytest.mark.parametrize("text", ["", "5", "min", "5 parsecs", "-5 min", "5 min!", "1e9 s", "٥ min x"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(BadSpan):
        parsed(text)


# --- Choosing a kind


def test_every_kind_stands_once_among_the_groups() -> None:
    names = [kind.name for group in chooser.found() for kind in group.kinds]
    assert sorted(names) == sorted(KINDS)


@pytest.mark.parametrize(
    ("asked", "first"), [("cron", "heartbeat"), ("amazon", "sns"), ("thanos", "alertmanager")]
)
def test_a_kind_is_found_by_the_words_that_people_use(asked: str, first: str) -> None:
    assert first in [kind.name for group in chooser.found(asked) for kind in group.kinds]


def test_the_page_of_kinds_searches_without_script(
    browser_of: Browser, owner: User, service: Service
) -> None:
    browser = browser_of(owner)
    text = browser.get(f"/integrations/new/?q=sentry&service={service.slug}").content.decode()
    assert f"/integrations/new/sentry/?service={service.slug}" in text
    assert "/integrations/new/zabbix/" not in text
    assert "No tool of this name" in browser.get("/integrations/new/?q=%00nothing").content.decode()
    assert browser.get("/integrations/new/no-such-kind/").status_code == 404


# --- Settings


def test_a_manager_sets_silence_limit_and_whose_the_alerts_are(
    browser_of: Browser, owner: User, door: Integration
) -> None:
    data = {
        "name": "Grafana",
        "stale_after": "30 min",
        "limit_per_minute": "600",
        "service_from": "labels.app",
    }
    assert browser_of(owner).post(f"/integrations/{door.pk}/settings/", data).status_code == 302
    door.refresh_from_db()
    assert (door.name, door.stale_after, door.limit_per_minute) == ("Grafana", timedelta(minutes=30), 600)
    assert door.options == {"service_from": "labels.app"}
    text = browser_of(owner).get(f"/integrations/{door.pk}/settings/").content.decode()
    assert 'value="30 min"' in text
    browser_of(owner).post(f"/integrations/{door.pk}/settings/", {"name": "Grafana"})
    door.refresh_from_db()
    assert (door.stale_after, door.limit_per_minute, door.options) == (None, None, {})


def test_a_secret_is_sealed_kept_replaced_and_forgotten_and_never_shown(
    browser_of: Browser, owner: User, door: Integration
) -> None:
    browser, path = browser_of(owner), f"/integrations/{door.pk}/settings/"
    for given, kept in (
        ({"secret": "s3cret-one"}, "s3cret-one"),
        ({}, "s3cret-one"),
        ({"secret": "two"}, "two"),
    ):
        browser.post(path, {"name": door.name, **given})
        door.refresh_from_db()
        assert unseal(door.secret_sealed) == kept
        for page in (path, f"/integrations/{door.pk}/"):
            assert kept not in browser.get(page).content.decode()
    browser.post(path, {"name": door.name, "forget_secret": "on"})
    door.refresh_from_db()
    assert door.secret_sealed == ""


def test_where_nothing_is_signed_no_secret_is_asked_for(
    browser_of: Browser, owner: User, service: Service
) -> None:
    plain = make_integration(service, "generic")[0]
    assert (
        'name="secret"' not in browser_of(owner).get(f"/integrations/{plain.pk}/settings/").content.decode()
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stale_after": "soon"}, "Write a length of time"),
        ({"stale_after": "1 s"}, "From 1 min to 90 d"),
        ({"limit_per_minute": "0"}, "greater than or equal to 1"),
        ({"service_from": "colour"}, "Name a field of an alert"),
        ({"name": ""}, "required"),
    ],
)
def test_what_makes_no_sense_is_said_on_its_field(
    browser_of: Browser, owner: User, door: Integration, given: dict[str, str], said: str
) -> None:
    answer = browser_of(owner).post(f"/integrations/{door.pk}/settings/", {"name": "x", **given})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert Integration.objects.get().name == door.name


def test_switched_on_again_nothing_behind_it_is_late_at_once(owner: User, service: Service) -> None:
    integration = make_integration(service, "heartbeat")[0]
    row, _key = beats.make_heartbeat(
        actor=owner, integration=integration, now=NOW, name="Job", period=timedelta(hours=1), cron="",
        zone="UTC", grace=timedelta(), severity="error",
    )  # fmt: skip
    beats.heard(integration=integration, pings=[Ping(slug="job", happened_at=NOW)], now=NOW)
    set_enabled(actor=owner, integration=integration, enabled=False, now=NOW)
    later = NOW + timedelta(days=3)
    assert beats.sweep_late(now=later) == 0
    set_enabled(actor=owner, integration=integration, enabled=True, now=later)
    assert beats.sweep_late(now=later) == 0
    row.refresh_from_db()
    assert row.due_at == later + timedelta(hours=1)


# --- Integrations by the API


def test_the_api_makes_an_integration_and_shows_its_key_once(owner: User, service: Service) -> None:
    api = bearer(owner)
    body = {
        "kind": "grafana",
        "service": service.slug,
        "name": "Grafana",
        "stale_after": "00:30:00",
        "secret": "hush",
        "service_from": "labels.team",
        "limit_per_minute": 60,
    }
    answer = api.post("/api/v1/integrations", body, content_type=JSON)
    assert answer.status_code == 201, answer.content
    made, row = answer.json(), Integration.objects.get()
    assert unseal(row.key_sealed) == made["key"]
    assert made["url"].endswith(f"/in/grafana/{made['key']}")
    assert (made["has_secret"], made["service_from"], made["stale_after"]) == (
        True,
        "labels.team",
        "00:30:00",
    )
    for path in ("/api/v1/integrations", f"/api/v1/integrations/{row.pk}"):
        text = api.get(path).content.decode()
        assert "Grafana" in text
        assert made["key"] not in text
        assert "hush" not in text


def test_the_api_changes_renews_and_disables(owner: User, door: Integration) -> None:
    api, path = bearer(owner), f"/api/v1/integrations/{door.pk}"
    assert api.patch(path, {"name": "G", "enabled": False}, content_type=JSON).json()["disabled_at"]
    assert api.patch(path, {"enabled": True}, content_type=JSON).json()["disabled_at"] is None
    key = api.post(f"{path}/renew-key").json()["key"]
    keys.forget()
    found = keys.door(key)
    assert found
    assert found.id == door.pk


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "telepathy"},
        {"service": "nowhere"},
        {"name": ""},
        {"stale_after": "00:00:01"},
        {"limit_per_minute": 0},
        {"service_from": "colour"},
        {"colour": "red"},
        {"kind": "generic", "secret": "unsigned"},
    ],
)
def test_the_api_refuses_what_makes_no_sense(owner: User, service: Service, body: dict[str, Any]) -> None:
    given = {"kind": "grafana", "service": service.slug, "name": "x", **body}
    assert bearer(owner).post("/api/v1/integrations", given, content_type=JSON).status_code == 400
    assert not Integration.objects.exists()


def test_a_name_that_is_taken_is_refused_by_the_api_too(
    owner: User, door: Integration, service: Service
) -> None:
    body = {"kind": "grafana", "service": service.slug, "name": door.name}
    answer = bearer(owner).post("/api/v1/integrations", body, content_type=JSON)
    assert answer.status_code == 400
    assert "name" in answer.content.decode()


def test_others_make_and_change_nothing_by_the_api(
    member: User, stranger: User, viewer: User, door: Integration, service: Service
) -> None:
    before = Integration.objects.values().get()
    body = {"kind": "grafana", "service": service.slug, "name": "x"}
    for user, expected in ((member, {400, 404}), (stranger, {400, 404}), (viewer, {403})):
        api = bearer(user)
        assert api.post("/api/v1/integrations", body, content_type=JSON).status_code in expected
        assert (
            api.patch(f"/api/v1/integrations/{door.pk}", {"name": "y"}, content_type=JSON).status_code
            in expected
        )
        assert api.post(f"/api/v1/integrations/{door.pk}/renew-key").status_code in expected
        assert api.get(f"/api/v1/integrations/{door.pk}").status_code == 200
    assert Integration.objects.values().get() == before


# --- Heartbeats by the API and their pages


def test_the_api_makes_changes_pauses_and_removes_a_heartbeat(owner: User, service: Service) -> None:
    api = bearer(owner)
    body = {"service": service.slug, "name": "Backup", "cron": "0 2 * * *", "zone": "Europe/Berlin"}
    answer = api.post("/api/v1/heartbeats", body, content_type=JSON)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    keys.forget()
    assert Client().get(urlsplit(made["url"]).path).status_code == 200
    path = f"/api/v1/heartbeats/{made['id']}"
    changed = api.patch(path, {"period": "00:05:00", "name": "Copy"}, content_type=JSON).json()
    assert (changed["period"], changed["cron"], changed["name"], changed["slug"]) == (
        "00:05:00",
        "",
        "Copy",
        "backup",
    )
    assert api.patch(path, {"cron": "1 * * * *"}, content_type=JSON).json()["period"] is None
    assert api.post(f"{path}/pause").json()["state"] == HeartbeatState.PAUSED
    assert api.post(f"{path}/pause").status_code == 409
    assert api.post(f"{path}/resume").json()["state"] == HeartbeatState.NEW
    assert [each["name"] for each in api.get("/api/v1/heartbeats?state=new").json()["results"]] == ["Copy"]
    assert "ping/" not in api.get(path).content.decode()
    assert api.delete(path).status_code == 204
    assert not Heartbeat.objects.exists()


def test_others_make_and_change_no_heartbeat(
    browser_of: Browser, owner: User, member: User, stranger: User, viewer: User, service: Service
) -> None:
    row, _key = beats.make_heartbeat_on(
        actor=owner, service=service, now=NOW, name="Job", period=timedelta(hours=1), cron="", zone="UTC",
        grace=timedelta(), severity="error",
    )  # fmt: skip
    before = Heartbeat.objects.values().get()
    for user in (member, stranger, viewer):
        browser, api = browser_of(user), bearer(user)
        for verb in ("edit", "pause", "resume", "renew", "remove"):
            assert browser.post(f"/heartbeats/{row.pk}/{verb}/", {"name": "Mine"}).status_code == 404
        assert api.delete(f"/api/v1/heartbeats/{row.pk}").status_code in (403, 404)
        text = browser.get(f"/heartbeats/{row.pk}/").content.decode()
        assert "YOUR-KEY" in text
        assert unseal(row.key_sealed) not in text
        assert f"/heartbeats/{row.pk}/edit/" not in text
    assert Client().get(f"/heartbeats/{row.pk}/").status_code == 302
    assert Heartbeat.objects.values().get() == before
    assert unseal(row.key_sealed) in browser_of(owner).get(f"/heartbeats/{row.pk}/").content.decode()


def test_a_manager_makes_a_heartbeat_and_the_list_shows_the_silent_one_first(
    browser_of: Browser, owner: User, service: Service
) -> None:
    browser = browser_of(owner)
    data = {"service": service.pk, "zone": "UTC", "grace": "5 min", "severity": "error"}
    for name, more in (
        ("Alpha", {"rhythm": "period", "period": "1 h"}),
        ("Zulu", {"rhythm": "cron", "cron": "0 2 * * *"}),
    ):
        assert browser.post("/heartbeats/new/", {**data, "name": name, **more}).status_code == 302
    assert Integration.objects.filter(kind="heartbeat").count() == 1
    zulu = Heartbeat.objects.get(name="Zulu")
    beats.heard(
        integration=zulu.integration, pings=[Ping(slug="zulu", what="fail", happened_at=NOW)], now=NOW
    )
    text = browser.get("/heartbeats/").content.decode()
    assert text.index("Zulu") < text.index("Alpha")
    assert "1 is silent or failed" in text
    assert "Alpha" not in browser.get("/heartbeats/rows/?state=down").content.decode()
    text = browser.get(f"/heartbeats/{zulu.pk}/").content.decode()
    assert "0 2 * * *  /path/to/job" in text
    assert "Said that it failed" in text


def test_a_refused_heartbeat_leaves_nothing_behind(
    browser_of: Browser, owner: User, service: Service
) -> None:
    data = {"service": service.pk, "zone": "UTC", "grace": "5 min", "severity": "error", "name": "x"}
    answer = browser_of(owner).post(
        "/heartbeats/new/", {**data, "rhythm": "cron", "cron": "every day at two sharp"}
    )
    assert "This is no cron expression" in answer.content.decode()
    answer = browser_of(owner).post("/heartbeats/new/", {**data, "rhythm": "period", "period": ""})
    assert "This is needed" in answer.content.decode()
    assert not Integration.objects.exists()
