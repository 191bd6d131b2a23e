"""Alerts, services, who is on call, and people."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Team, User
from alerts.models import Integration
from catalog.models import Service
from incidents.models import Incident
from oncall.models import Schedule
from tests.api.conftest import client_of
from tests.api.test_lists import make_alerts
from tests.making import make_schedule, make_service


def test_an_alert_is_listed_in_short_and_read_in_full(
    as_viewer: Client, triaged: Incident, integration: tuple[Integration, str], now: datetime
) -> None:
    door, key = integration
    [alert] = make_alerts(door, triaged, now, 1)
    [short] = as_viewer.get(f"/api/v1/alerts?incident={triaged.pk}").json()["results"]
    assert (short["id"], short["incident"], short["state"]) == (alert.pk, triaged.pk, "open")
    assert short["integration"] == {"id": door.pk, "name": door.name, "kind": "pagerduty"}
    assert short["service"]["slug"] == "payments-api"
    assert "details" not in short
    answer = as_viewer.get(f"/api/v1/alerts/{alert.pk}")
    assert answer.json()["details"] == {"place": 0}
    assert key not in answer.content.decode()


def test_alerts_are_filtered(
    as_viewer: Client, triaged: Incident, integration: tuple[Integration, str], now: datetime
) -> None:
    make_alerts(integration[0], triaged, now, 2)
    asked = {
        "state=open": 2,
        "state=resolved,acknowledged": 0,
        "service=payments-api": 2,
        "service=other": 0,
        "incident=999": 0,
        "since=2026-03-10T12:00:00Z": 2,
        "since=2026-03-10T12:00:01Z": 0,
    }
    assert {query: as_viewer.get(f"/api/v1/alerts?{query}").json()["count"] for query in asked} == asked


@pytest.mark.parametrize("query", ["incident=x", f"incident={2**70}", "state=loud", "since=1"])
def test_a_filter_of_alerts_that_makes_no_sense_is_named(as_viewer: Client, db: None, query: str) -> None:
    answer = as_viewer.get(f"/api/v1/alerts?{query}")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.partition("=")[0]])


@pytest.mark.parametrize(
    "path", ["alerts/1", "alerts/" + "9" * 40, "services/none", "services/%00", "users/1"]
)
def test_what_is_not_there_is_not_found(as_viewer: Client, db: None, path: str) -> None:
    answer = as_viewer.get(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_service_is_shown_with_its_owner_health_and_who_is_on_call(
    as_viewer: Client, service: Service, triaged: Incident, member: User
) -> None:
    base = make_service(service.team, service.policy, "Ledger")
    service.depends_on.add(base)
    shown = as_viewer.get("/api/v1/services/payments-api").json()
    assert shown["team"] == {"slug": "payments", "name": "Payments"}
    assert (shown["tier"], shown["depends_on"]) == (1, ["ledger"])
    assert shown["policy"]["id"] == service.policy_id
    assert shown["health"]["open_incidents"] == 1
    assert shown["on_call"] == [{"id": member.pk, "name": member.name}]


def test_services_are_filtered(as_viewer: Client, service: Service, now: datetime) -> None:
    gone = make_service(service.team, service.policy, "Gone")
    Service.objects.filter(pk=gone.pk).update(archived_at=now)
    asked = {
        "": ["payments-api"],
        "archived=true": ["gone"],
        "team=payments": ["payments-api"],
        "team=search": [],
        "tier=1": ["payments-api"],
        "tier=2": [],
    }
    for query, expected in asked.items():
        listed = as_viewer.get(f"/api/v1/services?{query}").json()["results"]
        assert [each["slug"] for each in listed] == expected
    assert as_viewer.get("/api/v1/services/gone").json()["archived_at"] is not None


def test_who_is_on_call_at_a_moment(as_viewer: Client, team: Team, member: User, owner: User) -> None:
    schedule = make_schedule(team, (member, owner))
    path = f"/api/v1/oncall?schedule={schedule.pk}&at="
    [first] = as_viewer.get(f"{path}2026-01-05T09:00:00Z").json()["results"]
    assert first["schedule"]["name"] == schedule.name
    assert first["people"] == [{"id": member.pk, "name": member.name}]
    assert (first["at"], first["until"]) == ("2026-01-05T09:00:00Z", "2026-01-12T09:00:00Z")
    assert first["following"] == [{"id": owner.pk, "name": owner.name}]
    # The hand-off belongs to whoever comes, and an offset is an offset.
    [second] = as_viewer.get(f"{path}2026-01-12T10:00:00%2B01:00").json()["results"]
    assert second["people"][0]["id"] == owner.pk
    [before] = as_viewer.get(f"{path}2025-06-01T00:00:00Z").json()["results"]
    assert before["people"] == []


def test_who_is_on_call_is_asked_by_team(as_viewer: Client, schedule: Schedule, other_team: Team) -> None:
    make_schedule(other_team, ())
    assert as_viewer.get("/api/v1/oncall").json()["count"] == 2
    [row] = as_viewer.get("/api/v1/oncall?team=payments").json()["results"]
    assert row["schedule"]["id"] == schedule.pk


@pytest.mark.parametrize("query", ["team=nobodys", "schedule=999999"])
def test_a_team_or_schedule_that_is_not_there_is_not_an_empty_answer(
    as_viewer: Client, db: None, query: str
) -> None:
    assert as_viewer.get(f"/api/v1/oncall?{query}").status_code == 404


@pytest.mark.parametrize("query", ["at=now", "at=2300-01-01T00:00:00Z", "at=0001-01-01", f"schedule={2**70}"])
def test_a_moment_beyond_the_calendar_is_refused(as_viewer: Client, schedule: Schedule, query: str) -> None:
    answer = as_viewer.get(f"/api/v1/oncall?{query}")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.partition("=")[0]])


@pytest.mark.parametrize("at", ["2000-01-01T00:00:00Z", "2099-12-31T23:59:59Z", "2026-03-29T02:30:00"])
def test_the_first_and_the_last_moment_have_an_answer(as_viewer: Client, schedule: Schedule, at: str) -> None:
    assert as_viewer.get(f"/api/v1/oncall?at={at}").status_code == 200


def test_everybody_learns_who_they_are(member: User, team: Team) -> None:
    me = client_of(member).get("/api/v1/users/me").json()
    assert (me["id"], me["email"], me["role"]) == (member.pk, member.email, "responder")
    assert me["teams"] == [{"slug": "payments", "name": "Payments", "role": "member"}]


def test_people_are_filtered(
    as_viewer: Client, team: Team, member: User, stranger: User, owner: User
) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)

    def found(query: str) -> set[int]:
        return {each["id"] for each in as_viewer.get(f"/api/v1/users?{query}").json()["results"]}

    assert {member.pk, stranger.pk} <= found("")
    assert owner.pk not in found("")
    assert found("q=milan") == {member.pk}
    assert found("team=payments") == {member.pk}
    assert found("active=false") == {owner.pk}


def test_an_override_is_seen_at_once(
    as_viewer: Client, schedule: Schedule, owner: User, now: datetime
) -> None:
    schedule.overrides.create(
        user=owner, starts_at=now, ends_at=now + timedelta(hours=1), created_by=owner, created_at=now
    )
    [row] = as_viewer.get("/api/v1/oncall?at=2026-03-10T12:00:00Z").json()["results"]
    assert (row["people"][0]["id"], row["until"]) == (owner.pk, "2026-03-10T13:00:00Z")
