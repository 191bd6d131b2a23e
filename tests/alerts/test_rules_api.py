"""Routes and mutes by the API: the same actions, the same access."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, Team, User
from alerts.models import Integration, Mute, Route
from catalog.models import Service
from lib.secrets import digest
from tests.alerts.engine import make_mute, make_route, tell, turn
from tests.making import make_integration

pytestmark = pytest.mark.django_db
DISK = {"field": "summary", "op": "=~", "value": "disk.*"}
JSON = "application/json"


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


def client_of(user: User) -> Client:
    ApiToken.objects.create(user=user, name="ci", digest=digest(f"t{user.pk}"), created_at=timezone.now())
    return Client(headers={"Authorization": f"Bearer t{user.pk}"})


def test_a_manager_makes_tries_changes_moves_and_removes_a_route(
    owner: User, door: Integration, service: Service
) -> None:
    client = client_of(owner)
    make_route(door, name="First")
    tell(door)
    turn()
    body = {
        "name": "Disks",
        "integration": door.pk,
        "matchers": [DISK],
        "service": service.slug,
        "pause": "60",
    }
    made = client.post("/api/v1/routes", body, JSON)
    assert made.status_code == 201, made.json()
    pk = made.json()["id"]
    assert made.json()["sentence"].startswith(
        "When summary matches disk.* → service Payments API, page, wait 1 min"
    )
    assert client.post(f"/api/v1/routes/{pk}/move", {"direction": "up"}, JSON).json()["position"] == 0
    trial = client.post(f"/api/v1/routes/{pk}/try", {"outcome": "record"}, JSON).json()
    assert (trial["firings"], trial["matched"], trial["counts"]["record"]) == (1, 1, 1)
    changed = client.patch(f"/api/v1/routes/{pk}", {"outcome": "alert"}, JSON).json()
    assert (changed["outcome"], changed["service"]) == ("alert", service.slug)
    listed = client.get(f"/api/v1/routes?integration={door.pk}").json()["results"]
    assert [row["name"] for row in listed] == ["Disks", "First"]
    assert client.delete(f"/api/v1/routes/{pk}").status_code == 204


def test_a_try_of_a_new_route_writes_nothing(owner: User, door: Integration) -> None:
    tell(door)
    turn()
    trial = client_of(owner).post("/api/v1/routes/try", {"name": "x", "integration": door.pk}, JSON).json()
    assert trial["rows"][0]["becomes"] == "page"
    assert not Route.objects.exists()


def test_members_and_strangers_read_routes_by_the_api_and_change_none(
    member: User, stranger: User, door: Integration
) -> None:
    route = make_route(door, DISK)
    for person in (member, stranger):
        client = client_of(person)
        assert client.get(f"/api/v1/routes/{route.pk}").status_code == 200
        assert client.patch(f"/api/v1/routes/{route.pk}", {"name": "x"}, JSON).status_code == 404
        assert client.delete(f"/api/v1/routes/{route.pk}").status_code == 404
        made = client.post("/api/v1/routes", {"name": "x", "integration": door.pk}, JSON)
        assert made.status_code == 400
        assert client.post("/api/v1/routes", {"name": "x"}, JSON).status_code == 403


def test_a_route_with_a_bad_condition_is_refused_with_its_reason(owner: User, door: Integration) -> None:
    body = {"name": "x", "integration": door.pk, "matchers": [{"field": "nothing", "op": "=", "value": "x"}]}
    answer = client_of(owner).post("/api/v1/routes", body, JSON)
    assert answer.status_code == 400
    assert "There is no field" in answer.content.decode()


def test_a_member_mutes_changes_and_ends(member: User, service: Service) -> None:
    client = client_of(member)
    until = (timezone.now() + timedelta(hours=2)).isoformat()
    made = client.post("/api/v1/mutes", {"name": "Disks", "services": [service.slug], "ends_at": until}, JSON)
    assert made.status_code == 201, made.json()
    told = made.json()
    assert (told["is_open"], told["team"], told["services"]) == (True, service.team.slug, [service.slug])
    assert len(told["next"]) == 1
    changed = client.patch(f"/api/v1/mutes/{told['id']}", {"name": "New disks"}, JSON).json()
    assert changed["name"] == "New disks"
    assert client.post(f"/api/v1/mutes/{told['id']}/end").json()["ended_at"]
    assert client.patch(f"/api/v1/mutes/{told['id']}", {"name": "x"}, JSON).status_code == 409
    assert client.get("/api/v1/mutes?state=over").json()["results"][0]["name"] == "New disks"


def test_a_mute_by_conditions_covers_ones_own_team_alone(member: User, service: Service) -> None:
    until = (timezone.now() + timedelta(hours=2)).isoformat()
    client_of(member).post("/api/v1/mutes", {"name": "x", "matchers": [DISK], "ends_at": until}, JSON)
    assert Mute.objects.get().matchers == [DISK, {"field": "team", "op": "=", "value": service.team.slug}]


def test_a_stranger_mutes_nothing_of_anothers(stranger: User, other_team: Team, service: Service) -> None:
    client, until = client_of(stranger), (timezone.now() + timedelta(hours=2)).isoformat()
    mute = make_mute(DISK, team=service.team)
    bodies: list[dict[str, Any]] = [
        {"services": [service.slug]},
        {"team": service.team.slug, "matchers": [DISK]},
    ]
    for body in bodies:
        answer = client.post("/api/v1/mutes", {"name": "x", "ends_at": until, **body}, JSON)
        assert answer.status_code == 400
    nobodys = {"name": "x", "ends_at": until, "team": None, "matchers": [DISK]}
    assert client.post("/api/v1/mutes", nobodys, JSON).status_code == 403
    assert client.post(f"/api/v1/mutes/{mute.pk}/end").status_code == 404
    assert client.get(f"/api/v1/mutes/{mute.pk}").status_code == 200
    assert Mute.objects.count() == 1
