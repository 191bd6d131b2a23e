"""Who may change what about being on call, and what lists cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from accounts.models import Team, User
from oncall.models import CoverRequest, EscalationPolicy, Override, Revision, Schedule
from tests.api.conftest import client_of
from tests.api.oncall import definition, errors_of, get, layer, made, queries_of, send
from tests.making import NOW, make_policy, make_team, make_user
from tests.oncall.making import a_feed, a_layer, an_absence, an_override

READS = (
    *("schedules", "schedules/{schedule}", "schedules/{schedule}/final", "schedules/{schedule}/overrides"),
    *("schedules/{schedule}/revisions", "policies", "policies/{policy}", "policies/{policy}/revisions"),
    *("absences", "cover-requests", "calendar-feeds", "calendar-links", "teams", "teams/payments"),
    *("reports/coverage", "reports/load", "reports/gaps"),
)
CHANGES = (
    *(("PUT", "schedules/{schedule}"), ("PATCH", "schedules/{schedule}"), ("DELETE", "schedules/{schedule}")),
    *(("POST", "schedules/{schedule}/undo"), ("POST", "schedules/{schedule}/preview")),
    *(("PUT", "policies/{policy}"), ("PATCH", "policies/{policy}"), ("DELETE", "policies/{policy}")),
    ("POST", "policies/{policy}/undo"),
)
"""Of the managers of the team, and admins."""
ON_DUTY = (
    ("POST", "schedules/{schedule}/overrides"),
    ("DELETE", "schedules/{schedule}/overrides/{override}"),
)
"""Of the team's responders too."""
OWN = (
    *(("POST", "schedules"), ("POST", "policies"), ("POST", "absences"), ("POST", "cover-requests")),
    *(("POST", "calendar-feeds"), ("POST", "calendar-links"), ("POST", "cover-requests/{cover}/accept")),
    *(("PATCH", "absences/{absence}"), ("DELETE", "absences/{absence}")),
)


@pytest.fixture(autouse=True)
def _still(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def parts(schedule: Schedule, policy: EscalationPolicy, owner: User, member: User) -> dict[str, int]:
    override = an_override(schedule, owner, NOW, 24)
    cover = CoverRequest.objects.create(
        schedule=schedule, asker=owner, starts_at=NOW, ends_at=override.ends_at, created_at=NOW
    )
    return {
        "schedule": schedule.pk,
        "policy": policy.pk,
        "override": override.pk,
        "cover": cover.pk,
        "absence": an_absence(member, NOW, 24).pk,
    }


@pytest.mark.parametrize("path", READS)
def test_everybody_who_is_signed_in_reads_and_nobody_else(
    as_viewer: Client, as_stranger: Client, as_nobody: Client, owner: User, parts: dict[str, int], path: str
) -> None:
    for client in (as_viewer, as_stranger, client_of(owner, read_only=True)):
        get(client, path.format(**parts))
    assert as_nobody.get(f"/api/v1/{path.format(**parts)}").status_code == 401


@pytest.mark.parametrize(("method", "path"), [*CHANGES, *ON_DUTY, *OWN])
def test_a_viewer_and_a_token_that_may_only_read_change_nothing(
    as_viewer: Client, admin: User, parts: dict[str, int], method: str, path: str
) -> None:
    for client in (as_viewer, client_of(admin, read_only=True)):
        assert send(client, method, path.format(**parts), {}).status_code == 403
    assert_nothing_changed(parts)


@pytest.mark.parametrize(("method", "path"), [*CHANGES, *ON_DUTY])
def test_for_a_stranger_there_is_nothing_to_change(
    as_stranger: Client, other_team: Team, parts: dict[str, int], method: str, path: str
) -> None:
    assert send(as_stranger, method, path.format(**parts), {}).status_code == 404
    assert_nothing_changed(parts)


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_member_changes_nothing_that_is_the_managers(
    as_member: Client, parts: dict[str, int], method: str, path: str
) -> None:
    assert send(as_member, method, path.format(**parts), {}).status_code == 404
    assert_nothing_changed(parts)


def assert_nothing_changed(parts: dict[str, int]) -> None:
    assert Schedule.objects.filter(pk=parts["schedule"]).exists()
    assert EscalationPolicy.objects.filter(pk=parts["policy"]).exists()
    assert Override.objects.get().withdrawn_at is None
    assert not Revision.objects.exists()


@pytest.mark.parametrize("kind", ["schedules", "policies"])
def test_nothing_is_made_for_a_team_that_one_does_not_manage(
    as_member: Client, as_stranger: Client, admin: User, team: Team, other_team: Team, owner: User, kind: str
) -> None:
    step = {"targets": [{"type": "owner"}], "delay": 60}
    policy = {"name": "New", "steps": [step], "fallback_people": [owner.pk]}
    body = {**(definition(layer(owner)) if kind == "schedules" else policy), "team": team.slug}
    for client in (as_member, as_stranger):
        assert set(errors_of(send(client, "POST", kind, body))) == {"team"}
    assert set(errors_of(send(client_of(owner), "POST", kind, {**body, "team": "nobody"}))) == {"team"}
    assert not Revision.objects.exists()
    for client in (client_of(owner), client_of(admin)):
        body["name"] += "!"
        assert send(client, "POST", kind, body).status_code == 201


def test_an_override_is_not_reached_through_another_schedule(
    as_member: Client, team: Team, member: User, parts: dict[str, int]
) -> None:
    other = made(team, member)
    assert send(as_member, "DELETE", f"schedules/{other.pk}/overrides/{parts['override']}").status_code == 404


def _schedules(person: User) -> str:
    rota = made(make_team(), person, make_user())
    a_layer(rota, [person], role="secondary")
    a_feed(rota)
    return "schedules?limit=200"


def _policies(person: User) -> str:
    team = make_team()
    make_policy(team, (person, made(team, person)), (make_user(),), fallback=(person,))
    return "policies?limit=200"


def _overrides(person: User) -> str:
    rota = Schedule.objects.first() or made(make_team(), person)
    an_override(rota, make_user(), NOW, 24, replaces=person, created_by=person)
    return f"schedules/{rota.pk}/overrides?limit=200"


def _final(person: User) -> str:
    return _overrides(person).replace("overrides", "final")


def _detail(person: User) -> str:
    rota = Schedule.objects.first() or made(make_team(), person)
    a_layer(rota, [make_user(), make_user()])
    a_feed(rota)
    return f"schedules/{rota.pk}"


def _absences(person: User) -> str:
    an_absence(make_user(), NOW, 24)
    return "absences?limit=200"


def _covers(person: User) -> str:
    rota = made(make_team(), person)
    ends = an_override(rota, person, NOW, 24).ends_at
    CoverRequest.objects.create(
        schedule=rota, asker=make_user(), asked=make_user(), starts_at=NOW, ends_at=ends, created_at=NOW
    )
    return "cover-requests?limit=200"


def _feeds(person: User) -> str:
    a_feed(made(make_team(), person))
    return "calendar-feeds?limit=200"


def _duties(person: User) -> str:
    return _schedules(person).replace("schedules", "oncall")


def _coverage(person: User) -> str:
    _schedules(person)
    return "reports/coverage?weeks=1"


def _gaps(person: User) -> str:
    made(make_team(), make_user(is_active=False))
    return "reports/gaps?limit=200"


def _load(person: User) -> str:
    _schedules(person)
    return "reports/load"


def _teams(person: User) -> str:
    make_team(members=(person, make_user()))
    return "teams?limit=200"


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (_schedules, 4),
        (_policies, 9),
        (_overrides, 5),
        (_final, 12),
        (_detail, 7),
        (_absences, 4),
        (_covers, 4),
        (_feeds, 4),
        (_duties, 12),
        (_coverage, 8),
        (_gaps, 8),
        (_load, 12),
        (_teams, 5),
    ],
)
def test_a_list_of_thirty_asks_no_more_than_one_of_three(
    admin: User, make: Callable[[User], str], most: int
) -> None:
    client, person = client_of(admin), make_user()
    path = [make(person) for _ in range(3)][-1]
    queries_of(client, path)  # the first use of a token is noted
    few = queries_of(client, path)
    for _ in range(27):
        make(person)
    assert queries_of(client, path) == few
    assert few <= most
