"""Acting on incidents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.models import Service
from incidents.actions.transitions import change_state
from incidents.models import EntryKind, EscalationState, Incident, State, Update
from tests.api.conftest import client_of
from tests.making import make_service
from tests.postmortems.conftest import make_page


def post(client: Client, incident: Incident, verb: str, body: Any = None, **headers: str) -> Any:
    path = f"/api/v1/incidents/{incident.pk}/{verb}"
    return client.post(path, {} if body is None else body, "application/json", headers=headers)


def test_an_incident_is_shown_with_its_timer_and_what_can_be_done(
    as_stranger: Client, triaged: Incident, service: Service
) -> None:
    shown = as_stranger.get(f"/api/v1/incidents/{triaged.pk}").json()
    assert shown["id"] == triaged.pk
    assert shown["url"].endswith(f"/incidents/{triaged.pk}/")
    assert shown["service"] == {
        "slug": service.slug,
        "name": service.name,
        "team": {"slug": "payments", "name": "Payments"},
    }
    assert (shown["state"], shown["severity"], shown["is_open"], shown["is_paging"]) == (
        "triage",
        None,
        True,
        True,
    )
    assert shown["escalation"]["state"] == "running"
    assert shown["allowed"] == ["acknowledge", "declare", "resolve", "dismiss"]
    assert "plan" not in shown["escalation"]


# --- Declaring


def test_a_responder_declares_an_incident_that_pages(
    as_member: Client, member: User, service: Service
) -> None:
    body = {"service": service.slug, "title": " Checkout\nis down ", "severity": 1, "summary": "502s"}
    answer = as_member.post("/api/v1/incidents", body, "application/json")
    assert answer.status_code == 201
    made = answer.json()
    assert answer["Location"].endswith(f"/api/v1/incidents/{made['id']}")
    assert (made["title"], made["state"], made["severity"]) == ("Checkout is down", "active", 1)
    assert made["is_paging"] is True
    assert made["roles"][0]["user"] == {"id": member.pk, "name": member.name}
    assert as_member.get(answer["Location"]).json()["id"] == made["id"]


def test_an_incident_is_declared_without_paging_and_with_its_beginning(
    as_member: Client, service: Service
) -> None:
    body = {
        "service": service.slug,
        "title": "Slow",
        "severity": 3,
        "page": False,
        "started_at": "2026-03-01T08:00:00+01:00",
    }
    if timezone.now() < datetime(2026, 3, 2, tzinfo=UTC):
        body["started_at"] = "2025-03-01T08:00:00+01:00"
    made = as_member.post("/api/v1/incidents", body, "application/json").json()
    assert made["is_paging"] is False
    assert made["escalation"] is None
    assert made["started_at"].endswith("-03-01T07:00:00Z")


def test_the_same_key_declares_one_incident_only(
    as_member: Client, as_stranger: Client, service: Service
) -> None:
    body = {"service": service.slug, "title": "Down", "severity": 2}
    key = {"Idempotency-Key": "retry-1"}
    first = as_member.post("/api/v1/incidents", body, "application/json", headers=key)
    again = as_member.post(
        "/api/v1/incidents", dict(reversed(list(body.items()))), "application/json", headers=key
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    # Keys belong to people.
    other = as_stranger.post("/api/v1/incidents", body, "application/json", headers=key)
    assert other.status_code == 201
    assert Incident.objects.count() == 2


def test_the_same_key_with_another_body_is_a_problem(as_member: Client, service: Service) -> None:
    body = {"service": service.slug, "title": "Down", "severity": 2}
    key = {"Idempotency-Key": "retry-1"}
    as_member.post("/api/v1/incidents", body, "application/json", headers=key)
    answer = as_member.post("/api/v1/incidents", {**body, "severity": 1}, "application/json", headers=key)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert "Use a new key" in answer.json()["detail"]
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 121, "schlüssel", "tab\tin it"])
def test_a_key_that_is_none_is_refused(as_member: Client, service: Service, key: str) -> None:
    body = {"service": service.slug, "title": "Down", "severity": 2}
    answer = as_member.post("/api/v1/incidents", body, "application/json", headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["Idempotency-Key"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", " \n "),
        ("title", "x" * 301),
        ("title", "nul\x00"),
        ("title", "\ud800"),
        ("title", {"nested": "value"}),
        ("title", None),
        ("severity", 0),
        ("severity", 5),
        ("severity", True),
        ("severity", "one"),
        ("severity", "\ud800"),
        ("severity", []),
        ("service", "no-such-service"),
        ("service", "nul\x00"),
        ("service", "x" * 10_000),
        ("service", ["payments-api"]),
        ("summary", "x" * 10_001),
        ("summary", "nul\x00"),
        ("page", "perhaps"),
        ("page", None),
        ("started_at", "yesterday"),
        ("started_at", "1999-12-31T23:59:59Z"),
        ("started_at", "0001-01-01T00:00:00+14:00"),
        ("started_at", "2099-01-01T00:00:00Z"),
        ("started_at", "9999-12-31T23:59:59-14:00"),
        ("started_at", 12),
        ("titel", "mistyped"),
        ("\ud800", "half a character"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(
    as_member: Client, service: Service, field: str, value: object
) -> None:
    body = {"service": service.slug, "title": "Down", "severity": 2, field: value}
    answer = as_member.post("/api/v1/incidents", body, "application/json")
    assert answer.status_code == 400
    problem = answer.json()
    assert (problem["status"], problem["detail"]) == (400, "Some fields are not valid.")
    assert list(problem["errors"]) == [field.replace("\ud800", "")]
    assert not Incident.objects.exists()


def test_a_field_is_missing(as_member: Client, db: None) -> None:
    problem = as_member.post("/api/v1/incidents", {}, "application/json").json()
    assert sorted(problem["errors"]) == ["service", "severity", "title"]


def test_an_archived_service_takes_no_incident(as_member: Client, service: Service, now: datetime) -> None:
    Service.objects.filter(pk=service.pk).update(archived_at=now)
    body = {"service": service.slug, "title": "Down", "severity": 2}
    answer = as_member.post("/api/v1/incidents", body, "application/json")
    assert list(answer.json()["errors"]) == ["service"]


# --- Acknowledging and moving


def test_the_first_acknowledgement_stops_paging_and_the_second_changes_nothing(
    as_member: Client, as_stranger: Client, member: User, triaged: Incident
) -> None:
    first = post(as_member, triaged, "acknowledge")
    assert first.status_code == 200
    assert (first.json()["first"], first.json()["state"]) == (True, "acknowledged")
    assert first.json()["acknowledged_by"]["id"] == member.pk
    assert first.json()["is_paging"] is False
    second = post(as_stranger, triaged, "acknowledge")
    assert (second.status_code, second.json()["first"]) == (200, False)
    assert second.json()["acknowledged_by"]["id"] == member.pk
    entry = triaged.timeline.get(kind=EntryKind.ACKNOWLEDGED)
    assert entry.data["via"] == "api"


def test_what_is_over_cannot_be_acknowledged(
    as_member: Client, triaged: Incident, member: User, now: datetime
) -> None:
    change_state(incident_id=triaged.pk, verb="resolve", actor=member, now=now)
    answer = post(as_member, triaged, "acknowledge")
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert "over" in answer.json()["detail"]


def test_a_triaged_incident_is_declared_and_somebody_leads(
    as_member: Client, owner: User, triaged: Incident
) -> None:
    answer = post(as_member, triaged, "declare", {"severity": 2, "commander": owner.pk})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["severity"]) == ("active", 2)
    assert answer.json()["roles"][0]["user"]["id"] == owner.pk
    triaged.escalation.refresh_from_db()
    assert triaged.escalation.state == EscalationState.STOPPED


@pytest.mark.parametrize("commander", [0, 2**70, 1e300, True, "x", [], {"id": 1}])
def test_nobody_leads_who_is_not_there(as_member: Client, triaged: Incident, commander: object) -> None:
    answer = post(as_member, triaged, "declare", {"severity": 2, "commander": commander})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["commander"]


def test_a_viewer_cannot_be_made_to_lead(as_member: Client, viewer: User, triaged: Incident) -> None:
    answer = post(as_member, triaged, "declare", {"severity": 2, "commander": viewer.pk})
    assert list(answer.json()["errors"]) == ["commander"]


def test_an_incident_is_walked_through_its_states(as_member: Client, declared: Incident) -> None:
    steps = [
        ("mitigate", "mitigated"),
        ("relapse", "active"),
        ("monitor", "monitoring"),
        ("resolve", "resolved"),
        ("reopen", "active"),
    ]
    for verb, state in steps:
        answer = post(as_member, declared, "transition", {"verb": verb, "note": "As **seen**"})
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    answer = post(as_member, declared, "resolve", {"note": "Rolled back"})
    assert (answer.status_code, answer.json()["is_open"]) == (200, False)
    assert declared.timeline.order_by("number").last().text == "Resolved. Rolled back"  # type: ignore[union-attr]


def test_a_move_that_the_state_does_not_allow_names_those_that_it_does(
    as_member: Client, declared: Incident
) -> None:
    answer = post(as_member, declared, "transition", {"verb": "dismiss"})
    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["title"], problem["state"]) == ("Conflict", "active")
    assert problem["allowed"] == ["acknowledge", "mitigate", "monitor", "resolve"]
    declared.refresh_from_db()
    assert declared.state == State.ACTIVE


def test_declaring_twice_is_a_conflict(as_member: Client, declared: Incident) -> None:
    answer = post(as_member, declared, "declare", {"severity": 1})
    assert (answer.status_code, answer.json()["allowed"][0]) == (409, "acknowledge")


def test_an_unknown_verb_is_refused(as_member: Client, declared: Incident) -> None:
    answer = post(as_member, declared, "transition", {"verb": "explode"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["verb"])


@pytest.mark.parametrize("verb", ["acknowledge", "resolve", "declare", "transition", "notes", "updates"])
@pytest.mark.parametrize("number", ["4711", "0", "9" * 18, "9" * 30])
def test_an_incident_that_was_never_opened_is_not_found(
    as_member: Client, db: None, verb: str, number: str
) -> None:
    body = {
        "declare": {"severity": 1},
        "transition": {"verb": "mitigate"},
        "notes": {"text": "x"},
        "updates": {"phase": "identified", "body": "x"},
    }.get(verb, {})
    answer = as_member.post(f"/api/v1/incidents/{number}/{verb}", body, "application/json")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("part", ["", "/notes", "/timeline", "/deliveries", "/updates"])
@pytest.mark.parametrize("number", ["4711", "9" * 18, "9" * 19, "-1", "1.5", "x", "%00", "１"])
def test_a_number_without_an_incident_is_not_found(
    as_member: Client, db: None, number: str, part: str
) -> None:
    answer = as_member.get(f"/api/v1/incidents/{number}{part}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


# --- Notes, timeline, ledger, updates


def test_a_note_is_written_and_read(as_member: Client, as_viewer: Client, declared: Incident) -> None:
    body = {"text": "The pool is **exhausted**", "kind": "hypothesis", "happened_at": "2025-03-01T08:00:00Z"}
    answer = post(as_member, declared, "notes", body)
    assert answer.status_code == 201
    assert (answer.json()["kind"], answer.json()["happened_at"]) == ("hypothesis", "2025-03-01T08:00:00Z")
    plain = post(as_member, declared, "notes", {"text": "<script>alert(1)</script>"}).json()
    assert (plain["kind"], plain["text"]) == ("note", "<script>alert(1)</script>")
    read = as_viewer.get(f"/api/v1/incidents/{declared.pk}/notes").json()
    assert [each["kind"] for each in read["results"]] == ["hypothesis", "note"]


@pytest.mark.parametrize(
    "body",
    [
        {"text": ""},
        {"text": "  "},
        {"text": "\x01\x02"},
        {"text": "x" * 20_001},
        {"text": "x", "kind": "paged"},
        {"text": "x", "happened_at": "2099-01-01T00:00:00Z"},
        {"text": "x", "happened_at": "2150-01-01T00:00:00Z"},
    ],
)
def test_a_note_that_cannot_be_is_refused(
    as_member: Client, declared: Incident, body: dict[str, str]
) -> None:
    before = declared.timeline_length
    answer = post(as_member, declared, "notes", body)
    assert answer.status_code == 400
    assert answer.json()["errors"]
    declared.refresh_from_db()
    assert declared.timeline_length == before


def test_the_timeline_shows_both_times_and_the_chain(as_viewer: Client, declared: Incident) -> None:
    entries = as_viewer.get(f"/api/v1/incidents/{declared.pk}/timeline").json()["results"]
    assert [each["number"] for each in entries] == [1, 2]
    assert entries[1]["previous"] == entries[0]["hash"]
    assert entries[-1]["hash"] == declared.timeline_head
    assert {"happened_at", "recorded_at", "data", "actor", "text", "kind"} <= set(entries[0])


def test_the_ledger_shows_attempts_and_hides_addresses_from_others(
    as_viewer: Client, member: User, admin: User, declared: Incident, now: datetime
) -> None:
    make_page(declared, member, now)
    path = f"/api/v1/incidents/{declared.pk}/deliveries"
    [seen] = as_viewer.get(path).json()["results"]
    assert (seen["user"]["name"], seen["state"], seen["step"]) == (member.name, "sent", 1)
    assert [each["answer"] for each in seen["attempts"]] == ["451 try again later", "250 Ok: queued as 778"]
    assert seen["address"] == ""
    assert member.email not in as_viewer.get(path).content.decode()
    for person in (member, admin):
        assert client_of(person).get(path).json()["results"][0]["address"] == member.email


def test_an_update_is_public_unless_said_otherwise(as_member: Client, declared: Incident) -> None:
    told = post(
        as_member,
        declared,
        "updates",
        {"phase": "identified", "impact": "major_outage", "body": "A bad release."},
    )
    assert told.status_code == 201
    assert (told.json()["is_public"], told.json()["impact"]) == (True, "major_outage")
    quiet = post(
        as_member, declared, "updates", {"phase": "monitoring", "body": "Better", "is_public": False}
    )
    assert (quiet.json()["is_public"], quiet.json()["impact"]) == (False, "major_outage")
    assert Update.objects.public().count() == 1
    listed = as_member.get(f"/api/v1/incidents/{declared.pk}/updates").json()["results"]
    assert [each["phase"] for each in listed] == ["identified", "monitoring"]


def test_an_update_without_words_is_refused(as_member: Client, declared: Incident) -> None:
    answer = post(as_member, declared, "updates", {"phase": "identified", "body": "\x07"})
    assert answer.status_code == 400
    assert not Update.objects.exists()


def test_a_clock_that_runs_a_little_ahead_is_taken_as_now(as_member: Client, service: Service) -> None:
    soon = (timezone.now() + timedelta(minutes=2)).isoformat()
    body = {"service": service.slug, "title": "Down", "severity": 2, "started_at": soon}
    answer = as_member.post("/api/v1/incidents", body, "application/json")
    assert answer.status_code == 201
    assert Incident.objects.get().started_at <= timezone.now()


def test_a_service_with_people_of_no_policy_step_still_takes_incidents(
    as_member: Client, service: Service
) -> None:
    quiet = make_service(service.team, service.policy, "Search")
    body = {"service": quiet.slug, "title": "Down", "severity": 4}
    made = as_member.post("/api/v1/incidents", body, "application/json").json()
    assert (made["urgency"], made["service"]["slug"]) == ("low", "search")
