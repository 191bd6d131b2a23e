"""Escalation policies by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from accounts.models import Team, User
from catalog.models import Service
from oncall.api import policies
from oncall.api.asking import checked
from oncall.models import EscalationPolicy, PolicyStep, Revision, Schedule
from tests.api.conftest import client_of
from tests.api.oncall import get, refused, send
from tests.making import NOW


@pytest.fixture(autouse=True)
def _still(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_owner(owner: User) -> Client:
    return client_of(owner)


@pytest.fixture
def body(team: Team, schedule: Schedule, owner: User, member: User) -> dict[str, Any]:
    condition = {
        "severities": [0, 3, 4],
        "tiers": [1],
        "urgencies": ["low"],
        "windows": [{"start": "09:00", "minutes": 480, "weekday": 0}],
        "zone": "Europe/Berlin",
        "holidays": "DE",
        "on_holidays": "never",
        "otherwise": "wait",
    }
    return {
        "team": team.slug,
        "name": "Payments",
        "description": "Who pays",
        "repeats": 2,
        "on_empty": "hold",
        "binding": "live",
        "steps": [
            {
                "targets": [
                    {"type": "schedule", "id": schedule.pk, "which": "round_robin"},
                    {"type": "user", "id": member.pk},
                ],
                "delay": 90,
                "condition": condition,
            },
            {"targets": [{"type": "team", "id": team.pk}, {"type": "owner"}], "delay": 600},
        ],
        "fallback_people": [owner.pk, owner.pk],
    }


def test_a_policy_is_made_as_it_is_described(
    as_owner: Client, body: dict[str, Any], schedule: Schedule, team: Team, owner: User, member: User
) -> None:
    answer = send(as_owner, "POST", "policies", body)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (answer["ETag"], answer["Location"].split("/")[-1]) == ('"1"', str(shown["id"]))
    for name in ("name", "description", "repeats", "on_empty", "binding"):
        assert shown[name] == body[name]
    first, second = shown["steps"]
    assert first["targets"] == [
        {"type": "schedule", "id": schedule.pk, "name": "Payments primary", "which": "round_robin"},
        {"type": "user", "id": member.pk, "name": member.name, "which": None},
    ]
    assert (first["delay"], first["condition"]) == (90, body["steps"][0]["condition"])
    assert [each["type"] for each in second["targets"]] == ["team", "owner"]
    assert (second["condition"]["severities"], second["condition"]["otherwise"]) == ([], "skip")
    assert shown["fallback_people"] == [{"id": owner.pk, "name": owner.name}]
    assert get(as_owner, f"policies/{shown['id']}") == shown


def test_what_is_shown_can_be_sent_back_and_changes_nothing(as_owner: Client, body: dict[str, Any]) -> None:
    shown = send(as_owner, "POST", "policies", body).json()
    fields = ("name", "description", "repeats", "on_empty", "binding", "steps", "fallback_people")
    again = {name: shown[name] for name in fields}
    answer = send(as_owner, "PUT", f"policies/{shown['id']}", {**again, "seen": shown["change"]})
    assert answer.status_code == 200, answer.content
    assert answer.json() == shown
    assert Revision.objects.count() == 1


def test_a_patch_leaves_alone_what_it_does_not_name(as_owner: Client, body: dict[str, Any]) -> None:
    shown = send(as_owner, "POST", "policies", body).json()
    answer = send(as_owner, "PATCH", f"policies/{shown['id']}", {"repeats": 0})
    assert answer.json() == {**shown, "repeats": 0, "change": 2}
    kept = shown["steps"][1]
    answer = send(as_owner, "PATCH", f"policies/{shown['id']}", {"steps": [kept]})
    assert answer.json()["steps"] == [kept]
    assert str(PolicyStep.objects.get().uid) == kept["uid"]


def test_who_read_an_older_state_changes_nothing(as_owner: Client, policy: EscalationPolicy) -> None:
    path = f"policies/{policy.pk}"
    assert send(as_owner, "PATCH", path, {"repeats": 3}).status_code == 200
    refused(send(as_owner, "PATCH", path, {"repeats": 4}, **{"If-Match": '"0"'}), 412)
    assert "Somebody else" in refused(send(as_owner, "PATCH", path, {"repeats": 4, "seen": 0}), 409)
    assert send(as_owner, "PATCH", path, {"repeats": 4}, **{"If-Match": '"1"'}).status_code == 200


def test_undo_and_the_changes(as_owner: Client, policy: EscalationPolicy, owner: User) -> None:
    path = f"policies/{policy.pk}"
    assert "no change to undo" in refused(send(as_owner, "POST", f"{path}/undo", {}), 409)
    before = get(as_owner, path)
    send(as_owner, "PATCH", path, {"description": "One"})
    refused(send(as_owner, "POST", f"{path}/undo", {"number": 4}), 409)
    assert send(as_owner, "POST", f"{path}/undo", {}).json() == {**before, "change": 2}
    last, first = get(as_owner, f"{path}/revisions")["results"]
    assert (last["number"], last["undoes"], last["actor"]["id"]) == (2, 1, owner.pk)
    assert (first["before"]["description"], first["after"]["description"]) == ("", "One")


def test_a_policy_goes_unless_a_service_uses_it(
    as_owner: Client, service: Service, policy: EscalationPolicy, body: dict[str, Any]
) -> None:
    assert service.name in refused(send(as_owner, "DELETE", f"policies/{policy.pk}"), 409)
    other = send(as_owner, "POST", "policies", body).json()["id"]
    assert send(as_owner, "DELETE", f"policies/{other}").status_code == 204
    assert [each["id"] for each in get(as_owner, "policies")["results"]] == [policy.pk]


def test_a_list_by_team(as_viewer: Client, policy: EscalationPolicy, other_team: Team) -> None:
    assert get(as_viewer, "policies?team=payments")["count"] == 1
    assert get(as_viewer, "policies?team=search")["count"] == 0
    assert as_viewer.get("/api/v1/policies?team=nobody").status_code == 404


def test_teams_with_their_people(
    as_viewer: Client, team: Team, other_team: Team, owner: User, member: User
) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    first, second = get(as_viewer, "teams")["results"]
    assert (first["id"], first["slug"], second["slug"]) == (team.pk, "payments", "search")
    assert first["members"] == [{"id": owner.pk, "name": owner.name, "role": "manager"}]
    assert get(as_viewer, "teams/payments") == first
    assert as_viewer.get("/api/v1/teams/nobody").status_code == 404


def test_a_patch_does_not_overwrite_what_somebody_saves_meanwhile(
    as_owner: Client, policy: EscalationPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"policies/{policy.pk}"

    def slowly(body: Any) -> dict[str, Any]:
        monkeypatch.setattr(policies, "checked", checked)
        assert send(as_owner, "PATCH", path, {"description": "Theirs"}).status_code == 200
        return checked(body)

    monkeypatch.setattr(policies, "checked", slowly)
    refused(send(as_owner, "PATCH", path, {"repeats": 5}), 409)
    shown = get(as_owner, path)
    assert (shown["description"], shown["repeats"], shown["change"]) == ("Theirs", 0, 1)
