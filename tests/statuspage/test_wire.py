"""JSON in exactly the shape of Statuspage's public API v2."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from catalog.models import Service
from statuspage import actions
from statuspage.models import Component, Rendition, StatusPage
from tests.statuspage.conftest import Tell

PAGE = {"id", "name", "url", "time_zone", "updated_at"}
SUMMARY = {"page", "components", "incidents", "scheduled_maintenances", "status"}
COMPONENT = {
    *(
        "id",
        "name",
        "status",
        "created_at",
        "updated_at",
        "position",
        "description",
        "showcase",
        "start_date",
    ),
    *("group_id", "page_id", "group", "only_show_if_degraded"),
}
INCIDENT = {
    *(
        "id",
        "name",
        "status",
        "created_at",
        "updated_at",
        "monitoring_at",
        "resolved_at",
        "impact",
        "shortlink",
    ),
    *("started_at", "page_id", "incident_updates", "components", "reminder_intervals"),
}
UPDATE = {
    *("id", "status", "body", "incident_id", "created_at", "updated_at", "display_at", "affected_components"),
    *("deliver_notifications", "custom_tweet", "tweet_id"),
}
AFFECTED = {"code", "name", "old_status", "new_status"}


@pytest.fixture
def read(page: StatusPage) -> Callable[[str], Any]:
    """A rendered document of the API."""
    return lambda name: json.loads(Rendition.objects.get(page=page, path=f"api/v2/{name}").body)


Read = Callable[[str], Any]


def test_every_object_has_statuspages_keys_and_no_other(component: Component, tell: Tell, read: Read) -> None:
    tell("investigating")
    summary = read("summary.json")
    assert set(summary) == SUMMARY
    assert set(summary["page"]) == PAGE
    assert set(summary["status"]) == {"indicator", "description"}
    assert set(summary["components"][0]) == COMPONENT
    [incident] = summary["incidents"]
    assert set(incident) == INCIDENT
    assert set(incident["components"][0]) == COMPONENT
    assert set(incident["incident_updates"][0]) == UPDATE
    assert set(incident["incident_updates"][0]["affected_components"][0]) == AFFECTED


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("status.json", {"page", "status"}),
        ("components.json", {"page", "components"}),
        ("incidents.json", {"page", "incidents"}),
        ("incidents/unresolved.json", {"page", "incidents"}),
        ("scheduled-maintenances.json", {"page", "scheduled_maintenances"}),
        ("scheduled-maintenances/upcoming.json", {"page", "scheduled_maintenances"}),
        ("scheduled-maintenances/active.json", {"page", "scheduled_maintenances"}),
    ],
)
def test_each_document_carries_the_page_and_its_list(read: Read, name: str, keys: set[str]) -> None:
    document = read(name)
    assert set(document) == keys
    assert set(document["page"]) == PAGE


def test_an_outage_is_on_the_component_the_page_and_the_incident(
    component: Component, tell: Tell, read: Read
) -> None:
    tell("investigating", "major_outage")
    summary = read("summary.json")
    assert summary["components"][0]["status"] == "major_outage"
    assert summary["status"] == {"indicator": "critical", "description": "Major System Outage"}
    [incident] = summary["incidents"]
    assert (incident["name"], incident["status"], incident["impact"]) == (
        "Payments answer slowly",
        "investigating",
        "critical",
    )


def test_a_resolved_incident_leaves_the_summary_and_stays_in_the_list(
    component: Component, tell: Tell, read: Read, now: datetime
) -> None:
    tell("investigating", "partial_outage")
    tell("monitoring", "degraded_performance", at=now + timedelta(minutes=10))
    tell("resolved", "operational", at=now + timedelta(minutes=20))
    assert read("summary.json")["incidents"] == []
    assert read("incidents/unresolved.json")["incidents"] == []
    assert read("status.json")["status"] == {"indicator": "none", "description": "All Systems Operational"}
    [incident] = read("incidents.json")["incidents"]
    assert (incident["status"], incident["impact"]) == ("resolved", "major")
    assert (incident["monitoring_at"], incident["resolved_at"]) == (
        "2026-03-10T12:10:00.000Z",
        "2026-03-10T12:20:00.000Z",
    )


def test_updates_come_newest_first_and_say_what_changed_for_components(
    component: Component, tell: Tell, read: Read, now: datetime
) -> None:
    tell("investigating", "major_outage", "First.")
    tell("monitoring", "degraded_performance", "Second.", at=now + timedelta(minutes=10))
    updates = read("summary.json")["incidents"][0]["incident_updates"]
    assert [update["body"] for update in updates] == ["Second.", "First."]
    steps = [
        (update["affected_components"][0]["old_status"], update["affected_components"][0]["new_status"])
        for update in updates
    ]
    assert steps == [("major_outage", "degraded_performance"), ("operational", "major_outage")]


def test_a_group_stands_before_its_members_and_names_them(
    page: StatusPage, read: Read, now: datetime
) -> None:
    for name in ("Cards", "Wallets"):
        actions.add_component(
            actor=None, page=page, name=name, group="Payments", status_override="partial_outage", now=now
        )
    group, cards, wallets = read("components.json")["components"]
    assert set(group) == COMPONENT | {"components"}
    assert (group["group"], group["name"], group["status"]) == (True, "Payments", "partial_outage")
    assert group["components"] == [cards["id"], wallets["id"]]
    assert cards["group_id"] == wallets["group_id"] == group["id"]
    assert [cards["position"], wallets["position"]] == [1, 2]


def test_ids_are_twelve_letters_or_digits_and_stay(
    component: Component, tell: Tell, read: Read, now: datetime
) -> None:
    tell("investigating")
    before = read("summary.json")
    tell("identified", at=now + timedelta(minutes=5))
    after = read("summary.json")
    for one in (before, after):
        for found in (
            one["page"],
            one["components"][0],
            one["incidents"][0],
            one["incidents"][0]["incident_updates"][-1],
        ):
            assert len(found["id"]) == 12
            assert set(found["id"]) <= set("0123456789abcdefghijklmnopqrstuvwxyz")
    assert before["incidents"][0]["id"] == after["incidents"][0]["id"]
    assert (
        before["incidents"][0]["incident_updates"][0]["id"]
        == after["incidents"][0]["incident_updates"][1]["id"]
    )


def test_times_carry_the_pages_offset(
    page: StatusPage, component: Component, tell: Tell, read: Read, owner: User, now: datetime
) -> None:
    actions.change_page(
        actor=owner,
        page=page,
        name="Acme",
        headline="",
        support_url="",
        time_zone="America/Denver",
        is_default=True,
        now=now,
    )
    tell("investigating")
    summary = read("summary.json")
    assert summary["page"]["time_zone"] == "America/Denver"
    assert summary["incidents"][0]["created_at"] == "2026-03-10T06:00:00.000-06:00"


def test_text_cannot_end_a_script_that_it_is_pasted_into(
    page: StatusPage, component: Component, tell: Tell
) -> None:
    tell("investigating", body="</script><script>alert(1)</script> & more")
    body = Rendition.objects.get(page=page, path="api/v2/summary.json").body
    assert not set("<>&") & set(body)
    [incident] = json.loads(body)["incidents"]
    assert incident["incident_updates"][0]["body"] == "</script><script>alert(1)</script> & more"


def test_a_service_behind_two_components_degrades_both(
    page: StatusPage, component: Component, service: Service, tell: Tell, read: Read, now: datetime
) -> None:
    actions.add_component(actor=None, page=page, name="Refunds", services=[service], now=now)
    actions.add_component(actor=None, page=page, name="Search", now=now)
    tell("investigating", "partial_outage")
    statuses = {one["name"]: one["status"] for one in read("components.json")["components"]}
    assert statuses == {"Checkout": "partial_outage", "Refunds": "partial_outage", "Search": "operational"}
