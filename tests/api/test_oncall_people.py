"""Time off and requests for cover by the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from accounts.models import Team, User
from oncall.models import Absence, CoverRequest, CoverState, Override, Schedule
from tests.api.conftest import client_of
from tests.api.oncall import errors_of, get, made, refused, send
from tests.making import NOW
from tests.oncall.making import a_feed, an_absence

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 16, 8, tzinfo=UTC)
HIS = {"starts_at": "2026-03-16T08:00:00Z", "ends_at": "2026-03-18T08:00:00Z"}
"""In the member's next week."""
HERS = {"starts_at": "2026-03-23T08:00:00Z", "ends_at": "2026-03-24T08:00:00Z"}


@pytest.fixture(autouse=True)
def _still(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_owner(owner: User) -> Client:
    return client_of(owner)


@pytest.fixture
def rota(team: Team, member: User, owner: User) -> Schedule:
    return made(team, member, owner)


def test_time_off_names_what_it_touches_and_asks_for_cover(
    as_member: Client, rota: Schedule, member: User
) -> None:
    answer = send(as_member, "POST", "absences", {**HIS, "note": "Sea"})
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (shown["user"]["id"], shown["note"], shown["feed"]) == (member.pk, "Sea", None)
    [conflict] = shown["conflicts"]
    assert conflict["schedule"]["id"] == rota.pk
    assert (conflict["role"], conflict["start"], conflict["cover_request"]) == (
        "primary",
        HIS["starts_at"],
        None,
    )
    assert get(as_member, f"absences/{shown['id']}") == shown
    longer = {"ends_at": "2026-03-19T08:00:00Z", "ask_for_cover": True}
    answer = send(as_member, "PATCH", f"absences/{shown['id']}", longer)
    [conflict] = answer.json()["conflicts"]
    assert conflict["cover_request"] == CoverRequest.objects.get().pk
    assert answer.json()["starts_at"] == HIS["starts_at"]
    assert send(as_member, "DELETE", f"absences/{shown['id']}").status_code == 204
    assert get(as_member, "absences")["results"] == []


def test_time_off_is_seen_by_oneself_ones_managers_and_admins(
    as_member: Client,
    as_owner: Client,
    as_stranger: Client,
    as_viewer: Client,
    admin: User,
    rota: Schedule,
    member: User,
) -> None:
    row = an_absence(member, MONDAY, 24)
    for client in (as_member, as_owner, client_of(admin)):
        assert [each["id"] for each in get(client, "absences")["results"]] == [row.pk]
        assert get(client, f"absences/{row.pk}")["id"] == row.pk
    for client in (as_stranger, as_viewer):
        assert get(client, "absences")["results"] == []
        assert client.get(f"/api/v1/absences/{row.pk}").status_code == 404


def test_filters_of_time_off(
    as_owner: Client, owner: User, member: User, team: Team, other_team: Team
) -> None:
    over, mine, his = (
        an_absence(owner, NOW - 2 * DAY, 24),
        an_absence(owner, MONDAY, 24),
        an_absence(member, MONDAY + DAY, 24),
    )
    for query, rows in (
        ("", [mine, his]),
        ("since=2026-03-01T00:00:00Z", [over, mine, his]),
        ("until=2026-03-16T08:00:01Z", [mine]),
        (f"user={member.pk}", [his]),
        ("team=payments", [mine, his]),
        ("team=search", []),
    ):
        found = get(as_owner, f"absences?{query}")["results"]
        assert [each["id"] for each in found] == [each.pk for each in rows], query


def test_a_manager_enters_time_off_for_their_people_alone(
    as_owner: Client, as_stranger: Client, rota: Schedule, member: User
) -> None:
    body = {**HIS, "user": member.pk}
    assert set(errors_of(send(as_stranger, "POST", "absences", body))) == {"user"}
    answer = send(as_owner, "POST", "absences", body)
    assert (answer.status_code, answer.json()["user"]["id"]) == (201, member.pk)
    for method in ("PATCH", "DELETE"):
        assert send(as_stranger, method, f"absences/{answer.json()['id']}", {}).status_code == 404
    assert Absence.objects.get().withdrawn_at is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_at": "2026-03-16T08:00:00Z"}, "ends_at"),
        ({"ends_at": "2028-03-16T08:00:00Z"}, "ends_at"),
        ({"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-02T00:00:00Z"}, "ends_at"),
        ({"note": "x" * 201}, "note"),
        ({"user": 999_999}, "user"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"ask_for_cover": "please"}, "ask_for_cover"),
        ({"person": 1}, "person"),
        ({"starts_at": "2026-03-17T00:00:00Z", "ends_at": "2026-03-20T00:00:00Z", "overlap": 1}, "overlap"),
    ],
)
def test_time_off_that_makes_no_sense_is_refused_at_its_field(
    as_member: Client, rota: Schedule, changes: dict[str, Any], field: str
) -> None:
    body = {**HIS, **changes}
    assert set(errors_of(send(as_member, "POST", "absences", body))) == {field}
    assert not Absence.objects.exists()


def test_time_off_that_stands_there_already_or_comes_from_a_calendar(as_member: Client, member: User) -> None:
    assert send(as_member, "POST", "absences", HIS).status_code == 201
    assert set(errors_of(send(as_member, "POST", "absences", HIS))) == {"starts_at"}
    feed = a_feed(purpose="absences", user=member, name="Holidays")
    row = an_absence(member, MONDAY + 9 * DAY, 24, feed=feed, uid="1")
    assert get(as_member, f"absences/{row.pk}")["feed"] == "Holidays"
    assert "change it there" in refused(send(as_member, "DELETE", f"absences/{row.pk}"), 409)


def test_cover_is_asked_for_and_accepted(
    as_member: Client, as_owner: Client, rota: Schedule, owner: User, member: User
) -> None:
    answer = send(as_member, "POST", "cover-requests", {"schedule": rota.pk, **HIS, "note": "Sea"})
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (shown["state"], shown["asker"]["id"], shown["asked"], shown["swap"]) == (
        "open",
        member.pk,
        None,
        None,
    )
    path = f"cover-requests/{shown['id']}"
    assert get(as_owner, path) == shown
    refused(send(as_member, "POST", f"{path}/accept"), 409)
    done = send(as_owner, "POST", f"{path}/accept").json()
    assert (done["state"], done["taken_by"]["id"]) == ("accepted", owner.pk)
    [duty] = get(as_owner, f"oncall?schedule={rota.pk}&at=2026-03-17T00:00:00Z")["results"]
    assert duty["people"] == [{"id": owner.pk, "name": owner.name}]
    refused(send(as_member, "POST", f"{path}/withdraw"), 409)


def test_a_swap_a_refusal_and_a_withdrawal(
    as_member: Client, as_owner: Client, rota: Schedule, owner: User
) -> None:
    body = {"schedule": rota.pk, **HIS, "asked": owner.pk, "swap": HERS}
    shown = send(as_member, "POST", "cover-requests", body).json()
    assert shown["swap"] == HERS
    declined = send(as_owner, "POST", f"cover-requests/{shown['id']}/decline").json()
    assert declined["state"] == "declined"
    again = send(as_member, "POST", "cover-requests", body).json()
    withdrawn = send(as_member, "POST", f"cover-requests/{again['id']}/withdraw").json()
    assert withdrawn["state"] == "withdrawn"
    third = send(as_member, "POST", "cover-requests", body).json()
    assert send(as_owner, "POST", f"cover-requests/{third['id']}/accept").status_code == 200
    assert Override.objects.count() == 2


def test_a_stranger_sees_and_answers_no_request(
    as_member: Client, as_stranger: Client, as_viewer: Client, rota: Schedule
) -> None:
    shown = send(as_member, "POST", "cover-requests", {"schedule": rota.pk, **HIS}).json()
    for client in (as_stranger, as_viewer):
        assert get(client, "cover-requests")["results"] == []
        assert client.get(f"/api/v1/cover-requests/{shown['id']}").status_code == 404
    for verb in ("accept", "decline", "withdraw"):
        assert send(as_stranger, "POST", f"cover-requests/{shown['id']}/{verb}").status_code == 404
    assert CoverRequest.objects.get().state == CoverState.OPEN


def test_filters_of_requests(
    as_member: Client, as_owner: Client, rota: Schedule, admin: User, time_machine: TimeMachineFixture
) -> None:
    pk = send(as_member, "POST", "cover-requests", {"schedule": rota.pk, **HIS}).json()["id"]
    everybody = client_of(admin)
    for client, query, count in (
        (as_member, "", 1),
        (as_owner, "mine=true", 1),
        (everybody, "", 1),
        (everybody, "mine=true", 0),
        (everybody, "state=open", 1),
        (everybody, "state=expired,accepted", 0),
        (everybody, f"schedule={rota.pk}&team=payments", 1),
        (everybody, "team=search", 0),
    ):
        assert get(client, f"cover-requests?{query}")["count"] == count, query
    time_machine.move_to(MONDAY + 9 * DAY, tick=False)
    assert get(as_owner, "cover-requests?state=open")["count"] == 0
    [found] = get(as_owner, "cover-requests?state=expired")["results"]
    assert (found["id"], found["state"]) == (pk, "expired")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"schedule": 999_999}, "schedule"),
        ({"schedule": None}, "schedule"),
        ({"asked": 999_999}, "asked"),
        ({"asked": "stranger"}, "asked"),
        ({"asker": "stranger"}, "asker"),
        ({"ends_at": "2026-03-16T08:00:00Z"}, "ends_at"),
        ({"starts_at": "2026-03-23T08:00:00Z", "ends_at": "2026-03-24T08:00:00Z"}, "starts_at"),
        ({"swap": HERS}, "asked"),
        ({"swap": {**HERS, "ends_at": HERS["starts_at"]}}, "swap.ends_at"),
        ({"swap": HIS, "asked": "owner"}, "swap"),
        ({"swap": []}, "swap"),
        ({"note": "x" * 201}, "note"),
        ({"why": "Sea"}, "why"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_at_its_field(
    as_member: Client, rota: Schedule, stranger: User, owner: User, changes: dict[str, Any], field: str
) -> None:
    people = {"stranger": stranger.pk, "owner": owner.pk}
    changes = {
        key: people.get(value, value) if isinstance(value, str) else value for key, value in changes.items()
    }
    answer = send(as_member, "POST", "cover-requests", {"schedule": rota.pk, **HIS, **changes})
    assert set(errors_of(answer)) == {field}
    assert not CoverRequest.objects.exists()
