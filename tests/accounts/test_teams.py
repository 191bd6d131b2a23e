"""Teams: everybody reads, managers of the team and admins change, nobody else finds the page to change it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import actions
from accounts.models import Membership, Role, Team, TeamRole, User
from tests import making

As = Callable[[User], Client]


def role_of(user: User, team: Team) -> str | None:
    return Membership.objects.filter(user=user, team=team).values_list("role", flat=True).first()


def test_a_manager_adds_promotes_and_removes_members(
    browser_of: As, owner: User, member: User, stranger: User, team: Team
) -> None:
    client = browser_of(owner)
    client.post("/teams/payments/members/", {"user": stranger.pk, "role": "member"})
    assert role_of(stranger, team) == TeamRole.MEMBER
    client.post(f"/teams/payments/members/{stranger.pk}/", {"role": "manager"})
    assert role_of(stranger, team) == TeamRole.MANAGER
    client.post(f"/teams/payments/members/{member.pk}/remove/")
    assert role_of(member, team) is None


@pytest.mark.parametrize("who", ["member", "stranger", "viewer"])
def test_nobody_else_changes_a_team(
    request: pytest.FixtureRequest, browser_of: As, member: User, team: Team, other_team: Team, who: str
) -> None:
    actor = request.getfixturevalue(who)
    client = browser_of(actor)
    assert client.get("/teams/payments/").status_code == 200
    assert "Add somebody" not in client.get("/teams/payments/").content.decode()
    assert client.get("/teams/payments/edit/").status_code == 404
    assert client.post("/teams/payments/edit/", {"name": "Mine"}).status_code == 404
    assert client.post("/teams/payments/members/", {"user": actor.pk, "role": "manager"}).status_code == 404
    assert client.post(f"/teams/payments/members/{actor.pk}/", {"role": "manager"}).status_code == 404
    assert client.post(f"/teams/payments/members/{member.pk}/remove/").status_code == 404
    team.refresh_from_db()
    assert team.name == "Payments"
    assert role_of(member, team) == TeamRole.MEMBER


def test_a_viewer_who_is_a_manager_by_name_still_changes_nothing(
    browser_of: As, viewer: User, team: Team
) -> None:
    Membership.objects.create(team=team, user=viewer, role=TeamRole.MANAGER)
    assert browser_of(viewer).post("/teams/payments/edit/", {"name": "Mine"}).status_code == 404


def test_an_admin_makes_a_team_whose_address_comes_from_its_name(browser_of: As, admin: User) -> None:
    answer = browser_of(admin).post("/teams/new/", {"name": "Data & Search", "description": ""})
    assert answer["Location"] == "/teams/data-search/"
    assert browser_of(admin).get("/teams/data-search/").status_code == 200


def test_only_an_admin_makes_teams(browser_of: As, owner: User, team: Team) -> None:
    assert browser_of(owner).get("/teams/new/").status_code == 404
    assert browser_of(owner).post("/teams/new/", {"name": "Another"}).status_code == 404


@pytest.mark.parametrize(
    ("names", "slug"),
    [
        (["Payments", "payments!"], "payments-2"),
        (["日本"], "team"),
        (["日本", "中国"], "team-2"),
        (["New"], "new-2"),
        (["x" * 80], "x" * 70),
    ],
)
def test_every_team_gets_an_address_of_its_own(
    admin: User, now: datetime, names: list[str], slug: str
) -> None:
    made = [actions.create_team(actor=admin, name=name, now=now) for name in names]
    assert made[-1].slug == slug


def test_the_address_stays_when_the_name_changes(browser_of: As, owner: User, team: Team) -> None:
    browser_of(owner).post("/teams/payments/edit/", {"name": "Money", "description": "Cards"})
    team.refresh_from_db()
    assert (team.name, team.slug, team.description) == ("Money", "payments", "Cards")


def test_two_teams_of_one_name_are_refused_whatever_the_case(
    browser_of: As, admin: User, owner: User, team: Team, other_team: Team
) -> None:
    assert (
        "There is a team of this name"
        in browser_of(admin).post("/teams/new/", {"name": "PAYMENTS"}).content.decode()
    )
    assert "There is a team of this name" in (
        browser_of(owner).post("/teams/payments/edit/", {"name": "search"}).content.decode()
    )
    assert browser_of(owner).post("/teams/payments/edit/", {"name": "PAYMENTS"}).status_code == 302


def test_a_name_taken_in_the_same_moment_is_said_not_raised(admin: User, team: Team, now: datetime) -> None:
    with pytest.raises(actions.NameTaken):
        actions.create_team(actor=admin, name="Payments", now=now)


@pytest.mark.parametrize("name", ["a\r\nb", "a\x00b", "", "x" * 10_000, "\u202eevil"])
def test_a_bad_team_name_is_an_error_on_the_form(browser_of: As, admin: User, name: str) -> None:
    answer = browser_of(admin).post("/teams/new/", {"name": name})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    assert not Team.objects.exists()


@pytest.mark.parametrize("user", ["", "abc", "0", str(10**30), "\x00"])
def test_a_member_who_does_not_exist_is_an_error_on_the_form(
    browser_of: As, owner: User, team: Team, user: str
) -> None:
    answer = browser_of(owner).post("/teams/payments/members/", {"user": user, "role": "member"})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()


def test_an_unknown_role_in_a_team_changes_nothing(
    browser_of: As, owner: User, member: User, team: Team
) -> None:
    browser_of(owner).post(f"/teams/payments/members/{member.pk}/", {"role": "god"})
    assert role_of(member, team) == TeamRole.MEMBER


def test_people_who_left_cannot_be_added(browser_of: As, owner: User, team: Team) -> None:
    gone = making.make_user("Gone", is_active=False)
    answer = browser_of(owner).post("/teams/payments/members/", {"user": gone.pk, "role": "member"})
    assert "field-error" in answer.content.decode()


def test_the_list_of_teams_takes_the_same_queries_for_one_as_for_twenty(
    browser_of: As, member: User, team: Team, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser_of(member)
    with django_assert_max_num_queries(20) as few:
        assert "Olga Owner" in client.get("/teams/").content.decode()
    for _ in range(20):
        making.make_team(managers=(making.make_user(role=Role.RESPONDER),))
    with django_assert_max_num_queries(len(few)):
        client.get("/teams/")
