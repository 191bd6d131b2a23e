"""Filters, pages, and a number of queries that does not grow with what is listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from alerts.models import Alert, Integration
from catalog.models import Service
from incidents.actions.transitions import acknowledge, change_state
from incidents.actions.writing import add_note
from incidents.models import Incident
from postmortems import actions as postmortems
from tests.api.conftest import make_declared, make_triaged
from tests.making import make_policy, make_schedule, make_service, make_team, make_user
from tests.postmortems.conftest import make_page

FEW, MANY = 5, 50


def numbers(client: Client, query: str) -> list[int]:
    answer = client.get(f"/api/v1/incidents?{query}")
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["results"]]


@pytest.fixture
def mixed(
    service: Service, other_team: Team, stranger: User, member: User, now: datetime
) -> dict[str, Incident]:
    """Three of one service in different states, one of another team's."""
    policy = make_policy(other_team, (stranger,), fallback=(stranger,))
    other = make_service(other_team, policy, "Search API")
    found = {
        "triage": make_triaged(service, now, "Kafka lags behind"),
        "active": make_declared(service, member, now),
        "resolved": make_declared(service, member, now - timedelta(days=2), "Disk is full"),
        "other": make_triaged(other, now + timedelta(hours=1), "Index is stale"),
    }
    change_state(incident_id=found["resolved"].pk, verb="resolve", actor=member, now=now)
    add_note(incident_id=found["active"].pk, actor=member, text="It smells of quinces", now=now)
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["other", "resolved", "active", "triage"]),
        ("state=triage", ["other", "triage"]),
        ("state=triage&state=resolved", ["other", "resolved", "triage"]),
        ("state=triage,active", ["other", "active", "triage"]),
        ("open=true", ["other", "active", "triage"]),
        ("open=false", ["resolved"]),
        ("open=", ["other", "resolved", "active", "triage"]),
        ("service=payments-api", ["resolved", "active", "triage"]),
        ("service=payments-api&open=true&state=active", ["active"]),
        ("team=search", ["other"]),
        ("team=nobodys", []),
        ("severity=2", ["resolved", "active"]),
        ("severity=1,3", []),
        ("urgency=high", ["other", "resolved", "active", "triage"]),
        ("urgency=low", []),
        ("q=kafka", ["triage"]),
        ("q=quinces", ["active"]),
        ("since=2026-03-10T12:00:00Z", ["other", "active", "triage"]),
        ("until=2026-03-10T12:00:00Z", ["resolved"]),
        ("since=2026-03-10T13:00:00%2B01:00&until=2026-03-10T12:00:01Z", ["active", "triage"]),
    ],
)
def test_a_filter_leaves_what_it_says(
    as_viewer: Client, mixed: dict[str, Incident], query: str, expected: list[str]
) -> None:
    assert numbers(as_viewer, query) == [mixed[name].pk for name in expected]


def test_a_number_finds_its_incident(as_viewer: Client, mixed: dict[str, Incident]) -> None:
    assert numbers(as_viewer, f"q=%23{mixed['other'].pk}") == [mixed["other"].pk]


@pytest.mark.parametrize(
    "query",
    [
        "state=broken",
        "open=maybe",
        "service=no%20slug",
        "service=%00",
        "team=../..",
        "severity=9",
        "severity=high",
        "urgency=3",
        "q=%00",
        "q=" + "x" * 201,
        "since=yesterday",
        "since=1066-10-14T09:00:00Z",
        "until=99999-01-01T00:00:00Z",
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1e3",
        "limit=９",
        "limit=" + "9" * 30,
        "offset=-1",
        "offset=x",
        "offset=" + "9" * 30,
    ],
)
def test_a_filter_that_makes_no_sense_is_named(as_viewer: Client, db: None, query: str) -> None:
    answer = as_viewer.get(f"/api/v1/incidents?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]


@pytest.mark.parametrize("text", ["'", '"', "a:*", "-", "!()&|<->", "\\", "%25", "<script>", "or and not"])
def test_any_words_can_be_searched_for(as_viewer: Client, db: None, text: str) -> None:
    assert as_viewer.get("/api/v1/incidents", {"q": text}).status_code == 200


def test_a_list_comes_in_pages(as_viewer: Client, service: Service, now: datetime) -> None:
    made = [make_triaged(service, now).pk for _ in range(5)]
    first = as_viewer.get("/api/v1/incidents?limit=2&open=true").json()
    assert (first["count"], first["previous"]) == (5, None)
    second = as_viewer.get(first["next"]).json()
    assert [each["id"] for each in first["results"] + second["results"]] == made[:0:-1]
    assert "open=true" in second["next"]
    assert as_viewer.get("/api/v1/incidents?offset=10000000").json()["results"] == []
    assert len(as_viewer.get("/api/v1/incidents?limit=1000000").json()["results"]) == 5


# --- Queries


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    assert answer.status_code == 200
    return len(captured)


def _incidents(service: Service, owner: User, now: datetime) -> str:
    person = make_user()
    declared, triaged = make_declared(service, person, now), make_triaged(service, now)
    acknowledge(incident_id=triaged.pk, actor=person, now=now)
    assert declared.pk
    return "/api/v1/incidents?limit=200"


def _entries(service: Service, owner: User, now: datetime) -> str:
    incident = Incident.objects.first() or make_declared(service, owner, now)
    add_note(incident_id=incident.pk, actor=make_user(), text="Seen", now=now)
    return f"/api/v1/incidents/{incident.pk}/timeline?limit=200"


def _deliveries(service: Service, owner: User, now: datetime) -> str:
    incident = Incident.objects.first() or make_declared(service, owner, now)
    person = make_user()
    make_page(incident, person, now, key=f"page-{person.pk}")
    return f"/api/v1/incidents/{incident.pk}/deliveries?limit=200"


def _services(service: Service, owner: User, now: datetime) -> str:
    team = make_team(managers=(owner,))
    policy = make_policy(team, (make_schedule(team, (make_user(),)),), fallback=(owner,))
    made = make_service(team, policy)
    made.depends_on.add(service)
    make_triaged(made, now)
    return "/api/v1/services?limit=200"


def _schedules(service: Service, owner: User, now: datetime) -> str:
    make_schedule(make_team(), (make_user(), make_user()))
    return "/api/v1/oncall?limit=200"


def _people(service: Service, owner: User, now: datetime) -> str:
    make_team(members=(make_user(), make_user()))
    return "/api/v1/users?limit=200"


def _postmortems(service: Service, owner: User, now: datetime) -> str:
    person = make_user()
    incident = make_declared(service, person, now)
    change_state(incident_id=incident.pk, verb="resolve", actor=person, now=now)
    incident.refresh_from_db()
    postmortems.start(incident=incident, actor=person, now=now)
    return "/api/v1/postmortems?limit=200"


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (_incidents, 6),
        (_entries, 6),
        (_deliveries, 8),
        (_services, 20),
        (_schedules, 12),
        (_people, 6),
        (_postmortems, 5),
    ],
)
def test_a_list_of_fifty_asks_no_more_than_one_of_five(
    as_viewer: Client,
    service: Service,
    owner: User,
    now: datetime,
    make: Callable[[Service, User, datetime], str],
    most: int,
) -> None:
    path = [make(service, owner, now) for _ in range(FEW)][-1]
    queries_of(as_viewer, path)  # the first use of a token is noted
    few = queries_of(as_viewer, path)
    for _ in range(MANY - FEW):
        make(service, owner, now)
    assert queries_of(as_viewer, path) == few
    assert few <= most


def test_a_list_of_alerts_asks_no_more_for_fifty_than_for_five(
    as_viewer: Client, triaged: Incident, integration: tuple[Integration, str], now: datetime
) -> None:
    path = "/api/v1/alerts?limit=200"
    make_alerts(integration[0], triaged, now, FEW)
    queries_of(as_viewer, path)
    few = queries_of(as_viewer, path)
    make_alerts(integration[0], triaged, now, MANY, "more")
    assert queries_of(as_viewer, path) == few <= 4


def make_alerts(
    integration: Integration, incident: Incident, now: datetime, number: int, name: str = "disk"
) -> list[Alert]:
    return Alert.objects.bulk_create(
        Alert(
            integration=integration,
            incident=incident,
            service=incident.service,
            dedup_key=f"{name}-{place}",
            severity="critical",
            summary=f"{name} {place} is full",
            details={"place": place},
            started_at=now,
            last_seen_at=now,
        )
        for place in range(number)
    )
