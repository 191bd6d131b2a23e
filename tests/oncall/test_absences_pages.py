"""The pages on which people say that they are away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import Team, User
from lib import panels
from oncall.models import Absence, CoverRequest, Schedule
from tests.making import NOW
from tests.oncall.conftest import HIS

Browser = Callable[[User], Client]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_days_are_entered_as_people_write_them_in_the_persons_zone(
    browser_of: Browser, owner: User, member: User, team: Team
) -> None:
    User.objects.filter(pk=member.pk).update(time_zone="America/New_York")
    answer = browser_of(owner).post(
        f"/oncall/absences/new/?person={member.pk}", {"first_day": "2026-03-20", "last_day": "2026-03-22"}
    )
    assert answer.headers["Location"] == f"/people/{member.pk}/"
    absence = Absence.objects.get()
    assert (absence.user, absence.created_by) == (member, owner)
    assert absence.starts_at == datetime(2026, 3, 20, 4, tzinfo=UTC)
    assert absence.ends_at == datetime(2026, 3, 23, 4, tzinfo=UTC)


@pytest.mark.parametrize("htmx", [True, False])
def test_what_it_touches_is_shown_before_it_is_saved(
    browser_of: Browser, member: User, rota: Schedule, htmx: bool
) -> None:
    given = {"first_day": "2026-03-17", "last_day": "2026-03-18", "do": "check"}
    headers: dict[str, Any] = {"HTTP_HX_REQUEST": "true"} if htmx else {}
    answer = browser_of(member).post("/oncall/absences/new/", given, **headers)
    page = answer.content.decode()
    assert "You are on call then" in page
    assert f'value="{rota.pk}-20260319T000000"' in page
    assert ("<html" in page) is not htmx
    assert not Absence.objects.exists()


def test_a_shift_that_is_ticked_is_offered_to_the_team_with_the_same_press(
    browser_of: Browser, member: User, rota: Schedule
) -> None:
    answer = browser_of(member).post(
        "/oncall/absences/new/",
        {"first_day": "2026-03-17", "last_day": "2026-03-18", "covers": f"{rota.pk}-20260319T000000"},
        follow=True,
    )
    page = answer.content.decode()
    assert "the team was asked to cover" in page
    asked = CoverRequest.objects.get()
    assert (asked.starts_at, asked.ends_at) == (
        datetime(2026, 3, 17, tzinfo=UTC),
        datetime(2026, 3, 19, tzinfo=UTC),
    )
    assert "The team is asked" in page


def test_a_shift_that_is_not_ticked_is_shown_as_a_conflict_with_a_way_to_ask(
    browser_of: Browser, member: User, rota: Schedule
) -> None:
    answer = browser_of(member).post(
        "/oncall/absences/new/", {"first_day": "2026-03-17", "last_day": "2026-03-18"}, follow=True
    )
    page = answer.content.decode()
    assert "You are away and on call" in page
    link = f"schedule={rota.pk}&amp;from=2026-03-17T00:00:00Z&amp;until=2026-03-19T00:00:00Z"
    assert link in page
    for path in ("/me/", f"/people/{member.pk}/"):
        assert link in text(browser_of(member), path), path


@pytest.mark.parametrize(
    "given",
    [
        {"first_day": ""},
        {"first_day": "x"},
        {"first_day": "2026-03-20", "last_day": "2026-03-19"},
        {"first_day": "2026-03-20", "first_time": "25:00"},
        {"first_day": "2020-01-01"},
        {"first_day": "2026-03-20", "last_day": "2028-03-20"},
        {"first_day": "2026-03-20", "covers": "1-x"},
        {"first_day": "2026-03-20", "note": "a\nb"},
    ],
)
def test_bad_input_is_a_message_and_nothing_is_saved(
    browser_of: Browser, member: User, given: dict[str, str]
) -> None:
    answer = browser_of(member).post("/oncall/absences/new/", given)
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode() or "data-form-error" in answer.content.decode()
    assert not Absence.objects.exists()


def test_nobody_touches_the_time_off_of_somebody_they_do_not_manage(
    browser_of: Browser, stranger: User, viewer: User, member: User, owner: User, team: Team
) -> None:
    absence = Absence.objects.create(
        user=owner, starts_at=NOW, ends_at=NOW + DAY, note="Surgery", created_at=NOW
    )
    for person in (stranger, viewer, member):
        browser = browser_of(person)
        assert browser.get(f"/oncall/absences/new/?person={owner.pk}").status_code == 404
        assert browser.get(f"/oncall/absences/{absence.pk}/edit/").status_code == 404
        assert (
            browser.post(f"/oncall/absences/{absence.pk}/edit/", {"first_day": "2026-04-01"}).status_code
            == 404
        )
        assert browser.post(f"/oncall/absences/{absence.pk}/withdraw/").status_code == 404
        page = text(browser, f"/people/{owner.pk}/")
        assert "Time off" in page
        assert "Surgery" not in page, "the note is nobody else's"
    assert "Surgery" in text(browser_of(owner), f"/people/{owner.pk}/")


def test_time_off_is_changed_and_withdrawn(browser_of: Browser, member: User) -> None:
    browser = browser_of(member)
    browser.post("/oncall/absences/new/", {"first_day": "2026-03-20"})
    path = f"/oncall/absences/{Absence.objects.get().pk}/"
    assert 'value="2026-03-20"' in text(browser, f"{path}edit/")
    browser.post(f"{path}edit/", {"first_day": "2026-03-21", "note": "Later"})
    assert Absence.objects.get().starts_at == datetime(2026, 3, 21, tzinfo=UTC)
    browser.post(f"{path}withdraw/")
    assert Absence.objects.get().withdrawn_at == NOW
    assert browser.get(f"{path}edit/").status_code == 404


def conflicts_on(schedule: Schedule, reader: User) -> list[panels.Filled]:
    return [each for each in panels.filled("schedule", schedule, reader) if each.panel.name == "conflicts"]


def test_a_schedule_says_who_is_on_call_and_away_and_lets_their_manager_ask(
    rota: Schedule, member: User, owner: User, stranger: User
) -> None:
    Absence.objects.create(
        user=member, starts_at=HIS[0], ends_at=HIS[0] + DAY, note="Surgery", created_at=NOW
    )
    for reader, may_ask in ((owner, True), (member, True), (stranger, False)):
        (filled,) = conflicts_on(rota, reader)
        words = render_to_string(filled.panel.template, {"panel": filled.context})
        assert "Milan Member" in words
        assert ("covers/new/" in words) is may_ask
        assert (f"person={member.pk}" in words) is (reader == owner)
        assert "Surgery" not in words
    Absence.objects.all().delete()
    assert conflicts_on(rota, owner) == []
