"""The pages of what is expected, and who may change it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from catalog.models import Service
from insights.actions import save_assertion
from insights.models import Assertion
from oncall.models import EscalationPolicy, Schedule
from tests import making
from tests.making import NOW

Browser = Callable[[User], Client]
LIST = "/oncall/assertions/"


@pytest.fixture
def row(owner: User, team: Team, service: Service) -> Assertion:
    return make_row(owner, team, service)


def make_row(owner: User, team: Team, service: Service, **fields: Any) -> Assertion:
    given: dict[str, Any] = {"name": "Somebody wakes", "severity": 1, "local_time": time(3)}
    given |= {"expect": {"never_empty": True}} | fields
    return save_assertion(actor=owner, now=NOW, assertion=None, team=team, service=service, **given)


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def filled(team: Team, service: Service, **fields: Any) -> dict[str, Any]:
    given = {"name": "At night", "team": team.pk, "service": service.pk, "severity": "2", "when": "next"}
    given |= {"weekday": "6", "local_time": "03:00", "time_zone": "Europe/Berlin", "never_empty": "on"}
    return given | fields


def test_everybody_reads_and_strangers_change_nothing(
    browser_of: Browser, row: Assertion, viewer: User, stranger: User, member: User, other_team: Team
) -> None:
    one = f"{LIST}{row.pk}/"
    for person in (viewer, stranger, member):
        browser = browser_of(person)
        assert "Somebody wakes" in text(browser, LIST)
        page = text(browser, one)
        assert "It is as expected" in page
        assert "each day at 03:00 UTC" in page
        assert f"{one}edit/" not in page
        assert browser.get(f"{one}edit/").status_code == 404
        assert browser.post(f"{one}edit/", {}).status_code == 404
        assert browser.post(f"{one}delete/").status_code == 404
    assert Assertion.objects.count() == 1


def test_who_is_not_signed_in_is_sent_to_sign_in(client: Client, row: Assertion) -> None:
    for path in (LIST, f"{LIST}new/", f"{LIST}{row.pk}/", f"{LIST}{row.pk}/edit/"):
        assert client.get(path).headers["Location"].startswith("/account/login/")


def test_a_manager_makes_one_changes_it_and_deletes_it(
    browser_of: Browser, owner: User, member: User, team: Team, service: Service
) -> None:
    browser = browser_of(owner)
    sent = filled(
        team, service, anyone_of=[str(member.pk)], within="5", by="email", not_paged=[str(owner.pk)]
    )
    answer = browser.post(f"{LIST}new/", sent)
    row = Assertion.objects.get()
    assert answer.headers["Location"] == f"{LIST}{row.pk}/"
    assert (row.weekday, row.local_time, row.time_zone, row.at) == (6, time(3), "Europe/Berlin", None)
    paged = {"anyone_of": [member.pk], "within": 300, "by": "email"}
    assert row.expect == {"paged": paged, "never_empty": True, "not_paged": [owner.pk]}
    page = text(browser, f"{LIST}{row.pk}/")
    assert "It is not as expected" in page
    assert "Somebody is paged who should not be." in page
    assert "Paged: Milan Member, by E-mail, 5 min at the latest." in page
    form = text(browser, f"{LIST}{row.pk}/edit/")
    assert re.search(rf'name="anyone_of" value="{member.pk}"[^>]* checked', form)
    changed = filled(team, service, when="at", at="2026-12-05T03:00", first_page_within="0.5")
    browser.post(f"{LIST}{row.pk}/edit/", changed)
    row.refresh_from_db()
    assert (row.at, row.local_time) == (datetime(2026, 12, 5, 2, tzinfo=UTC), None)
    assert row.expect == {"never_empty": True, "first_page_within": 30}
    browser.post(f"{LIST}{row.pk}/delete/")
    assert not Assertion.objects.exists()


def test_another_teams_manager_cannot_make_one_for_this_team(
    browser_of: Browser, stranger: User, other_team: Team, team: Team, service: Service
) -> None:
    answer = browser_of(stranger).post(f"{LIST}new/", filled(team, service))
    assert answer.status_code == 200
    assert "Select a valid choice" in answer.content.decode()
    assert not Assertion.objects.exists()


def test_who_manages_nothing_has_no_form(browser_of: Browser, member: User, viewer: User) -> None:
    for person in (member, viewer):
        assert browser_of(person).get(f"{LIST}new/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"never_empty": ""}, "Expect something"),
        ({"local_time": ""}, "Say when."),
        ({"when": "at"}, "Say when."),
        ({"within": "-1"}, "greater than or equal to 0"),
        ({"anyone_of": ["999999"]}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
    ],
)
def test_a_bad_form_keeps_what_was_typed_and_says_what_is_wrong(
    browser_of: Browser, owner: User, team: Team, service: Service, fields: dict[str, Any], message: str
) -> None:
    answer = browser_of(owner).post(f"{LIST}new/", filled(team, service, **fields))
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not Assertion.objects.exists()


def test_people_or_a_team_not_both(browser_of: Browser, owner: User, team: Team, service: Service) -> None:
    both = filled(team, service, anyone_of=[str(owner.pk)], paged_team=team.pk)
    assert "Name people or a team, not both." in browser_of(owner).post(f"{LIST}new/", both).content.decode()
    browser_of(owner).post(f"{LIST}new/", filled(team, service, paged_team=team.pk, within="1"))
    row = Assertion.objects.get()
    assert row.expect["paged"] == {"team": "payments", "within": 60}
    assert "Paged: somebody of Payments, 1 min at the latest." in text(browser_of(owner), f"{LIST}{row.pk}/")


def test_the_answer_of_the_simulator_fills_the_form(
    browser_of: Browser, owner: User, member: User, service: Service
) -> None:
    query = f"?service={service.slug}&severity=2&at=2026-03-28T02:00:00Z"
    page = text(browser_of(owner), f"{LIST}new/{query}")
    assert 'value="Payments API, SEV2, Sat 28 Mar 2026 02:00"' in page
    assert 'value="2026-03-28T02:00"' in page
    assert re.search(rf'name="anyone_of" value="{member.pk}"[^>]* checked', page)
    for nonsense in ("?service=nope&at=x", "?at=2026-03-28T02:00:00Z", "?severity=%00"):
        assert 'name="name"' in text(browser_of(owner), f"{LIST}new/{nonsense}")


def test_what_fails_stands_on_the_schedules_and_the_policys_page(
    browser_of: Browser,
    row: Assertion,
    viewer: User,
    owner: User,
    schedule: Schedule,
    policy: EscalationPolicy,
) -> None:
    other = making.make_schedule(schedule.team, (owner,))
    paths = [f"/oncall/schedules/{schedule.pk}/", f"/oncall/policies/{policy.pk}/"]
    browser = browser_of(viewer)
    assert all("Not as expected" not in text(browser, path) for path in paths)
    Assertion.objects.update(holds=False, answer="Step 1 has nobody.")
    for path in paths:
        page = text(browser, path)
        assert "Not as expected" in page
        assert "Somebody wakes" in page
    assert "Not as expected" not in text(browser, f"/oncall/schedules/{other.pk}/")


def test_the_list_shows_failing_ones_first_and_costs_the_same(
    browser_of: Browser, row: Assertion, owner: User, team: Team, service: Service
) -> None:
    browser = browser_of(owner)
    text(browser, LIST)
    with CaptureQueriesContext(connection) as one:
        text(browser, LIST)
    for number in range(5):
        make_row(owner, team, service, name=f"A {number}", expect={"first_page_within": 0})
    make_row(owner, team, service, name="Z fails", expect={"not_paged": [owner.pk]})
    with CaptureQueriesContext(connection) as many:
        page = text(browser, LIST)
    assert len(many) == len(one)
    assert page.index("Z fails") < page.index("A 0")


def test_an_empty_list_leads_to_the_simulator(browser_of: Browser, owner: User) -> None:
    page = text(browser_of(owner), LIST)
    assert "Nothing is expected yet" in page
    assert "/oncall/simulator/" in page
