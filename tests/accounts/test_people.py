"""Who sees and changes people, and that somebody always stays in charge."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import actions
from accounts.models import Role, Team, User
from tests import making

As = Callable[[User], Client]


def change(person: User, **fields: object) -> dict[str, object]:
    """What the form of the person's page sends."""
    sent = {
        "name": person.name,
        "role": person.role,
        "time_zone": person.time_zone,
        "is_active": "on",
        **fields,
    }
    return {name: value for name, value in sent.items() if value is not None}


def test_everybody_signed_in_sees_people_with_role_teams_and_how_they_are_reached(
    browser_of: As, viewer: User, team: Team, member: User
) -> None:
    lost = making.make_user("Lost Person", reachable=False)
    page = browser_of(viewer).get("/people/").content.decode()
    assert member.name in page
    assert "Payments" in page
    assert "E-mail" in page
    row = page.split(lost.name)[1].split("</tr>")[0]
    assert "Not reachable" in row


def test_a_signed_out_visitor_is_sent_to_sign_in(client: Client, member: User) -> None:
    for path in ("/people/", f"/people/{member.pk}/", "/teams/", "/settings/", "/me/", "/people/invite/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/login/"), path


def test_the_list_of_people_takes_the_same_queries_for_three_as_for_forty(
    browser_of: As, member: User, team: Team, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser_of(member)
    with django_assert_max_num_queries(20) as few:
        client.get("/people/")
    for _ in range(40):
        person = making.make_user()
        actions.set_member(actor=member, team=team, user=person, role="member", now=making.NOW)
    with django_assert_max_num_queries(len(few)):
        page = client.get("/people/").content.decode()
    assert page.count("<tr>") > 40


def test_search_finds_a_part_of_the_name_or_of_the_address(
    browser_of: As, member: User, stranger: User
) -> None:
    page = browser_of(member).get("/people/", {"q": "STELLA"}).content.decode()
    assert f"/people/{stranger.pk}/" in page
    assert f"/people/{member.pk}/" not in page
    assert (
        f"/people/{member.pk}/"
        in browser_of(stranger).get("/people/", {"q": member.email[:9]}).content.decode()
    )


@pytest.mark.parametrize(
    "query", ["q=%00", "q=" + "x" * 10_000, "page=abc", "page=-1", "gone=\u202e", "q=%ff%fe"]
)
def test_nonsense_in_the_address_of_the_list_is_no_error(browser_of: As, member: User, query: str) -> None:
    assert browser_of(member).get(f"/people/?{query}").status_code == 200


def test_a_person_who_does_not_exist_is_404(browser_of: As, member: User) -> None:
    assert browser_of(member).get("/people/99999999/").status_code == 404
    assert browser_of(member).get(f"/people/{10**30}/").status_code == 404


def test_addresses_of_contact_methods_are_for_the_person_and_admins_alone(
    browser_of: As, member: User, stranger: User, admin: User
) -> None:
    making.make_method(member, address="private@example.test")
    path = f"/people/{member.pk}/"
    assert "private@example.test" not in browser_of(stranger).get(path).content.decode()
    assert "private@example.test" in browser_of(member).get(path).content.decode()
    assert "private@example.test" in browser_of(admin).get(path).content.decode()


def test_an_admin_changes_name_role_zone_and_whether_someone_is_here(
    browser_of: As, admin: User, member: User
) -> None:
    sent = {"name": "New Name", "role": "viewer", "time_zone": "Asia/Tokyo"}
    answer = browser_of(admin).post(f"/people/{member.pk}/edit/", sent)
    assert answer.status_code == 302
    member.refresh_from_db()
    assert (member.name, member.role, member.time_zone, member.is_active) == (
        "New Name",
        "viewer",
        "Asia/Tokyo",
        False,
    )


def test_nobody_but_an_admin_changes_a_person(
    browser_of: As, owner: User, member: User, viewer: User, team: Team
) -> None:
    for who in (owner, member, viewer):
        assert (
            browser_of(who).post(f"/people/{member.pk}/edit/", change(member, role="admin")).status_code
            == 404
        )
    member.refresh_from_db()
    assert member.role == Role.RESPONDER


def test_a_deactivated_person_is_signed_out_at_once(browser_of: As, admin: User, member: User) -> None:
    theirs = browser_of(member)
    assert theirs.get("/me/").status_code == 200
    browser_of(admin).post(f"/people/{member.pk}/edit/", change(member, is_active=None))
    assert theirs.get("/me/").status_code == 302


@pytest.mark.parametrize("fields", [{"role": "responder"}, {"is_active": None}])
def test_the_last_active_admin_stays_one(browser_of: As, admin: User, fields: dict[str, object]) -> None:
    making.make_user("Gone Admin", role=Role.ADMIN, is_active=False)
    answer = browser_of(admin).post(f"/people/{admin.pk}/edit/", change(admin, **fields))
    assert "last active admin" in answer.content.decode()
    admin.refresh_from_db()
    assert admin.is_admin


def test_one_of_two_admins_may_step_down(admin: User, now: datetime) -> None:
    other = making.make_user("Other Admin", role=Role.ADMIN)
    actions.change_person(
        actor=admin, person=admin, name=admin.name, role="responder", time_zone="UTC", is_active=True, now=now
    )
    assert list(User.objects.admins()) == [other]


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one(now: datetime) -> None:
    both = [making.make_user(role=Role.ADMIN), making.make_user(role=Role.ADMIN)]
    start = threading.Barrier(2)
    refused: list[Exception] = []

    def demote(actor: User, person: User) -> None:
        start.wait()
        try:
            actions.change_person(
                actor=actor,
                person=person,
                name="x",
                role="responder",
                time_zone="UTC",
                is_active=True,
                now=now,
            )
        except actions.LastAdmin as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=pair) for pair in (both, both[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert User.objects.admins().count() == 1


# --- My own profile


def test_a_viewer_changes_their_own_name_and_zone(browser_of: As, viewer: User) -> None:
    sent = {"name": "Vera V.", "time_zone": "America/Sao_Paulo", "next": "/me/", "role": "admin"}
    answer = browser_of(viewer).post("/settings/profile/", sent)
    assert answer["Location"] == "/me/"
    viewer.refresh_from_db()
    assert (viewer.name, viewer.time_zone, viewer.role) == ("Vera V.", "America/Sao_Paulo", Role.VIEWER)


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_profile_never_leads_away(browser_of: As, member: User, onward: str) -> None:
    sent = {"name": "M", "time_zone": "UTC", "next": onward}
    assert browser_of(member).post("/settings/profile/", sent)["Location"] == "/settings/"


BAD_LINES = ["a\r\nBcc: x@example.test", "a\x00b", "a\u202eb", "a\u2028b", "", "   ", "x" * 10_000]


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_name_that_is_not_one_visible_line_is_an_error_on_the_form(
    browser_of: As, member: User, name: str
) -> None:
    answer = browser_of(member).post("/settings/profile/", {"name": name, "time_zone": "UTC"})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()
    member.refresh_from_db()
    assert member.name == "Milan Member"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "\x00", "x" * 10_000])
def test_a_zone_that_does_not_exist_is_an_error_on_the_form(browser_of: As, member: User, zone: str) -> None:
    answer = browser_of(member).post("/settings/profile/", {"name": "M", "time_zone": zone})
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "نور الهدى", "O’Brien-Łukasz 👩‍🚒", "{{ user }}"]
)
def test_a_name_in_any_script_is_kept_and_shown_as_text(browser_of: As, member: User, name: str) -> None:
    browser_of(member).post("/settings/profile/", {"name": name, "time_zone": "UTC"})
    member.refresh_from_db()
    assert member.name == name
    for path in ("/people/", f"/people/{member.pk}/", "/me/", "/settings/"):
        assert "<script>alert" not in browser_of(member).get(path).content.decode()


def test_an_old_name_of_a_zone_stays_selected(browser_of: As, db: None) -> None:
    person = making.make_user(time_zone="CET")
    assert '<option value="CET" selected>' in browser_of(person).get("/settings/profile/").content.decode()
