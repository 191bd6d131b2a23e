"""Calendars that are read and offered, by the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from accounts.models import Team, User
from oncall.models import CalendarFeed, CalendarLink, Schedule
from tests.api.conftest import client_of
from tests.api.oncall import errors_of, get, refused, send
from tests.making import NOW, make_schedule
from tests.oncall.calendar_samples import calendar, event
from tests.oncall.calendar_server import Server, serving
from tests.oncall.making import a_feed


@pytest.fixture(autouse=True)
def _still(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_owner(owner: User) -> Client:
    return client_of(owner)


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    with serving() as found:
        found.body = calendar(event("Milan Member"))
        yield found


@pytest.fixture
def rota(team: Team, member: User) -> Schedule:
    return make_schedule(team, (member,))


def test_a_calendar_is_read_changed_read_again_and_removed(
    as_owner: Client, as_viewer: Client, rota: Schedule, server: Server
) -> None:
    body = {"name": "Duty", "url": server.url, "schedule": rota.pk, "purpose": "overrides"}
    answer = send(as_owner, "POST", "calendar-feeds", body)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (shown["purpose"], shown["host"], shown["error"], shown["problems"]) == (
        "overrides",
        "127.0.0.1",
        "",
        [],
    )
    assert server.url not in answer.content.decode()
    path = f"calendar-feeds/{shown['id']}"
    assert get(as_owner, path) == shown
    [listed] = get(as_viewer, f"calendar-feeds?schedule={rota.pk}")["results"]
    assert listed == {
        name: value for name, value in shown.items() if name not in {"problems", "error", "failures"}
    }
    assert get(as_viewer, "calendar-feeds?purpose=layer")["count"] == 0
    assert get(as_viewer, f"schedules/{rota.pk}")["feeds"][0]["name"] == "Duty"
    assert send(as_owner, "PATCH", path, {"name": "Duties"}).json()["name"] == "Duties"
    assert send(as_owner, "PATCH", path, {"url": server.url}).status_code == 200
    server.status = 500
    assert send(as_owner, "POST", f"{path}/refresh").json()["error"]
    assert send(as_owner, "DELETE", path).status_code == 204
    assert get(as_owner, "calendar-feeds")["results"] == []


def test_a_calendar_says_when_i_am_away_and_is_mine_alone(
    as_member: Client, as_owner: Client, as_viewer: Client, server: Server, member: User
) -> None:
    shown = send(as_member, "POST", "calendar-feeds", {"name": "Me", "url": server.url}).json()
    assert (shown["purpose"], shown["user"]["id"], shown["schedule"]) == ("absences", member.pk, None)
    assert get(as_member, "calendar-feeds")["count"] == 1
    for client in (as_owner, as_viewer):
        assert get(client, "calendar-feeds")["count"] == 0
        assert client.get(f"/api/v1/calendar-feeds/{shown['id']}").status_code == 404
    for method, part in (("PATCH", ""), ("DELETE", ""), ("POST", "/refresh")):
        answer = send(as_owner, method, f"calendar-feeds/{shown['id']}{part}", {})
        assert answer.status_code == 404


def test_only_a_schedules_managers_add_and_see_its_calendars_close_up(
    as_member: Client, as_stranger: Client, rota: Schedule, server: Server
) -> None:
    body = {"name": "Duty", "url": server.url, "schedule": rota.pk}
    kept = a_feed(rota)
    for client in (as_member, as_stranger):
        assert set(errors_of(send(client, "POST", "calendar-feeds", body))) == {"schedule"}
        assert client.get(f"/api/v1/calendar-feeds/{kept.pk}").status_code == 404
        assert send(client, "DELETE", f"calendar-feeds/{kept.pk}").status_code == 404
    assert not server.asked
    assert CalendarFeed.objects.get() == kept


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "ftp://example.test/x.ics"}, "url"),
        ({"url": "rota.ics"}, "url"),
        ({"url": "http://127.0.0.1:1/nothing-here.ics"}, "url"),
        ({"url": "https://10.1.2.3/private.ics"}, "url"),
        ({"url": "https://example.test/" + "x" * 2000}, "url"),
        ({"purpose": "absences"}, "purpose"),
        ({"purpose": "fun"}, "purpose"),
        ({"schedule": None, "purpose": "layer"}, "purpose"),
        ({"schedule": 999_999}, "schedule"),
        ({"name": ""}, "name"),
        ({"every": 60}, "every"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused_at_its_field(
    as_owner: Client, rota: Schedule, server: Server, changes: dict[str, Any], field: str
) -> None:
    body = {"name": "Duty", "url": server.url, "schedule": rota.pk, **changes}
    assert set(errors_of(send(as_owner, "POST", "calendar-feeds", body))) == {field}
    assert not CalendarFeed.objects.exists()


def test_an_address_without_a_calendar_is_refused_with_the_reason(
    as_owner: Client, rota: Schedule, server: Server
) -> None:
    kept = send(as_owner, "POST", "calendar-feeds", {"name": "Me", "url": server.url}).json()["id"]
    server.body = b"<html>Sign in</html>"
    body = {"name": "Duty", "url": server.url, "schedule": rota.pk}
    assert errors_of(send(as_owner, "POST", "calendar-feeds", body))["url"][0]
    assert errors_of(send(as_owner, "PATCH", f"calendar-feeds/{kept}", {"url": server.url}))["url"][0]
    assert CalendarFeed.objects.get().error == ""


def test_a_link_shows_its_address_once(
    as_member: Client, as_owner: Client, admin: User, rota: Schedule, team: Team, as_nobody: Client
) -> None:
    bodies: tuple[dict[str, Any], ...] = ({}, {"schedule": rota.pk}, {"team": team.slug})
    mine, of_schedule, of_team = (send(as_member, "POST", "calendar-links", body) for body in bodies)
    assert [each.status_code for each in (mine, of_schedule, of_team)] == [201, 201, 201], mine.content
    shown = of_schedule.json()
    assert shown["schedule"]["id"] == rota.pk
    assert shown["webcal_url"] == "webcal://" + shown["url"].partition("://")[2]
    path = shown["url"].partition("://")[2].partition("/")[2]
    assert as_nobody.get(f"/{path}").content.startswith(b"BEGIN:VCALENDAR")
    listed = get(as_member, "calendar-links")["results"]
    assert [each["id"] for each in listed] == [each.json()["id"] for each in (of_team, of_schedule, mine)]
    assert "url" not in listed[0]
    assert get(as_owner, "calendar-links")["count"] == 0
    assert send(as_owner, "DELETE", f"calendar-links/{shown['id']}").status_code == 404
    assert send(as_member, "DELETE", f"calendar-links/{shown['id']}").status_code == 204
    assert as_nobody.get(f"/{path}").status_code == 404
    assert send(client_of(admin), "DELETE", f"calendar-links/{listed[0]['id']}").status_code == 204
    assert get(as_member, "calendar-links")["count"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"schedule": 999_999}, "schedule"),
        ({"team": "nobody"}, "team"),
        ({"team": "payments", "schedule": 1}, "team"),
        ({"user": 1}, "user"),
    ],
)
def test_a_link_to_nothing_is_refused_at_its_field(
    as_member: Client, team: Team, body: dict[str, Any], field: str
) -> None:
    assert set(errors_of(send(as_member, "POST", "calendar-links", body))) == {field}
    assert not CalendarLink.objects.exists()


def test_links_have_a_bound(as_member: Client, member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oncall.actions.calendar_links.MOST_LINKS", 1)
    assert send(as_member, "POST", "calendar-links", {}).status_code == 201
    assert "Revoke one" in refused(send(as_member, "POST", "calendar-links", {}), 409)
