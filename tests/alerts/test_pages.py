"""Integrations and alerts in the browser: who sees what, who may change what, what it says when it is empty."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from alerts.actions.integrations import set_enabled
from alerts.models import Alert, Event, Integration
from alerts.panels import FIRST_FEW, incident_panel, service_panel
from alerts.processing import process_waiting, waiting
from alerts.queries import arrivals
from catalog.models import Service
from incidents.models import Incident, State
from lib import panels
from lib.sealing import unseal
from notifications.models import Urgency
from oncall.models import EscalationPolicy
from tests.making import NOW, make_integration, make_policy, make_service

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


def tell(
    door: Integration, action: str = "trigger", key: str = "disk", at: datetime = NOW, **payload: Any
) -> Event:
    payload = {"summary": f"{key} is full", "source": "db1", "severity": "critical", **payload}
    body = {"event_action": action, "dedup_key": key, "payload": payload}
    return Event.objects.create(integration=door, body=json.dumps(body), received_at=at)


def turn() -> None:
    process_waiting(now=NOW)
    assert waiting() == []


def page_of(answer: HttpResponse, status: int = 200) -> str:
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def get(browser: Client, path: str) -> str:
    return page_of(browser.get(path))  # type: ignore[arg-type] # the test client's own response class


# --- The list: is anything arriving


def test_without_an_integration_it_says_the_next_step(
    browser_of: Browser, owner: User, member: User, service: Service
) -> None:
    assert '/integrations/new/"' in get(browser_of(owner), "/integrations/")
    text = get(browser_of(member), "/integrations/")
    assert "Nothing can arrive yet" in text
    assert "/integrations/new/" not in text


def test_it_says_when_the_last_event_came_and_how_many(
    browser_of: Browser, viewer: User, door: Integration
) -> None:
    text = get(browser_of(viewer), "/integrations/")
    assert "No event has come yet" in text
    assert "Not set up" in text
    now = datetime.now(NOW.tzinfo)
    for minutes in (1, 30, 90, 60 * 23, 60 * 25):
        tell(door, at=now - timedelta(minutes=minutes))
    text = get(browser_of(viewer), "/integrations/rows/")
    assert "2 events in the last hour, 4 in 24 hours" in text
    assert "4 events in 24 hours, at most 2 in an hour, 2 in the last hour" in text
    assert "4 waiting" in text
    turn()
    Event.objects.filter(pk=Event.objects.earliest("pk").pk).update(problem="BadBody: x")
    assert "1 problem" in get(browser_of(viewer), "/integrations/rows/")


def test_the_hours_of_the_last_day_are_counted_once(door: Integration, service: Service) -> None:
    other = make_integration(service)[0]
    for minutes in (0, 59, 60, 61, 24 * 60 - 1, 24 * 60, 24 * 60 + 1):
        tell(door, at=NOW - timedelta(minutes=minutes))
    tell(door, at=NOW + timedelta(seconds=3))
    found = arrivals([door.pk, other.pk], NOW)
    assert found[door.pk].hours == (1, *[0] * 21, 2, 3)
    assert found[other.pk].total == 0


def test_a_disabled_one_says_so(browser_of: Browser, owner: User, door: Integration) -> None:
    set_enabled(actor=owner, integration=door, enabled=False, now=NOW)
    assert "Disabled" in get(browser_of(owner), "/integrations/")


def test_the_list_is_filtered_by_service_and_team(
    browser_of: Browser, owner: User, door: Integration, other_team: Team, policy: EscalationPolicy
) -> None:
    other = make_integration(make_service(other_team, policy, "Search index"))[0]
    browser = browser_of(owner)
    links = [f'/integrations/{each.pk}/"' for each in (door, other)]
    for query, found in (
        ("", [True, True]),
        ("?service=payments-api", [True, False]),
        ("?team=search", [False, True]),
        ("?team=search&service=payments-api", [False, False]),
        ("?team=%00%20nonsense", [True, True]),
    ):
        for path in ("/integrations/", "/integrations/rows/"):
            text = get(browser, path + query)
            assert [link in text for link in links] == found
    assert "No integration matches" in get(browser, "/integrations/?service=none-such")


def queries(ask: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


def test_queries_of_the_list_do_not_grow_with_integrations(
    browser_of: Browser, owner: User, team: Team, policy: EscalationPolicy
) -> None:
    browser = browser_of(owner)

    def fill(number: int) -> None:
        service = make_service(team, policy)
        for _ in range(number):
            tell(make_integration(service)[0], at=datetime.now(NOW.tzinfo))

    fill(5)
    get(browser, "/integrations/")
    few = queries(lambda: get(browser, "/integrations/"))
    fill(45)
    many = queries(lambda: get(browser, "/integrations/"))
    assert get(browser, "/integrations/").count('<svg class="spark"') == 50
    assert few == many <= 16


# --- Making one


def test_a_manager_makes_one_and_sees_how_to_set_it_up(
    browser_of: Browser, owner: User, service: Service
) -> None:
    browser = browser_of(owner)
    assert f'<option value="{service.pk}" selected>' in get(
        browser, f"/integrations/new/generic/?service={service.slug}"
    )
    answer = browser.post("/integrations/new/generic/", {"name": "Cron", "service": service.pk})
    made = Integration.objects.get()
    assert answer.headers["Location"] == f"/integrations/{made.pk}/"
    text = get(browser, f"/integrations/{made.pk}/")
    assert f"/in/json/{unseal(made.key_sealed)}" in text
    assert 'data-copy="setup-address"' in text
    assert "No event yet" in text


def test_what_was_typed_stays_when_it_is_refused(
    browser_of: Browser, owner: User, service: Service, door: Integration
) -> None:
    browser = browser_of(owner)
    values = {"name": door.name, "service": service.pk}
    text = page_of(browser.post("/integrations/new/pagerduty/", values))  # type: ignore[arg-type]
    assert "has an integration of this name already" in text
    assert f'value="{door.name}"' in text
    answer = browser.post(
        "/integrations/new/pagerduty/", {**values, "name": ""}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert Integration.objects.count() == 1


def test_nobody_opens_a_door_onto_anothers_service(
    browser_of: Browser, stranger: User, other_team: Team, service: Service, member: User, viewer: User
) -> None:
    theirs = make_service(other_team, make_policy(other_team, (stranger,)))
    values = {"name": "x", "service": service.pk}
    assert browser_of(stranger).post("/integrations/new/pagerduty/", values).status_code == 200
    for user in (member, viewer):
        assert browser_of(user).get("/integrations/new/").status_code == 404
        assert browser_of(user).post("/integrations/new/pagerduty/", values).status_code == 404
    assert not Integration.objects.exists()
    assert (
        browser_of(stranger)
        .post("/integrations/new/pagerduty/", {**values, "service": theirs.pk})
        .status_code
        == 302
    )


# --- One of them


def test_the_key_is_shown_to_those_who_may_change_the_service(
    browser_of: Browser,
    owner: User,
    admin: User,
    member: User,
    stranger: User,
    viewer: User,
    door: Integration,
) -> None:
    key = unseal(door.key_sealed)
    for user in (owner, admin):
        assert key in get(browser_of(user), f"/integrations/{door.pk}/")
    for user in (member, stranger, viewer):
        text = get(browser_of(user), f"/integrations/{door.pk}/")
        assert key not in text
        assert "YOUR-KEY" in text
        assert "Send test" not in text


def test_a_key_sealed_under_a_lost_secret_is_said(
    browser_of: Browser, owner: User, door: Integration
) -> None:
    Integration.objects.update(key_sealed="nonsense")
    assert "Renew it to see it here again" in get(browser_of(owner), f"/integrations/{door.pk}/")


@pytest.mark.parametrize("verb", ["renew", "disable", "enable", "test", "fire", "settings"])
def test_only_those_who_may_change_the_service_change_anything(
    browser_of: Browser, stranger: User, member: User, viewer: User, door: Integration, verb: str
) -> None:
    before = Integration.objects.values().get()
    for user in (stranger, member, viewer):
        answer = browser_of(user).post(f"/integrations/{door.pk}/{verb}/", {"name": "Mine"})
        assert answer.status_code == 404
    assert Client().post(f"/integrations/{door.pk}/{verb}/").headers["Location"].startswith("/account/login/")
    assert Integration.objects.values().get() == before
    assert not Event.objects.exists()


@pytest.mark.parametrize("verb", ["renew", "disable", "enable", "test", "fire"])
def test_a_link_alone_changes_nothing(browser_of: Browser, owner: User, door: Integration, verb: str) -> None:
    assert browser_of(owner).get(f"/integrations/{door.pk}/{verb}/").status_code == 405


def test_renaming_renewing_and_switching(
    browser_of: Browser, owner: User, service: Service, door: Integration
) -> None:
    browser, at = browser_of(owner), f"/integrations/{door.pk}/"
    other = make_integration(service)[0]
    key = unseal(door.key_sealed)
    assert "has an integration of this name" in page_of(browser.post(f"{at}settings/", {"name": other.name}))  # type: ignore[arg-type]
    browser.post(f"{at}settings/", {"name": "Frankfurt"})
    browser.post(f"{at}renew/")
    browser.post(f"{at}disable/")
    door.refresh_from_db()
    assert door.name == "Frankfurt"
    assert unseal(door.key_sealed) != key
    assert door.disabled_at
    text = get(browser, at)
    assert "What is sent to it is refused" in text
    assert "Fire a real test alert" not in text
    browser.post(f"{at}enable/")
    door.refresh_from_db()
    assert door.disabled_at is None


# --- Its events


def test_each_event_says_what_became_of_it(browser_of: Browser, viewer: User, door: Integration) -> None:
    path = f"/integrations/{door.pk}/came/"
    opened, repeated, ended = (tell(door, action) for action in ("trigger", "trigger", "resolve"))
    assert get(browser_of(viewer), path).count("Waiting") == 3
    turn()
    bad = Event.objects.create(integration=door, body="{", received_at=NOW)
    Event.objects.create(
        integration=door, endpoint="change", body='{"payload": {"summary": "x"}}', received_at=NOW
    )
    tell(door, "resolve", key="unknown")
    turn()
    text = get(browser_of(viewer), path)
    said = dict(re.findall(r'<li id="event-(\d+)">(.*?)</li>', text))
    assert f'Opened <a href="/alerts/{Alert.objects.get().pk}/">disk is full' in said[str(opened.pk)]
    assert f">#{Incident.objects.get().pk}</a>" in said[str(opened.pk)]
    assert "Repeats an alert" in said[str(repeated.pk)]
    assert "Ended <a" in said[str(ended.pk)]
    assert "The body is not valid JSON" in said[str(bad.pk)]
    assert "Change noted on the service" in text
    assert "nothing open to resolve under unknown" in text


def test_an_alert_of_long_ago_that_ends_is_named(
    browser_of: Browser, viewer: User, door: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.queries.SHOWN_EVENTS", 5)
    tell(door)
    for number in range(9):
        tell(door, key=f"k{number}")
    last = tell(door, "resolve")
    turn()
    text = get(browser_of(viewer), f"/integrations/{door.pk}/came/")
    assert f'id="event-{last.pk}"' in text
    assert "Ended <a" in text


def test_one_event_shows_how_it_was_read_and_its_body(
    browser_of: Browser, viewer: User, door: Integration
) -> None:
    event = tell(door, severity="page", links=None)
    turn()
    browser, path = browser_of(viewer), f"/integrations/{door.pk}/events/{event.pk}/"
    whole = get(browser, path)
    fragment = page_of(browser.get(path, headers={"HX-Request": "true"}))  # type: ignore[arg-type]
    for text in (whole, fragment):
        assert "disk is full" in text
        assert "Critical" in text
        assert f'href="/alerts/{Alert.objects.get().pk}/"' in text
        assert "&quot;event_action&quot;: &quot;trigger&quot;" in text
    assert "<html" in whole
    assert "<html" not in fragment
    assert browser.get(f"{path}body/").content.decode() == event.body


def test_an_event_is_found_only_below_its_own_integration(
    browser_of: Browser, viewer: User, door: Integration, service: Service
) -> None:
    event, other = tell(door), make_integration(service)[0]
    for tail in ("", "body/"):
        path = f"/integrations/{other.pk}/events/{event.pk}/{tail}"
        assert browser_of(viewer).get(path).status_code == 404


@pytest.mark.parametrize(
    "body", ["{", "[" * 90, '"\\ud800"', "{}", "null", '{"payload": {"summary": 1e999}}']
)
def test_a_body_that_nobody_understands_is_shown_all_the_same(
    browser_of: Browser, viewer: User, door: Integration, body: str
) -> None:
    event = Event.objects.create(integration=door, body=body, received_at=NOW)
    path = f"/integrations/{door.pk}/events/{event.pk}/"
    assert 'class="raw"' in get(browser_of(viewer), path)


def test_queries_of_the_page_do_not_grow_with_events(
    browser_of: Browser, owner: User, door: Integration
) -> None:
    browser, path = browser_of(owner), f"/integrations/{door.pk}/"
    for number in range(5):
        tell(door, key=f"a{number}")
    turn()
    get(browser, path)
    few = queries(lambda: get(browser, path))
    for number in range(60):
        tell(door, key=f"b{number}")
    turn()
    many = queries(lambda: get(browser, path))
    assert few == many <= 17


# --- Tests from the page


@pytest.mark.parametrize("kind", ["pagerduty", "alertmanager", "generic"])
def test_a_test_event_is_read_and_pages_nobody(
    browser_of: Browser, owner: User, service: Service, kind: str
) -> None:
    door = make_integration(service, kind)[0]
    browser = browser_of(owner)
    answer = browser.post(f"/integrations/{door.pk}/test/")
    event = Event.objects.get()
    assert answer.headers["Location"] == f"/integrations/{door.pk}/events/{event.pk}/"
    turn()
    assert not Alert.objects.exists()
    text = get(browser, answer.headers["Location"])
    assert f"Test event from {door.name}" in text
    assert "Info" in text
    assert "tocsin-test-" in text
    assert "no alert was made of it" in text
    assert unseal(door.key_sealed) not in event.body
    fragment = page_of(browser.post(f"/integrations/{door.pk}/test/", headers={"HX-Request": "true"}))  # type: ignore[arg-type]
    assert "A real one would become this" in fragment


@pytest.mark.parametrize("kind", ["pagerduty", "alertmanager", "generic"])
def test_a_real_test_alert_opens_an_incident_of_low_urgency(
    browser_of: Browser, owner: User, service: Service, kind: str
) -> None:
    door = make_integration(service, kind)[0]
    browser = browser_of(owner)
    assert browser.post(f"/integrations/{door.pk}/fire/").headers["Location"] == f"/integrations/{door.pk}/"
    turn()
    incident = Incident.objects.get()
    assert incident.title == f"Test alert from {door.name}"
    assert (incident.urgency, incident.state) == (Urgency.LOW, State.TRIAGE)
    assert Alert.objects.get().dedup_key.startswith("tocsin-test-")
    assert f'title="Test alert from {door.name}">#{incident.pk}<' in get(browser, f"/integrations/{door.pk}/")


def test_a_disabled_integration_fires_no_test(browser_of: Browser, owner: User, door: Integration) -> None:
    set_enabled(actor=owner, integration=door, enabled=False, now=NOW)
    browser = browser_of(owner)
    browser.post(f"/integrations/{door.pk}/fire/")
    assert not Event.objects.exists()
    assert "takes no events" in get(browser, f"/integrations/{door.pk}/")


# --- Alerts of an incident


@pytest.fixture
def stormy(door: Integration) -> Incident:
    """Seventeen alerts, one of them over."""
    for number in range(17):
        tell(door, key=f"k{number:02}", custom_details={"n": number, "list": [1], "tags": {"env": "prod"}})
    tell(door, "resolve", key="k16")
    turn()
    return Incident.objects.get()


def test_the_panel_shows_the_first_few_and_how_many_more(
    browser_of: Browser, viewer: User, stormy: Incident
) -> None:
    text = get(browser_of(viewer), f"/incidents/{stormy.pk}/alerts/panel/")
    assert "16 firing" in text
    assert "17 in all" in text
    assert text.count("<li") == FIRST_FEW
    assert "12 more" in text
    assert f'href="/incidents/{stormy.pk}/alerts/"' in text
    assert "k16 is full" not in text
    whole = get(browser_of(viewer), f"/incidents/{stormy.pk}/alerts/")
    assert whole.count("<li>") + whole.count('<li class="is-over">') >= 17
    assert whole.index("k00 is full") < whole.index("k16 is full")


def test_what_fires_comes_before_what_is_over(stormy: Incident, door: Integration, viewer: User) -> None:
    for number in range(15):
        tell(door, "resolve", key=f"k{number:02}")
    turn()
    panel = incident_panel(stormy, viewer)
    assert panel is not None
    assert panel["alerts"][0].alert.dedup_key == "k15"
    assert (panel["firing"], panel["total"], panel["more"]) == (1, 17, 12)


def test_the_worst_comes_first(door: Integration, viewer: User) -> None:
    for severity in ("info", "critical", "warning", "error"):
        tell(door, key=severity, severity=severity)
    tell(door, key="acked")
    tell(door, "acknowledge", key="acked")
    turn()
    panel = incident_panel(Incident.objects.get(), viewer)
    assert panel is not None
    keys = [each.alert.dedup_key for each in panel["alerts"]]
    assert keys == ["critical", "error", "warning", "info", "acked"]


def test_an_incident_that_a_person_declared_has_no_panel(
    browser_of: Browser, viewer: User, service: Service
) -> None:
    incident = Incident.objects.create(service=service, title="x", started_at=NOW, created_at=NOW)
    assert incident_panel(incident, viewer) is None
    assert "a person declared it" in get(browser_of(viewer), f"/incidents/{incident.pk}/alerts/")
    assert browser_of(viewer).get(f"/incidents/{incident.pk}/alerts/panel/").status_code == 200
    assert browser_of(viewer).get("/incidents/999999/alerts/").status_code == 404


def test_queries_of_the_panels_do_not_grow(stormy: Incident, door: Integration, viewer: User) -> None:
    many = queries(lambda: incident_panel(stormy, viewer))
    Alert.objects.filter(dedup_key__gt="k02").delete()
    few = queries(lambda: incident_panel(stormy, viewer))
    assert few <= many <= 2
    service = stormy.service
    few = queries(lambda: service_panel(service, viewer))
    for _ in range(20):
        make_integration(service)
    assert queries(lambda: service_panel(service, viewer)) == few <= 2


def test_an_alert_shows_its_details_and_its_raw_payload(
    browser_of: Browser, viewer: User, stormy: Incident
) -> None:
    browser, alert = browser_of(viewer), Alert.objects.get(dedup_key="k03")
    whole = get(browser, f"/alerts/{alert.pk}/")
    raw = page_of(browser.get(f"/alerts/{alert.pk}/raw/", headers={"HX-Request": "true"}))  # type: ignore[arg-type]
    for text in (whole, raw):
        assert "&quot;dedup_key&quot;: &quot;k03&quot;" in text
    assert "<dt>n</dt><dd>3</dd>" in whole
    assert "<dt>tags.env</dt><dd>prod</dd>" in whole
    assert "<html" not in raw
    assert browser.get(f"/alerts/{alert.pk}/raw/").headers["Location"] == f"/alerts/{alert.pk}/"
    Event.objects.all().delete()
    assert "past its retention" in get(browser, f"/alerts/{alert.pk}/")


def test_only_web_addresses_become_links(browser_of: Browser, viewer: User, stormy: Incident) -> None:
    alert = Alert.objects.get(dedup_key="k00")
    alert.links = [{"href": "javascript:alert(1)", "text": "a"}, {"href": "https://ok.example/", "text": "b"}]
    alert.details = {"page": "https://wiki.example/x", "bad": "javascript:alert(2)"}
    alert.save()
    text = get(browser_of(viewer), f"/alerts/{alert.pk}/")
    assert 'href="https://ok.example/"' in text
    assert 'href="https://wiki.example/x"' in text
    assert 'href="javascript' not in text


def test_strangers_to_the_installation_see_nothing(door: Integration, stormy: Incident) -> None:
    event = Event.objects.first()
    assert event
    for path in (
        "/integrations/",
        "/integrations/rows/",
        f"/integrations/{door.pk}/",
        f"/integrations/{door.pk}/came/",
        f"/integrations/{door.pk}/events/{event.pk}/",
        f"/integrations/{door.pk}/events/{event.pk}/body/",
        f"/incidents/{stormy.pk}/alerts/",
        f"/incidents/{stormy.pk}/alerts/panel/",
        f"/alerts/{event.pk}/",
        f"/alerts/{event.pk}/raw/",
    ):
        assert Client().get(path).headers["Location"].startswith("/account/login/")


# --- Panels on the pages below


def test_the_panels_are_where_they_belong(stormy: Incident, viewer: User) -> None:
    def names(page: str, subject: object) -> list[str]:
        return [each.panel.name for each in panels.filled(page, subject, viewer)]

    assert "alerts" in names("incident", stormy)
    assert "integrations" in names("service", stormy.service)


def test_the_services_page_names_its_doors(
    browser_of: Browser, owner: User, viewer: User, service: Service
) -> None:
    path = f"/services/{service.slug}/"
    assert f"/integrations/new/?service={service.slug}" in get(browser_of(owner), path)
    text = get(browser_of(viewer), path)
    assert "No tool can tell about this service yet" in text
    assert "/integrations/new/" not in text
    door = make_integration(service)[0]
    tell(door)
    assert f'href="/integrations/{door.pk}/"' in get(browser_of(viewer), path)


# --- Django's admin


def test_the_admin_shows_no_key(
    browser_of: Browser, admin: User, door: Integration, stormy: Incident
) -> None:
    browser = browser_of(admin)
    for name, row in (
        ("integration", door),
        ("event", Event.objects.first()),
        ("alert", Alert.objects.first()),
    ):
        assert row
        assert browser.get(f"/admin/alerts/{name}/").status_code == 200
        text = get(browser, f"/admin/alerts/{name}/{row.pk}/change/")
        assert door.key_digest not in text
        assert door.key_sealed not in text
