"""The pages on which people say that they are away and take over from each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from oncall import actions
from oncall.models import Absence, CoverRequest, CoverState, Override, Schedule
from oncall.queries import final_schedule
from tests.making import NOW, make_schedule
from tests.oncall.conftest import HERS, HIS

Browser = Callable[[User], Client]
SHIFT = "from=2026-03-16T09:00:00Z&until=2026-03-23T09:00:00Z"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def request_of_his(rota: Schedule, member: User) -> CoverRequest:
    return actions.ask_for_cover(
        actor=member, asker=member, now=NOW, schedule=rota, starts_at=HIS[0], ends_at=HIS[1], note="Wedding"
    )


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


# --- Asking


def test_asking_for_a_shift_takes_a_link_and_a_press(
    browser_of: Browser, member: User, rota: Schedule
) -> None:
    browser = browser_of(member)
    link = f"/oncall/covers/new/?schedule={rota.pk}&amp;{SHIFT.replace('&', '&amp;')}"
    assert link in text(browser, "/oncall/covers/new/")
    answer = browser.post(
        f"/oncall/covers/new/?schedule={rota.pk}&{SHIFT}",
        {
            "starts_at": "2026-03-16T09:00",
            "ends_at": "2026-03-23T09:00",
            "asked": "any",
            "swap": "",
            "note": "Hi",
        },
    )
    assert answer.headers["Location"] == "/oncall/covers/"
    made = CoverRequest.objects.get()
    assert (made.asker, made.starts_at, made.ends_at, made.note) == (member, *HIS, "Hi")
    assert "You ask for cover" in text(browser, "/oncall/covers/")


def test_times_that_are_left_alone_keep_their_instants_where_a_clock_shows_an_hour_twice(
    browser_of: Browser, team: Team, member: User, owner: User
) -> None:
    """2026-10-25 00:30 and 01:30 UTC are both 02:30 in Paris; the shift begins with the second."""
    User.objects.filter(pk=member.pk).update(time_zone="Europe/Paris")
    member.refresh_from_db()
    schedule = make_schedule(team, (owner,))
    start = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    actions.add_override(
        actor=owner, now=NOW, schedule=schedule, user=member, starts_at=start, ends_at=start + DAY
    )
    answer = browser_of(member).post(
        f"/oncall/covers/new/?schedule={schedule.pk}&from=2026-10-25T01:30:00Z&until=2026-10-26T01:30:00Z",
        {"starts_at": "2026-10-25T02:30", "ends_at": "2026-10-26T02:30", "asked": "any"},
    )
    assert answer.status_code == 302
    assert CoverRequest.objects.get().starts_at == start


def test_choosing_a_shift_in_return_asks_its_owner_for_a_swap(
    browser_of: Browser, member: User, owner: User, rota: Schedule
) -> None:
    browser, path = browser_of(member), f"/oncall/covers/new/?schedule={rota.pk}&{SHIFT}"
    option = f"{owner.pk}-20260323T090000-20260330T090000"
    assert f'value="{option}"' in text(browser, path)
    given = {"starts_at": "2026-03-16T09:00", "ends_at": "2026-03-23T09:00", "asked": "any", "swap": option}
    browser.post(path, given)
    made = CoverRequest.objects.get()
    assert (made.asked, made.swap_starts_at, made.swap_ends_at) == (owner, *HERS)


def test_what_is_refused_stands_on_its_field_with_what_was_typed(
    browser_of: Browser, member: User, rota: Schedule
) -> None:
    answer = browser_of(member).post(
        f"/oncall/covers/new/?schedule={rota.pk}&{SHIFT}",
        {"starts_at": "2026-03-15T09:00", "ends_at": "2026-03-23T09:00", "asked": "any", "note": "Typed"},
    )
    page = answer.content.decode()
    assert "not on call for Payments primary for all of this time" in page
    assert 'value="Typed"' in page
    assert not CoverRequest.objects.exists()


@pytest.mark.parametrize("query", ["", "schedule=1", "schedule=x", f"schedule=0&{SHIFT}x", "schedule=²"])
def test_without_a_time_one_chooses_from_ones_shifts(
    browser_of: Browser, member: User, owner: User, rota: Schedule, query: str
) -> None:
    assert "For which shift?" in text(browser_of(member), f"/oncall/covers/new/?{query}")


def test_who_is_not_on_call_is_told_that_there_is_nothing_to_cover(
    browser_of: Browser, stranger: User
) -> None:
    assert "nothing to cover" in text(browser_of(stranger), "/oncall/covers/new/")


def test_a_manager_asks_for_a_member_and_nobody_else_does(
    browser_of: Browser, owner: User, member: User, stranger: User, viewer: User, rota: Schedule
) -> None:
    path = f"/oncall/covers/new/?schedule={rota.pk}&{SHIFT}&person={member.pk}"
    given = {"starts_at": "2026-03-16T09:00", "ends_at": "2026-03-23T09:00", "asked": "any"}
    for person in (stranger, viewer):
        assert browser_of(person).get(path).status_code == 404
        assert browser_of(person).post(path, given).status_code == 404
    assert "Who can cover Milan Member?" in text(browser_of(owner), path)
    browser_of(owner).post(path, given)
    assert CoverRequest.objects.get().asker == member


# --- Answering


def test_one_press_takes_it_over(
    browser_of: Browser, owner: User, request_of_his: CoverRequest, rota: Schedule
) -> None:
    browser, path = browser_of(owner), f"/oncall/covers/{request_of_his.pk}/"
    for page in (path, "/oncall/covers/", "/me/"):
        assert f'action="{path}accept/"' in text(browser, page), page
    answer = browser.post(f"{path}accept/", {"next": "/oncall/covers/"})
    assert answer.headers["Location"] == "/oncall/covers/"
    (segment,) = final_schedule(rota, *HIS)
    assert segment.people == (owner.pk,)
    assert "You have taken it" in text(browser, path)
    assert "accept/" not in text(browser, "/oncall/covers/")


def test_looking_at_a_link_takes_nothing(
    browser_of: Browser, owner: User, request_of_his: CoverRequest
) -> None:
    for verb in ("accept", "decline", "withdraw"):
        assert browser_of(owner).get(f"/oncall/covers/{request_of_his.pk}/{verb}/").status_code == 405
    assert not Override.objects.exists()


def test_the_link_in_the_mail_needs_a_sign_in(client: Client, request_of_his: CoverRequest) -> None:
    path = f"/oncall/covers/{request_of_his.pk}/"
    assert client.get(path).headers["Location"] == f"/account/login/?next={path}"
    assert client.post(f"{path}accept/").headers["Location"].startswith("/account/login/")
    assert not Override.objects.exists()


def test_a_stranger_gets_404(
    browser_of: Browser, stranger: User, viewer: User, request_of_his: CoverRequest
) -> None:
    path = f"/oncall/covers/{request_of_his.pk}/"
    for person in (stranger, viewer):
        browser = browser_of(person)
        assert browser.get(path).status_code == 404
        for verb in ("accept", "decline", "withdraw"):
            assert browser.post(f"{path}{verb}/").status_code == 404
    assert CoverRequest.objects.get().state == CoverState.OPEN


def test_the_asker_cannot_take_their_own_and_can_withdraw_it(
    browser_of: Browser, member: User, request_of_his: CoverRequest
) -> None:
    browser, path = browser_of(member), f"/oncall/covers/{request_of_his.pk}/"
    assert "accept/" not in text(browser, path)
    browser.post(f"{path}accept/")
    assert not Override.objects.exists()
    browser.post(f"{path}withdraw/")
    assert "not needed any more" in text(browser, path)


def test_who_comes_too_late_is_told_so(
    browser_of: Browser, owner: User, admin: User, request_of_his: CoverRequest
) -> None:
    actions.accept_cover(actor=admin, now=NOW, request=request_of_his)
    answer = browser_of(owner).post(f"/oncall/covers/{request_of_his.pk}/accept/", follow=True)
    assert "Ada Admin has taken this already" in answer.content.decode()


def test_what_stands_against_it_is_said_in_place_of_the_button(
    browser_of: Browser, owner: User, request_of_his: CoverRequest
) -> None:
    Absence.objects.create(user=owner, starts_at=HIS[0], ends_at=HIS[0] + DAY, created_at=NOW)
    page = text(browser_of(owner), f"/oncall/covers/{request_of_his.pk}/")
    assert "You are away then" in page
    assert "accept/" not in page


def test_next_leads_nowhere_else(browser_of: Browser, owner: User, request_of_his: CoverRequest) -> None:
    path = f"/oncall/covers/{request_of_his.pk}/"
    answer = browser_of(owner).post(f"{path}accept/", {"next": "https://evil.example.test/"})
    assert answer.headers["Location"] == path


def test_a_cover_that_was_taken_back_in_the_schedule_says_so(
    browser_of: Browser, owner: User, member: User, request_of_his: CoverRequest
) -> None:
    taken = actions.accept_cover(actor=owner, now=NOW, request=request_of_his)
    assert taken.override
    path = f"/oncall/covers/{taken.pk}/"
    assert "Olga Owner has taken it." in text(browser_of(member), path)
    actions.withdraw_override(actor=owner, now=NOW, override=taken.override)
    assert "was withdrawn since" in text(browser_of(member), path)


# --- The page of it all


def test_what_waits_for_me_comes_first(
    browser_of: Browser, owner: User, member: User, rota: Schedule, request_of_his: CoverRequest
) -> None:
    Absence.objects.create(user=owner, starts_at=HERS[0], ends_at=HERS[0] + DAY, created_at=NOW)
    Absence.objects.create(user=member, starts_at=HIS[0], ends_at=HIS[0] + DAY, created_at=NOW)
    page = text(browser_of(owner), "/oncall/covers/")
    order = [
        "Waiting for you",
        "You are away and on call",
        "Your time off",
        "Away and on call",
        "Away in the next",
    ]
    assert sorted(order, key=page.index) == order


def test_an_empty_page_says_what_to_do(browser_of: Browser, stranger: User, viewer: User) -> None:
    assert "Add it, and Tocsin shows" in text(browser_of(stranger), "/oncall/covers/")
    assert "absences/new" not in text(browser_of(viewer), "/oncall/covers/")


@pytest.mark.parametrize("number", [1, 6])
def test_its_queries_do_not_grow(
    browser_of: Browser,
    team: Team,
    member: User,
    owner: User,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for place in range(number):
        schedule = make_schedule(team, (member, owner), name=f"Schedule {place}")
        actions.ask_for_cover(
            actor=member, asker=member, now=NOW, schedule=schedule, starts_at=HIS[0], ends_at=HIS[1]
        )
        start = NOW + (20 + place) * DAY
        for person in (member, owner):
            Absence.objects.create(user=person, starts_at=start, ends_at=start + DAY, created_at=NOW)
    browser = browser_of(owner)
    with django_assert_max_num_queries(60):
        text(browser, "/oncall/covers/")
