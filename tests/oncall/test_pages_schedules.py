"""Schedules in the browser: reading and overriding; by an owner, a member and a stranger."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from oncall.models import Override, Schedule
from tests.making import NOW, make_schedule, make_team, make_user

Browser = Callable[[User], Client]
HTML = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


# --- Reading


def test_the_list_says_who_is_on_call_and_where_a_gap_is(
    browser_of: Browser, viewer: User, team: Team, member: User
) -> None:
    make_schedule(team, (member,), name="Covered one")
    make_schedule(team, (member,), name="Ends soon").layers.update(ends_at=NOW + timedelta(days=1))
    text = browser_of(viewer).get("/oncall/schedules/").content.decode()
    assert "Milan Member" in text
    assert "Gap from Wed 11 Mar, 12:00" in text
    assert "Covered" in text


@pytest.mark.parametrize("number", [1, 20])
def test_the_queries_of_the_list_do_not_grow(
    browser_of: Browser,
    member: User,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(number):
        make_schedule(make_team(), (member,))
    browser = browser_of(member)
    with django_assert_max_num_queries(22):
        assert len(browser.get("/oncall/schedules/").context["rows"]) == number


def test_the_list_is_narrowed_to_a_team_and_nonsense_narrows_nothing(
    browser_of: Browser, member: User, schedule: Schedule, other_team: Team
) -> None:
    make_schedule(other_team, (member,), name="Search primary")
    browser = browser_of(member)
    assert len(browser.get("/oncall/schedules/?team=search").context["rows"]) == 1
    assert len(browser.get("/oncall/schedules/?team=%00<script>&page=zzz").context["rows"]) == 2


def test_everybody_signed_in_reads_a_schedule_and_only_the_team_is_offered_to_change_it(
    browser_of: Browser, schedule: Schedule, owner: User, member: User, stranger: User, viewer: User
) -> None:
    path = f"/oncall/schedules/{schedule.pk}/"
    seen = {each: browser_of(each).get(path).content.decode() for each in (owner, member, stranger, viewer)}
    assert [f"{path}edit/" in text for text in seen.values()] == [True, False, False, False]
    assert [f"{path}overrides/new/" in text for text in seen.values()] == [True, True, False, False]


def test_times_are_on_the_readers_clock_or_on_the_schedules(browser_of: Browser, team: Team) -> None:
    reader = make_user("Ravi", time_zone="Asia/Kolkata")
    schedule = make_schedule(team, (reader, make_user("Other")), zone="Europe/Berlin")
    browser = browser_of(reader)
    mine = browser.get(f"/oncall/schedules/{schedule.pk}/").content.decode()
    theirs = browser.get(f"/oncall/schedules/{schedule.pk}/?zone=schedule").content.decode()
    assert "Mon 16 Mar, 13:30" in mine
    assert "Mon 16 Mar, 09:00" in theirs
    assert (
        "Mon 16 Mar, 13:30" in browser.get(f"/oncall/schedules/{schedule.pk}/?zone=No/Where").content.decode()
    )


def test_a_hand_off_is_shown_at_nine_before_and_after_clocks_change(browser_of: Browser, team: Team) -> None:
    reader = make_user("Bea", time_zone="Europe/Berlin")
    schedule = make_schedule(team, (reader, make_user("Other")), zone="Europe/Berlin")
    answer = browser_of(reader).get(f"/oncall/schedules/{schedule.pk}/?from=2026-03-23")
    text = answer.content.decode()
    assert "Mon 23 Mar 09:00" in text
    assert "Mon 30 Mar 09:00" in text
    picture = answer.context["picture"]
    assert len(picture.days) == 14
    assert picture.span.length == timedelta(days=14) - timedelta(hours=1)
    sunday, monday = picture.days[6], picture.days[7]
    assert float(sunday.place.width) < float(monday.place.width)


@pytest.mark.parametrize("day", ["yesterday", "0001-01-01", "9999-12-31", "2026-02-30", "\0"])
def test_a_nonsense_week_is_this_week(
    browser_of: Browser, schedule: Schedule, viewer: User, day: str
) -> None:
    answer = browser_of(viewer).get(f"/oncall/schedules/{schedule.pk}/", {"from": day})
    assert str(answer.context["start"]) == "2026-03-09"


# --- Overrides


def test_a_clicked_shift_fills_in_the_override(browser_of: Browser, schedule: Schedule, member: User) -> None:
    member.time_zone = "Europe/Berlin"
    member.save(update_fields=["time_zone"])
    browser = browser_of(member)
    page = browser.get(f"/oncall/schedules/{schedule.pk}/").content.decode()
    assert "overrides/new/?from=2026-03-09T09:00Z&amp;until=2026-03-16T09:00Z&amp;replaces=" in page
    form = browser.get(
        f"/oncall/schedules/{schedule.pk}/overrides/new/?from=2026-03-09T09:00Z&until=2026-03-16T09:00Z"
    ).content.decode()
    assert 'value="2026-03-09T10:00"' in form
    assert 'value="2026-03-16T10:00"' in form


def test_a_member_overrides_on_their_own_clock_and_withdraws(
    browser_of: Browser, schedule: Schedule, member: User, owner: User
) -> None:
    member.time_zone = "Europe/Berlin"
    member.save(update_fields=["time_zone"])
    browser, path = browser_of(member), f"/oncall/schedules/{schedule.pk}/"
    data = {
        "user": owner.pk,
        "starts_at": "2026-03-28T20:00",
        "ends_at": "2026-03-29T20:00",
        "reason": "Wedding",
    }
    assert browser.post(f"{path}overrides/new/", data).headers["Location"] == path
    override = Override.objects.get()
    assert override.starts_at == datetime(2026, 3, 28, 19, tzinfo=UTC)
    assert override.ends_at == datetime(2026, 3, 29, 18, tzinfo=UTC)
    assert "Wedding" in browser.get(path).content.decode()
    assert browser.post(f"{path}overrides/{override.pk}/withdraw/").headers["Location"] == path
    override.refresh_from_db()
    assert override.withdrawn_at == NOW


def test_strangers_and_viewers_get_404_for_overrides(
    browser_of: Browser, schedule: Schedule, owner: User, stranger: User, viewer: User
) -> None:
    override = Override.objects.create(
        schedule=schedule, user=owner, starts_at=NOW, ends_at=NOW + timedelta(days=1), created_at=NOW
    )
    path = f"/oncall/schedules/{schedule.pk}/overrides/"
    for person in (stranger, viewer):
        assert browser_of(person).get(f"{path}new/").status_code == 404
        assert browser_of(person).post(f"{path}new/", {"user": owner.pk}).status_code == 404
        assert browser_of(person).post(f"{path}{override.pk}/withdraw/").status_code == 404
    other = make_schedule(make_team(members=(stranger,)), (owner,))
    wrong = f"/oncall/schedules/{other.pk}/overrides/{override.pk}/withdraw/"
    assert browser_of(stranger).post(wrong).status_code == 404
    override.refresh_from_db()
    assert override.withdrawn_at is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_at": "2026-03-11T08:00"}, "ends_at"),
        ({"ends_at": "not a time"}, "ends_at"),
        ({"starts_at": ""}, "starts_at"),
        ({"user": ""}, "user"),
        ({"user": "999999"}, "user"),
        ({"reason": "x" * 10_000}, "reason"),
        ({"ends_at": "9999-12-31T23:59"}, "ends_at"),
    ],
)
def test_a_bad_override_says_what_is_wrong(
    browser_of: Browser, schedule: Schedule, member: User, values: dict[str, Any], field: str
) -> None:
    data = {"user": member.pk, "starts_at": "2026-03-11T09:00", "ends_at": "2026-03-11T10:00", **values}
    answer = browser_of(member).post(f"/oncall/schedules/{schedule.pk}/overrides/new/", data)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not Override.objects.exists()
