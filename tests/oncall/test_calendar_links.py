"""Calendars that are offered: what the file says, how it changes, and who may read it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from icalendar import Calendar
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from config.logs import redacted
from oncall import actions
from oncall.calendars.links import book_of, find
from oncall.calendars.publishing import publish
from oncall.drafts import Refused
from oncall.models import CalendarFeed, CalendarLink, FeedShift, LayerRole, Override, PublishedShift, Schedule
from tests.making import NOW, make_schedule, make_team, make_user
from tests.oncall.making import a_layer

DAY = timedelta(days=1)
Read = Callable[..., Any]


@pytest.fixture
def rota(team: Team, member: User, owner: User) -> Schedule:
    """Milan and Olga by turns, a week each, from Monday 09:00."""
    return make_schedule(team, (member, owner), name="Payments primary")


@pytest.fixture
def address(rota: Schedule, member: User) -> str:
    _link, secret = actions.create_link(actor=member, now=NOW, schedule=rota)
    return f"/calendars/{secret}.ics"


@pytest.fixture
def read() -> Read:
    """Get a calendar at a moment; the answer."""

    def reader(address: str, at: datetime = NOW, method: str = "get", **headers: str) -> Any:
        with time_machine.travel(at, tick=False):
            return getattr(Client(), method)(address, headers=headers)

    return reader


def events(answer: Any) -> dict[str, Any]:
    return {str(each["UID"]): each for each in Calendar.from_ical(answer.content).walk("VEVENT")}


def titles(answer: Any) -> set[str]:
    return {str(each["SUMMARY"]) for each in events(answer).values()}


# --- The file


def test_a_schedules_calendar_says_who_is_on_call(address: str, read: Read) -> None:
    answer = read(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, max-age=300"
    assert titles(answer) == {
        "On call: Payments primary — Milan Member",
        "On call: Payments primary — Olga Owner",
    }
    starts = sorted(each["DTSTART"].dt for each in events(answer).values())
    assert starts[0] == datetime(2026, 2, 23, 9, tzinfo=UTC)  # of the shift that holds the moment 15 days ago
    assert starts[-1] == datetime(2026, 8, 31, 9, tzinfo=UTC)
    assert len(starts) == 28


def test_its_head_says_how_often_to_ask(address: str, read: Read) -> None:
    text = read(address).content.decode()
    for line in (
        "METHOD:PUBLISH",
        "CALSCALE:GREGORIAN",
        "X-WR-CALNAME:On call: Payments primary",
        "X-WR-TIMEZONE:UTC",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ):
        assert f"\r\n{line}\r\n" in text


def test_lines_end_as_they_should_and_are_folded(team: Team, member: User, read: Read) -> None:
    long = make_schedule(
        team, (member,), name="Zahlungsverkehr – außerhalb der Geschäftszeiten, zweite Linie"[:80]
    )
    _link, secret = actions.create_link(actor=member, now=NOW, schedule=long)
    body = read(f"/calendars/{secret}.ics").content
    assert body.count(b"\r\n") == body.count(b"\n")
    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    assert titles(read(f"/calendars/{secret}.ics")) == {f"On call: {long.name} — Milan Member"}


def test_ones_own_calendar_leaves_ones_name_out(rota: Schedule, member: User, read: Read) -> None:
    _link, secret = actions.create_link(actor=member, now=NOW)
    answer = read(f"/calendars/{secret}.ics")
    assert titles(answer) == {"On call: Payments primary"}
    assert len(events(answer)) == 14


def test_ones_own_calendar_knows_every_way_to_be_on_call(
    rota: Schedule, stranger: User, owner: User, read: Read
) -> None:
    other = make_schedule(rota.team, (owner,), name="Imported")
    start = datetime(2026, 3, 16, 9, tzinfo=UTC)
    Override.objects.create(
        schedule=rota, user=stranger, starts_at=start, ends_at=start + DAY, created_at=NOW
    )
    feed = CalendarFeed.objects.create(
        name="x", purpose="overrides", schedule=other, next_fetch_at=NOW, created_at=NOW
    )
    FeedShift.objects.create(feed=feed, user=stranger, uid="1", starts_at=start, ends_at=start + DAY)
    _link, secret = actions.create_link(actor=stranger, now=NOW)
    assert titles(read(f"/calendars/{secret}.ics")) == {"On call: Payments primary", "On call: Imported"}


def test_secondaries_and_shadows_are_told_as_such(
    rota: Schedule, owner: User, stranger: User, read: Read
) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    a_layer(rota, [stranger], role=LayerRole.SECONDARY, starts_at=start, ends_at=start + 20 * DAY)
    a_layer(rota, [make_user("Nina New")], role=LayerRole.SHADOW, starts_at=start, ends_at=start + 20 * DAY)
    _link, secret = actions.create_link(actor=owner, now=NOW, schedule=rota)
    found = titles(read(f"/calendars/{secret}.ics"))
    assert {"Secondary: Payments primary — Stella Stranger", "Shadow: Payments primary — Nina New"} <= found
    _link, secret = actions.create_link(actor=stranger, now=NOW)
    assert titles(read(f"/calendars/{secret}.ics")) == {"Secondary: Payments primary"}


def test_a_teams_calendar_holds_all_its_schedules(
    rota: Schedule, team: Team, viewer: User, read: Read
) -> None:
    make_schedule(team, (make_user("Nina New"),), name="Payments night")
    make_schedule(make_team("Search"), (make_user("Otto Other"),), name="Search")
    _link, secret = actions.create_link(actor=viewer, now=NOW, team=team)
    assert {title.split(" — ")[1] for title in titles(read(f"/calendars/{secret}.ics"))} == {
        "Milan Member",
        "Olga Owner",
        "Nina New",
    }


def test_being_on_call_does_not_make_somebody_look_busy(address: str, read: Read) -> None:
    assert {str(each["TRANSP"]) for each in events(read(address)).values()} == {"TRANSPARENT"}


# --- Asking again


def test_the_same_schedule_gives_the_same_file(address: str, read: Read) -> None:
    first = read(address)
    again = read(address, NOW + timedelta(minutes=59))
    assert again.content == first.content
    assert again["ETag"] == first["ETag"]
    assert not first["ETag"].startswith("W/")


def test_who_has_the_newest_file_gets_none(address: str, read: Read) -> None:
    first = read(address)
    for header in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        answer = read(address, NOW + timedelta(minutes=5), **header)
        assert (answer.status_code, answer.content) == (304, b"")
        assert (answer["ETag"], answer["Cache-Control"]) == (first["ETag"], "private, max-age=300")


def test_head_says_what_get_would(address: str, read: Read) -> None:
    got, head = read(address), read(address, method="head")
    assert head.content == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified"):
        assert head[name] == got[name]


def test_it_needs_no_session_and_sets_no_cookie(address: str, read: Read) -> None:
    answer = read(address)
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_nothing_is_written_when_nothing_has_changed(
    rota: Schedule, member: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    publish([rota], NOW)
    with django_assert_num_queries(7) as captured:
        publish([rota], NOW + timedelta(hours=1))
    assert {query["sql"].split()[0] for query in captured.captured_queries} == {"SELECT"}


def test_many_schedules_cost_no_more_queries_than_one(
    rota: Schedule, team: Team, member: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    link, _secret = actions.create_link(actor=member, now=NOW, team=team)
    for number in range(5):
        make_schedule(team, (member, make_user()), name=f"More {number}")
    book_of(link, NOW)
    with django_assert_num_queries(9):
        assert len(book_of(link, NOW).entries) > 100


def test_a_change_gives_another_tag(rota: Schedule, address: str, owner: User, read: Read) -> None:
    first = read(address)
    monday = datetime(2026, 3, 16, 9, tzinfo=UTC)
    Override.objects.create(schedule=rota, user=owner, starts_at=monday, ends_at=monday + DAY, created_at=NOW)
    answer = read(address, NOW + timedelta(hours=1), **{"if-none-match": first["ETag"]})
    assert (answer.status_code, answer["ETag"] == first["ETag"]) == (200, False)
    assert answer["Last-Modified"] != first["Last-Modified"]


def test_addresses_stay_out_of_log_lines(address: str) -> None:
    assert redacted(f"GET {address}") == "GET /calendars/…"


# --- When the schedule changes


def cover(rota: Schedule, user: User, start: datetime, end: datetime) -> Override:
    return Override.objects.create(schedule=rota, user=user, starts_at=start, ends_at=end, created_at=NOW)


def test_a_shift_that_changes_keeps_its_uid_and_counts_up(
    rota: Schedule, address: str, owner: User, read: Read
) -> None:
    before = events(read(address))
    monday = datetime(2026, 3, 16, 9, tzinfo=UTC)
    cover(rota, owner, monday, monday + DAY)  # Olga's own week ends then: one day longer
    after = events(read(address, NOW + DAY))
    changed = {uid for uid in before if uid in after and before[uid].to_ical() != after[uid].to_ical()}
    assert len(changed) == 2
    assert set(before) <= set(after)
    for uid in changed:
        assert (before[uid]["SEQUENCE"], after[uid]["SEQUENCE"]) == (0, 1)
        assert after[uid]["LAST-MODIFIED"].dt == after[uid]["DTSTAMP"].dt == NOW + DAY
        assert after[uid]["CREATED"].dt == NOW


def test_a_cancelled_shift_is_told_for_a_week_and_then_dropped(
    rota: Schedule, address: str, owner: User, member: User, read: Read
) -> None:
    before = read(address)
    monday = datetime(2026, 3, 16, 9, tzinfo=UTC)
    (uid,) = [key for key, each in events(before).items() if each["DTSTART"].dt == monday]
    cover(rota, owner, monday, monday + 7 * DAY)
    gone = events(read(address, NOW + DAY))[uid]
    assert (gone["STATUS"], gone["SEQUENCE"]) == ("CANCELLED", 1)
    assert (gone["DTSTART"].dt, gone["DTEND"].dt) == (monday, monday + 7 * DAY)
    assert uid in events(read(address, NOW + DAY + timedelta(days=6, hours=23)))
    assert uid not in events(read(address, NOW + 9 * DAY))


def test_a_cover_that_is_withdrawn_brings_the_shift_back(
    rota: Schedule, address: str, owner: User, read: Read
) -> None:
    before = events(read(address))
    monday = datetime(2026, 3, 16, 9, tzinfo=UTC)
    (uid,) = [key for key, each in before.items() if each["DTSTART"].dt == monday]
    made = cover(rota, owner, monday, monday + 7 * DAY)
    read(address, NOW + DAY)
    Override.objects.filter(pk=made.pk).update(withdrawn_at=NOW + DAY)
    back = events(read(address, NOW + 2 * DAY))[uid]
    assert (back["STATUS"], back["SEQUENCE"]) == ("CONFIRMED", 2)


def test_the_past_stays_when_somebody_leaves(
    rota: Schedule, address: str, member: User, owner: User, read: Read
) -> None:
    actions.revoke_link(actor=member, now=NOW, link=CalendarLink.objects.get())
    _link, secret = actions.create_link(actor=owner, now=NOW, schedule=rota)
    address = f"/calendars/{secret}.ics"
    before = events(read(address))
    User.objects.filter(pk=member.pk).update(is_active=False)
    after = events(read(address, NOW + DAY))
    for uid, event in before.items():
        theirs = "Milan" in event["SUMMARY"]
        is_over = event["DTEND"].dt <= NOW + DAY
        assert (after[uid]["STATUS"] == "CANCELLED") == (theirs and not is_over)


def test_old_rows_do_not_pile_up(rota: Schedule) -> None:
    for week in range(30):
        publish([rota], NOW + week * 7 * DAY)
    assert PublishedShift.objects.count() < 32


@pytest.mark.django_db(transaction=True)
def test_two_readers_at_once_do_not_tell_a_shift_twice(rota: Schedule) -> None:
    barrier = threading.Barrier(4)
    failures: list[BaseException] = []

    def reader() -> None:
        try:
            barrier.wait(10)
            publish([rota], NOW)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=reader) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []
    assert PublishedShift.objects.count() == 28


# --- Who may


def test_an_address_that_nobody_made_and_one_that_was_revoked_look_the_same(
    address: str, member: User, read: Read
) -> None:
    unknown = read("/calendars/cal_unknown.ics")
    actions.revoke_link(actor=member, now=NOW, link=CalendarLink.objects.get())
    revoked = read(address)
    assert (unknown.status_code, revoked.status_code) == (404, 404)
    assert unknown.content == revoked.content
    assert dict(unknown.items()) == dict(revoked.items())


def test_a_link_ends_when_its_maker_leaves(address: str, member: User, read: Read) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert read(address).status_code == 404


def test_only_the_digest_is_stored(address: str) -> None:
    secret = address.removeprefix("/calendars/").removesuffix(".ics")
    link = CalendarLink.objects.get()
    assert secret not in str(vars(link))
    assert secret.endswith(link.hint)
    assert find(secret) == link


def test_its_use_is_noted_once_an_hour(address: str, read: Read) -> None:
    for minutes in (0, 30, 59):
        read(address, NOW + timedelta(minutes=minutes))
        assert CalendarLink.objects.get().last_used_at == NOW
    read(address, NOW + timedelta(minutes=60))
    assert CalendarLink.objects.get().last_used_at == NOW + timedelta(minutes=60)


def test_another_persons_link_cannot_be_revoked(
    address: str, stranger: User, admin: User, browser_of: Callable[[User], Client]
) -> None:
    link = CalendarLink.objects.get()
    with pytest.raises(Refused):
        actions.revoke_link(actor=stranger, now=NOW, link=link)
    path = f"/oncall/calendar-links/{link.pk}/revoke/"
    assert browser_of(stranger).post(path).status_code == 404
    assert browser_of(admin).post(path).status_code == 302
    link.refresh_from_db()
    assert link.revoked_at is not None


def test_links_are_bounded(member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oncall.actions.calendar_links.MOST_LINKS", 2)
    for _each in range(2):
        actions.create_link(actor=member, now=NOW)
    with pytest.raises(Refused):
        actions.create_link(actor=member, now=NOW)


# --- The pages


@pytest.mark.parametrize("what", ["me", "schedule", "team"])
def test_anybody_signed_in_makes_a_link_and_sees_it_once(
    what: str, rota: Schedule, team: Team, viewer: User, browser_of: Callable[[User], Client], settings: Any
) -> None:
    browser = browser_of(viewer)
    sent = {"me": "me", "schedule": f"schedule:{rota.pk}", "team": f"team:{team.pk}"}[what]
    page = browser.post("/oncall/calendar-links/", {"what": sent}).content.decode()
    link = CalendarLink.objects.get()
    assert (link.user, link.schedule, link.team) == (
        viewer if what == "me" else None,
        rota if what == "schedule" else None,
        team if what == "team" else None,
    )
    address = page.split(f'calendar-address">{settings.SITE_URL}')[1].split("<")[0]
    assert Client().get(address).status_code == 200
    assert f'href="webcal://{settings.SITE_URL.partition("://")[2]}{address}"' in page
    listed = browser.get("/oncall/calendar-links/").content.decode()
    assert f"…{link.hint}" in listed
    assert address not in listed


def test_a_link_to_nothing_is_refused(viewer: User, browser_of: Callable[[User], Client]) -> None:
    answer = browser_of(viewer).post("/oncall/calendar-links/", {"what": "schedule:999"})
    assert answer.status_code == 200
    assert not CalendarLink.objects.exists()


def test_my_page_lists_my_links_and_revokes_them(
    member: User, stranger: User, browser_of: Callable[[User], Client]
) -> None:
    link, _secret = actions.create_link(actor=member, now=NOW)
    assert f"…{link.hint}" in browser_of(member).get("/me/").content.decode()
    assert f"…{link.hint}" not in browser_of(stranger).get("/me/").content.decode()
    answer = browser_of(member).post(f"/oncall/calendar-links/{link.pk}/revoke/", {"next": "/me/"})
    assert answer["Location"] == "/me/"
    assert f"…{link.hint}" not in browser_of(member).get("/me/").content.decode()
