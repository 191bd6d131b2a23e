"""The page of alerts: also those that have no incident, and why each is where it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from alerts.models import Alert, Mute, Outcome, Route
from catalog.models import Service
from incidents.models import Incident
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture
def fired(service: Service) -> Callable[..., Alert]:
    integration = make_integration(service)[0]

    def fire(summary: str, **fields: Any) -> Alert:
        given = {"severity": "error", "started_at": NOW, "last_seen_at": NOW, "service": service, **fields}
        return Alert.objects.create(integration=integration, dedup_key=summary, summary=summary, **given)

    return fire


@pytest.fixture
def all_sorts(fired: Callable[..., Alert], service: Service) -> dict[str, Alert]:
    mute = Mute.objects.create(
        name="Database move", starts_at=NOW, ends_at=NOW + timedelta(hours=1), created_at=NOW
    )
    route = Route.objects.create(name="Staging", outcome=Outcome.ALERT, created_at=NOW, changed_at=NOW)
    incident = Incident.objects.create(service=service, title="Down", started_at=NOW, created_at=NOW)
    return {
        "placed": fired("on an incident", incident=incident, why="grouped with #1 by service"),
        "held": fired("held back", held_until=NOW + timedelta(seconds=40)),
        "muted": fired("muted one", mute=mute),
        "only": fired("only recorded", outcome=Outcome.ALERT, route=route, severity="critical"),
        "over": fired("over now", state="resolved", resolved_at=NOW, ended_by="silence"),
    }


def listed(browser: Client, query: str = "") -> set[str]:
    answers = [browser.get(f"/alerts/{path}{query}") for path in ("", "rows/")]
    found = [{each.alert.summary for each in answer.context["alerts"]} for answer in answers]
    assert found[0] == found[1]
    return found[0]


def test_open_alerts_without_an_incident_are_listed_and_filtered(
    browser_of: Browser, viewer: User, all_sorts: dict[str, Alert]
) -> None:
    browser = browser_of(viewer)
    assert listed(browser) == {"on an incident", "held back", "muted one", "only recorded"}
    assert listed(browser, "?state=over") == {"over now"}
    assert listed(browser, "?place=held") == {"held back"}
    assert listed(browser, "?place=muted") == {"muted one"}
    assert listed(browser, "?place=only") == {"only recorded"}
    assert listed(browser, "?place=incident") == {"on an incident"}
    assert listed(browser, "?severity=critical") == {"only recorded"}
    assert listed(browser, "?q=HELD&service=payments-api") == {"held back"}
    assert listed(browser, "?service=none-such") == set()
    assert len(listed(browser, "?state=%00&place=x&severity=y&q=%00")) == 4


def test_the_worst_comes_first(browser_of: Browser, viewer: User, all_sorts: dict[str, Alert]) -> None:
    shown = browser_of(viewer).get("/alerts/").context["alerts"]
    assert shown[0].alert.summary == "only recorded"


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("placed", "grouped with #1 by service"),
        ("held", "if it resolves by itself, nobody is woken"),
        ("muted", "Muted by “Database move”"),
        ("only", "as route “Staging” says"),
        ("over", "Nothing more was heard of it"),
    ],
)
def test_an_alert_says_why_it_is_where_it_is(
    browser_of: Browser, viewer: User, all_sorts: dict[str, Alert], which: str, said: str
) -> None:
    text = browser_of(viewer).get(f"/alerts/{all_sorts[which].pk}/").content.decode()
    assert said in text


def test_queries_of_the_list_do_not_grow(
    browser_of: Browser, viewer: User, fired: Callable[..., Alert], django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        fired(f"alert {number}")
    browser = browser_of(viewer)
    browser.get("/alerts/")
    with django_assert_max_num_queries(10):
        assert len(browser.get("/alerts/").context["alerts"]) == 50


def test_an_alert_without_incident_reads_so_by_the_api(
    browser_of: Browser, viewer: User, all_sorts: dict[str, Alert]
) -> None:
    body = browser_of(viewer).get(f"/api/v1/alerts/{all_sorts['muted'].pk}").json()
    assert (body["incident"], body["mute"], body["service"]["slug"]) == (
        None,
        all_sorts["muted"].mute_id,
        "payments-api",
    )
    assert browser_of(viewer).get("/api/v1/alerts?service=payments-api").json()["results"]


def test_nobody_reads_alerts_without_signing_in(all_sorts: dict[str, Alert]) -> None:
    assert Client().get("/alerts/").status_code == 302
