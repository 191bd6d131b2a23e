"""The page of who is on call now."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.paginator import Page
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from oncall import actions
from oncall.models import Schedule
from tests.making import NOW, make_schedule, make_team
from tests.oncall import making

Browser = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_it_says_who_is_on_call_until_when_and_who_is_next(
    browser_of: Browser, viewer: User, team: Team, member: User, owner: User
) -> None:
    make_schedule(team, (member, owner), name="Primary")
    text = browser_of(viewer).get("/oncall/").content.decode()
    assert "Olga Owner" in text
    assert "Mon 16 Mar, 09:00" in text
    assert text.index("Olga Owner") < text.index("Milan Member")


def test_my_next_shifts_are_on_it(browser_of: Browser, schedule: Schedule, member: User, owner: User) -> None:
    assert "On call now" in browser_of(member).get("/oncall/").content.decode()
    assert "You are not on call in the next eight weeks" in browser_of(owner).get("/oncall/").content.decode()


def test_secondaries_and_who_is_told_too_are_on_it(
    browser_of: Browser, viewer: User, team: Team, member: User, owner: User, stranger: User
) -> None:
    schedule = making.a_schedule(team, wants_secondary=True)
    making.a_layer(schedule, [member])
    assert "No secondary" in browser_of(viewer).get("/oncall/").content.decode()
    making.a_layer(schedule, [owner], role="secondary")
    making.a_layer(schedule, [stranger], role="shadow")
    [card] = browser_of(viewer).get("/oncall/").context["cards"]
    [duty] = card.duties
    assert (duty.people, duty.secondary, duty.shadow) == ((member,), (owner,), (stranger,))
    text = browser_of(viewer).get("/oncall/").content.decode()
    assert "No secondary" not in text
    assert "Told too" in text


def test_what_waits_for_me_is_on_it(
    browser_of: Browser, team: Team, member: User, owner: User, stranger: User
) -> None:
    rota = make_schedule(team, (member, owner))
    actions.ask_for_cover(
        actor=member,
        asker=member,
        now=NOW,
        schedule=rota,
        starts_at=NOW + timedelta(days=6),
        ends_at=NOW + timedelta(days=7),
    )
    assert "Waiting for you" in browser_of(owner).get("/oncall/").content.decode()
    assert "Waiting for you" not in browser_of(stranger).get("/oncall/").content.decode()


def test_my_teams_come_first(
    browser_of: Browser, stranger: User, schedule: Schedule, other_team: Team
) -> None:
    make_schedule(other_team, (stranger,), name="Search primary")
    text = browser_of(stranger).get("/oncall/").content.decode()
    assert text.index(f'id="team-{other_team.pk}"') < text.index(f'id="team-{schedule.team_id}"')


def test_somebody_who_is_not_signed_in_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/oncall/").headers["Location"].startswith("/account/login/")


def test_without_a_schedule_it_says_what_to_do_next(
    browser_of: Browser, owner: User, team: Team, viewer: User
) -> None:
    assert "/oncall/schedules/new/" in browser_of(owner).get("/oncall/").content.decode()
    assert "/oncall/schedules/new/" not in browser_of(viewer).get("/oncall/").content.decode()


@pytest.mark.parametrize("number", [1, 25])
def test_its_queries_do_not_grow_with_schedules(
    browser_of: Browser,
    member: User,
    owner: User,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(number):
        make_schedule(make_team(), (member, owner))
    browser = browser_of(member)
    with django_assert_max_num_queries(33):
        answer = browser.get("/oncall/")
    page = answer.context["page"]
    assert isinstance(page, Page)
    assert len(page.object_list) == number


def test_a_gap_is_hatched_and_said_in_words(browser_of: Browser, team: Team, member: User) -> None:
    schedule = make_schedule(team, (member,))
    schedule.layers.update(ends_at=NOW.replace(day=12))
    text = browser_of(member).get("/oncall/").content.decode()
    assert 'fill="url(#hatch)"' in text
    assert "Nobody is on call, Thu 12 Mar 12:00" in text


def test_no_page_of_ours_has_inline_styles_or_scripts(
    browser_of: Browser, member: User, schedule: Schedule
) -> None:
    for path in ("/oncall/", "/oncall/schedules/", f"/oncall/schedules/{schedule.pk}/"):
        text = browser_of(member).get(path).content.decode()
        assert "style=" not in text
        assert "<script>" not in text


def test_somebodys_page_shows_their_next_shifts(
    browser_of: Browser, viewer: User, schedule: Schedule, member: User
) -> None:
    assert "Next shifts" in browser_of(viewer).get(f"/people/{member.pk}/").content.decode()
    assert "Next shifts" not in browser_of(viewer).get(f"/people/{viewer.pk}/").content.decode()
