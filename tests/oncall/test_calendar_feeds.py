"""Calendars that are read: what is kept of them, for how long, who may add them, and what is told when they fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from accounts.models import Team, User
from lib.intervals import load_zone
from lib.panels import filled
from lib.sealing import unseal
from notifications.models import Delivery
from oncall import actions
from oncall.calendars.fetching import Copy
from oncall.calendars.keeping import Kept, swap
from oncall.calendars.looking import Found, look
from oncall.calendars.people import Shift
from oncall.drafts import Refused
from oncall.models import Absence, CalendarFeed, FeedPurpose, FeedShift, Schedule
from oncall.queries import on_call_now
from oncall.tasks import read_calendars
from tests.making import NOW, make_schedule
from tests.oncall.calendar_samples import GOOGLE, calendar, event
from tests.oncall.calendar_server import Server, serving

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONDAY = datetime(2026, 3, 16, 9, tzinfo=UTC)
Browser = Callable[[User], Client]


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    with serving() as found:
        found.body = calendar(
            event("Milan Member"), event("Olga Owner", uid="2", RRULE="FREQ=WEEKLY;COUNT=3")
        )
        found.knows_marks = True
        yield found


@pytest.fixture
def empty(team: Team) -> Schedule:
    """A schedule without layers, in Berlin."""
    return Schedule.objects.create(team=team, name="Imported", time_zone="Europe/Berlin")


def looked(server: Server, schedule: Schedule) -> Found:
    found = look(server.url, load_zone(schedule.time_zone), NOW)
    assert found is not None
    return found


@pytest.fixture
def feed(empty: Schedule, owner: User, member: User, server: Server) -> CalendarFeed:
    """Olga has added a calendar: her on three Mondays, Milan on the first of them too."""
    return actions.add_feed(
        actor=owner,
        now=NOW,
        name="Rota",
        url=server.url,
        purpose=FeedPurpose.LAYER,
        schedule=empty,
        found=looked(server, empty),
    )


@pytest.fixture
def away(member: User, empty: Schedule, server: Server) -> CalendarFeed:
    """Milan has added a calendar of when he is away."""
    return actions.add_feed(actor=member, now=NOW, name="Off", url=server.url, found=looked(server, empty))


def rows(feed: CalendarFeed) -> list[tuple[str, str, str]]:
    found = FeedShift.objects.filter(feed=feed).select_related("user")
    return [
        (str(each.user), f"{each.starts_at:%m-%d %H:%M}", f"{each.ends_at:%m-%d %H:%M}") for each in found
    ]


def again(feed: CalendarFeed, now: datetime, **options: Any) -> CalendarFeed:
    return actions.calendar_feeds.read_feed(feed=CalendarFeed.objects.get(pk=feed.pk), now=now, **options)


# --- What is kept


def test_a_calendar_says_who_is_on_call(
    feed: CalendarFeed, empty: Schedule, member: User, owner: User
) -> None:
    assert rows(feed) == [
        ("Milan Member", "03-16 09:00", "03-16 17:00"),
        ("Olga Owner", "03-16 09:00", "03-16 17:00"),
        ("Olga Owner", "03-23 09:00", "03-23 17:00"),
        ("Olga Owner", "03-30 09:00", "03-30 17:00"),
    ]
    (duty,) = on_call_now(MONDAY, [empty])
    assert set(duty.people) == {member, owner}


def test_layers_of_our_own_cover_a_calendar_and_it_covers_them_as_overrides(
    team: Team, owner: User, stranger: User, server: Server
) -> None:
    rota = make_schedule(team, (stranger,), name="Rota")
    server.body = calendar(event("Olga Owner"))
    for purpose, expected in ((FeedPurpose.LAYER, stranger), (FeedPurpose.OVERRIDES, owner)):
        actions.add_feed(
            actor=owner,
            now=NOW,
            name="x",
            url=server.url,
            purpose=purpose,
            schedule=rota,
            found=looked(server, rota),
        )
        (duty,) = on_call_now(MONDAY, [rota])
        assert duty.people == (expected,)


def test_the_address_is_sealed_and_the_host_is_shown(feed: CalendarFeed, server: Server) -> None:
    stored = CalendarFeed.objects.get()
    assert unseal(stored.url) == server.url
    assert "rota.ics" not in stored.url
    assert stored.host == "127.0.0.1"


def test_events_that_name_nobody_are_told(server: Server, empty: Schedule, owner: User, member: User) -> None:
    server.body = calendar(
        event("Milan Member"), event("Zoe", uid="2", RRULE="FREQ=DAILY;COUNT=9"), event("", uid="3")
    )
    made = actions.add_feed(
        actor=owner,
        now=NOW,
        name="x",
        url=server.url,
        purpose="layer",
        schedule=empty,
        found=looked(server, empty),
    )
    assert made.problems == [
        {"event": "Zoe", "message": "It names nobody we know."},
        {"event": "", "message": "It names nobody we know."},
    ]


def test_a_new_copy_takes_the_place_of_the_old_one(feed: CalendarFeed, server: Server) -> None:
    server.body, server.knows_marks = calendar(event("Milan Member", DTEND="20260316T200000Z")), False
    again(feed, NOW + HOUR)
    assert rows(feed) == [("Milan Member", "03-16 09:00", "03-16 20:00")]


def test_rows_that_are_said_again_are_not_written_again(feed: CalendarFeed, server: Server) -> None:
    before = set(FeedShift.objects.values_list("pk", flat=True))
    again(feed, NOW + HOUR, whole=True)
    assert set(FeedShift.objects.values_list("pk", flat=True)) == before


def test_who_was_on_call_by_a_calendar_stays_known(feed: CalendarFeed, server: Server) -> None:
    server.body, server.knows_marks = calendar(event("Milan Member", DTSTART="20260316T120000Z")), False
    again(feed, MONDAY + HOUR)
    past = [("Milan Member", "03-16 09:00", "03-16 10:00"), ("Olga Owner", "03-16 09:00", "03-16 10:00")]
    assert rows(feed) == [*past, ("Milan Member", "03-16 12:00", "03-16 17:00")]
    server.body = calendar(event("Olga Owner", DTSTART="20260320T090000Z", DTEND="20260320T100000Z"))
    again(feed, MONDAY + 2 * DAY)
    assert rows(feed)[:3] == [*past, ("Milan Member", "03-16 12:00", "03-16 17:00")]


def test_a_calendar_counts_from_when_it_was_added(
    empty: Schedule, owner: User, member: User, server: Server
) -> None:
    server.body = calendar(event("Milan Member", DTSTART="20260301T090000Z", RRULE="FREQ=DAILY;COUNT=12"))
    server.body = server.body.replace(b"DTEND:20260316T170000Z", b"DURATION:PT8H")
    made = actions.add_feed(
        actor=owner,
        now=NOW,
        name="x",
        url=server.url,
        purpose="layer",
        schedule=empty,
        found=looked(server, empty),
    )
    assert rows(made) == [
        ("Milan Member", "03-10 12:00", "03-10 17:00"),
        ("Milan Member", "03-11 09:00", "03-11 17:00"),
        ("Milan Member", "03-12 09:00", "03-12 17:00"),
    ]


def test_swapping_cuts_what_is_under_way_and_drops_what_is_ahead() -> None:
    kept = [
        Kept(1, 7, NOW - DAY, NOW - HOUR, 0),
        Kept(2, 7, NOW - HOUR, NOW + HOUR, 0),
        Kept(3, 7, NOW + DAY, NOW + 2 * DAY, 0),
    ]
    found = swap(kept, [], NOW)
    assert (found.cut, found.dropped, found.made) == ([2], [3], [])
    said = [Shift("x", 7, NOW - 9 * DAY, NOW + HOUR, 0, ""), Shift("y", 7, NOW + DAY, NOW + 2 * DAY, 1, "")]
    found = swap(kept, said, NOW)
    assert (found.cut, found.dropped, found.made) == ([], [3], [said[1]])


# --- Time off


def test_busy_events_are_time_off_and_free_ones_are_not(
    member: User, empty: Schedule, server: Server
) -> None:
    server.body = calendar(
        event("Dentist"),
        event("Birthday of somebody", uid="2", TRANSP="TRANSPARENT"),
        event("No", uid="3", STATUS="CANCELLED"),
    )
    made = actions.add_feed(actor=member, now=NOW, name="Off", url=server.url, found=looked(server, empty))
    absence = Absence.objects.get()
    assert (absence.user, absence.feed, absence.starts_at) == (member, made, MONDAY)
    assert absence.ends_at == MONDAY + 8 * HOUR
    assert "Dentist" not in str(vars(absence))


def test_time_off_that_was_withdrawn_does_not_come_back(away: CalendarFeed) -> None:
    assert Absence.objects.count() == 4
    Absence.objects.filter(starts_at=MONDAY).update(withdrawn_at=NOW)
    again(away, NOW + HOUR, whole=True)
    assert Absence.objects.filter(withdrawn_at=None).count() == 2


def test_time_off_follows_its_calendar(away: CalendarFeed, server: Server) -> None:
    server.body = calendar(event("Elsewhere", uid="5"))
    again(away, NOW + HOUR, whole=True)
    assert [each.uid.split("/")[0] for each in Absence.objects.all()] == ["5"]


# --- Reading it again


def test_it_is_due_every_hour(feed: CalendarFeed, server: Server) -> None:
    assert actions.read_due_feeds(now=NOW + timedelta(minutes=59)) == 0
    assert actions.read_due_feeds(now=NOW + HOUR) == 1
    assert actions.read_due_feeds(now=NOW + HOUR) == 0
    assert server.asked[-1]["if-none-match"] == '"v1"'


def test_a_copy_that_is_still_the_newest_counts_as_read(feed: CalendarFeed) -> None:
    done = again(feed, NOW + HOUR)
    assert (done.succeeded_at, done.failures, len(rows(feed))) == (NOW + HOUR, 0, 4)


def test_once_a_day_it_is_read_although_nothing_is_new(feed: CalendarFeed, server: Server) -> None:
    again(feed, NOW + DAY)
    assert "if-none-match" not in server.asked[-1]


def test_the_last_good_copy_stays_when_it_fails(feed: CalendarFeed, server: Server) -> None:
    before = rows(feed)
    for body, words in ((b"<html>", "web page"), (GOOGLE.encode()[:500], "cannot be understood")):
        server.body = body
        failed = again(feed, NOW + HOUR, whole=True)
        assert words in failed.error
        assert failed.succeeded_at == NOW
    assert (failed.failures, rows(feed)) == (2, before)


def test_a_failing_calendar_is_asked_more_and_more_rarely(feed: CalendarFeed, server: Server) -> None:
    server.status = 500
    waits = []
    for number in range(9):
        now = NOW + (1 + number) * HOUR
        waits.append(again(feed, now, whole=True).next_fetch_at - now)
    assert timedelta(minutes=2) <= waits[0] <= timedelta(minutes=5)
    assert timedelta(hours=3) <= waits[-1] <= timedelta(hours=6)
    server.status = 200
    good = again(feed, NOW + 20 * HOUR)
    assert (good.error, good.failures, good.next_fetch_at) == ("", 0, NOW + 21 * HOUR)


def test_its_owner_is_mailed_once_when_it_has_failed_for_a_day(
    feed: CalendarFeed, server: Server, owner: User
) -> None:
    server.status = 404
    again(feed, NOW + 23 * HOUR)
    assert not Delivery.objects.exists()
    for hours in (24, 30, 60):
        again(feed, NOW + hours * HOUR)
    mail = Delivery.objects.get()
    assert (mail.user_id, mail.subject) == (owner.pk, f"calendar:{feed.pk}")
    server.status = 200
    again(feed, NOW + 61 * HOUR)
    server.status = 404
    again(feed, NOW + 90 * HOUR)
    assert Delivery.objects.count() == 2


def test_the_teams_managers_are_mailed_when_its_owner_has_left(
    feed: CalendarFeed, server: Server, owner: User, stranger: User
) -> None:
    CalendarFeed.objects.update(created_by=stranger)
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    server.status = 404
    again(feed, NOW + 25 * HOUR)
    assert Delivery.objects.get().user_id == owner.pk


def test_a_feed_that_somebody_reads_is_not_taken_by_others(feed: CalendarFeed, server: Server) -> None:
    taken = []
    server.before = lambda: taken.append(CalendarFeed.objects.get().next_fetch_at)
    actions.read_due_feeds(now=NOW + HOUR)
    assert taken == [] or taken[0] > NOW + HOUR


@pytest.mark.django_db(transaction=True)
def test_a_locked_feed_is_passed_over(feed: CalendarFeed) -> None:
    with transaction.atomic():
        CalendarFeed.objects.select_for_update().get(pk=feed.pk)
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT id FROM oncall_calendarfeed FOR UPDATE SKIP LOCKED")
                assert cursor.fetchall() == []
        finally:
            other.close()


def test_an_address_that_changes_meanwhile_wins(feed: CalendarFeed, server: Server) -> None:
    stale = CalendarFeed.objects.get()
    CalendarFeed.objects.update(url="other")
    server.body = calendar(event("Milan Member", uid="7"))
    actions.calendar_feeds.read_feed(feed=stale, now=NOW + HOUR, whole=True)
    assert len(rows(feed)) == 4


def test_feeds_of_people_who_left_are_not_read(away: CalendarFeed, member: User) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert actions.read_due_feeds(now=NOW + DAY) == 0


def test_the_chore_reads_what_is_due(feed: CalendarFeed) -> None:
    CalendarFeed.objects.update(next_fetch_at=NOW)
    read_calendars()
    assert CalendarFeed.objects.get().next_fetch_at > NOW


def test_a_run_is_bounded(feed: CalendarFeed, away: CalendarFeed) -> None:
    assert actions.read_due_feeds(now=NOW + DAY, most=1) == 1
    assert actions.read_due_feeds(now=NOW + DAY, seconds=0) == 0


def test_reading_a_copy_costs_a_fixed_number_of_queries(
    feed: CalendarFeed, server: Server, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    server.body = calendar(
        *(event("Milan Member", uid=str(n), RRULE="FREQ=DAILY;COUNT=30") for n in range(20))
    )
    stored = CalendarFeed.objects.select_related("schedule", "user").get()
    with django_assert_max_num_queries(12):
        actions.calendar_feeds.read_feed(feed=stored, now=NOW + HOUR, whole=True)
    assert len(rows(feed)) == 600


# --- Who may


@pytest.mark.parametrize("who", ["member", "stranger", "viewer"])
def test_only_managers_change_what_a_schedule_reads(
    who: str,
    feed: CalendarFeed,
    empty: Schedule,
    server: Server,
    browser_of: Browser,
    request: pytest.FixtureRequest,
) -> None:
    person: User = request.getfixturevalue(who)
    found = looked(server, empty)
    with pytest.raises(Refused):
        actions.add_feed(
            actor=person, now=NOW, name="x", url=server.url, purpose="layer", schedule=empty, found=found
        )
    for action in (actions.remove_feed, actions.refresh_feed):
        with pytest.raises(Refused):
            action(actor=person, now=NOW, feed=feed)
    browser = browser_of(person)
    assert browser.get(f"/oncall/calendars/new/?schedule={empty.pk}").status_code == 404
    assert browser.get(f"/oncall/calendars/{feed.pk}/").status_code == 404
    for path in ("refresh", "remove"):
        assert browser.post(f"/oncall/calendars/{feed.pk}/{path}/").status_code == 404


def test_anothers_calendar_of_time_off_is_nobodys_business(
    away: CalendarFeed, owner: User, admin: User, browser_of: Browser
) -> None:
    for person in (owner, admin):
        assert browser_of(person).get(f"/oncall/calendars/{away.pk}/").status_code == 404
        with pytest.raises(Refused):
            actions.remove_feed(actor=person, now=NOW, feed=away)


def test_a_viewer_adds_no_time_off(viewer: User, browser_of: Browser) -> None:
    assert browser_of(viewer).get("/oncall/calendars/new/").status_code == 404


def test_a_purpose_must_fit_its_owner(owner: User, empty: Schedule, server: Server) -> None:
    found = looked(server, empty)
    for purpose, schedule in (("absences", empty), ("layer", None), ("nonsense", empty)):
        with pytest.raises(Refused):
            actions.add_feed(
                actor=owner,
                now=NOW,
                name="x",
                url=server.url,
                purpose=purpose,
                schedule=schedule,
                found=found,
            )


# --- Removing


def test_a_calendar_that_said_nothing_yet_is_gone_when_removed(feed: CalendarFeed, owner: User) -> None:
    actions.remove_feed(actor=owner, now=NOW, feed=feed)
    assert not CalendarFeed.objects.exists()


def test_a_removed_calendar_keeps_only_who_was_on_call(
    feed: CalendarFeed, owner: User, browser_of: Browser
) -> None:
    actions.remove_feed(actor=owner, now=MONDAY + HOUR, feed=feed)
    assert rows(feed) == [
        ("Milan Member", "03-16 09:00", "03-16 10:00"),
        ("Olga Owner", "03-16 09:00", "03-16 10:00"),
    ]
    assert CalendarFeed.objects.get().url == ""
    assert actions.read_due_feeds(now=NOW + 400 * DAY) == 0
    assert browser_of(owner).get(f"/oncall/calendars/{feed.pk}/").status_code == 404


def test_time_off_goes_with_its_calendar(away: CalendarFeed, member: User) -> None:
    actions.remove_feed(actor=member, now=NOW, feed=away)
    assert not Absence.objects.exists()


# --- The pages


def test_a_calendar_is_shown_before_it_is_added(
    empty: Schedule,
    owner: User,
    member: User,
    server: Server,
    browser_of: Browser,
    time_machine: TimeMachineFixture,
) -> None:
    time_machine.move_to(NOW, tick=False)
    server.body = calendar(
        event("Milan Member", RRULE="FREQ=WEEKLY;COUNT=5"),
        event("Olga Owner", uid="2"),
        event("Zoe", uid="3"),
        event("Yves", uid="4"),
    )
    path = f"/oncall/calendars/new/?schedule={empty.pk}"
    typed = {"name": "Rota", "url": server.url, "purpose": "layer"}
    page = browser_of(owner).post(path, typed).content.decode()
    assert "6 shifts of 2 people in the next 90 days." in " ".join(page.split())
    assert "2 events name nobody we know" in page
    assert not CalendarFeed.objects.exists()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    answer = browser_of(owner).post(path, {**typed, "seen": seen})
    made = CalendarFeed.objects.get()
    assert answer["Location"] == f"/oncall/calendars/{made.pk}/"
    assert (made.name, made.purpose, made.created_by, FeedShift.objects.count()) == (
        "Rota",
        "layer",
        owner,
        6,
    )


def test_what_was_not_seen_is_shown_first(
    empty: Schedule, owner: User, server: Server, browser_of: Browser
) -> None:
    path = f"/oncall/calendars/new/?schedule={empty.pk}"
    typed = {"name": "Rota", "url": server.url, "purpose": "layer"}
    page = browser_of(owner).post(path, typed).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    browser_of(owner).post(path, {**typed, "purpose": "overrides", "seen": seen})
    browser_of(owner).post(path, {**typed, "url": server.url + "?x", "seen": seen})
    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"body": b"<html>"}, "shows a web page, not a calendar"),
        ({"body": b"hello"}, "is not a calendar"),
        ({"body": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 50_000}, "too many events"),
        ({"status": 404}, "The server answers 404"),
        ({"is_slow": True}, "did not answer in time"),
    ],
)
def test_a_calendar_that_cannot_be_read_is_told_on_the_field(
    change: dict[str, Any],
    words: str,
    empty: Schedule,
    owner: User,
    server: Server,
    browser_of: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("oncall.views.feeds.TIMEOUT", 0.5)
    for name, value in change.items():
        setattr(server, name, value)
    typed = {"name": "Rota", "url": server.url, "purpose": "layer"}
    page = browser_of(owner).post(f"/oncall/calendars/new/?schedule={empty.pk}", typed).content.decode()
    error = page.split('id="id_url_error"')[1].split("</p>")[0]
    assert words in error
    assert f'value="{server.url}"' in page
    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize(
    "url", ["rota.ics", "ftp://example.test/rota.ics", "https://", "javascript:alert(1)"]
)
def test_an_address_that_is_none_is_told(url: str, empty: Schedule, owner: User, browser_of: Browser) -> None:
    typed = {"name": "Rota", "url": url, "purpose": "layer"}
    page = browser_of(owner).post(f"/oncall/calendars/new/?schedule={empty.pk}", typed).content.decode()
    assert "Write the whole address" in page


def test_a_private_address_is_told_on_the_field(
    empty: Schedule, owner: User, browser_of: Browser, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = []
    typed = {"name": "Rota", "url": "http://127.0.0.1/rota.ics", "purpose": "layer"}
    page = browser_of(owner).post(f"/oncall/calendars/new/?schedule={empty.pk}", typed).content.decode()
    assert "is a loopback address" in page


def test_i_add_a_calendar_of_when_i_am_away(member: User, server: Server, browser_of: Browser) -> None:
    browser, typed = browser_of(member), {"name": "Off", "url": server.url}
    page = browser.post("/oncall/calendars/new/", typed).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert browser.post("/oncall/calendars/new/", {**typed, "seen": seen}).status_code == 302
    made = CalendarFeed.objects.get()
    assert (made.user, made.schedule, made.purpose) == (member, None, "absences")


def test_the_page_of_a_calendar_says_how_it_does(
    feed: CalendarFeed, owner: User, server: Server, browser_of: Browser
) -> None:
    CalendarFeed.objects.update(
        error="The server answers 500.",
        failures=3,
        problems=[{"event": "Zoe", "message": "It names nobody we know."}],
    )
    page = browser_of(owner).get(f"/oncall/calendars/{feed.pk}/").content.decode()
    for words in ("The server answers 500.", "It has failed 3 times in a row.", "Zoe", "127.0.0.1"):
        assert words in page
    assert server.url not in page
    server.body = calendar(event("Milan Member"))
    browser_of(owner).post(f"/oncall/calendars/{feed.pk}/refresh/")
    assert CalendarFeed.objects.get().error == ""


def test_a_calendar_is_renamed_and_gets_another_address(
    feed: CalendarFeed, owner: User, server: Server, browser_of: Browser
) -> None:
    browser, path = browser_of(owner), f"/oncall/calendars/{feed.pk}/"
    assert browser.post(path, {"name": "New name", "url": ""}).status_code == 302
    stored = CalendarFeed.objects.get()
    assert (stored.name, unseal(stored.url)) == ("New name", server.url)
    typed = {"name": "New name", "url": server.url + "?b"}
    page = browser.post(path, typed).content.decode()
    assert unseal(CalendarFeed.objects.get().url) == server.url
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert browser.post(path, {**typed, "seen": seen}).status_code == 302
    assert unseal(CalendarFeed.objects.get().url) == server.url + "?b"


def test_removing_leads_back_to_the_schedule(feed: CalendarFeed, owner: User, browser_of: Browser) -> None:
    answer = browser_of(owner).post(f"/oncall/calendars/{feed.pk}/remove/")
    assert answer["Location"] == f"/oncall/schedules/{feed.schedule_id}/"


def test_a_schedules_page_says_what_it_reads(
    feed: CalendarFeed, empty: Schedule, owner: User, viewer: User
) -> None:
    CalendarFeed.objects.update(error="The server answers 500.")
    for person, may in ((owner, True), (viewer, False)):
        (found,) = [each for each in filled("schedule", empty, person) if each.panel.name == "calendars"]
        html = render_to_string(found.panel.template, {"panel": found.context})
        assert "Rota" in html
        assert "Not read" in html
        assert (f"/oncall/calendars/{feed.pk}/" in html) == may
        assert (f"/oncall/calendars/new/?schedule={empty.pk}" in html) == may
        assert "Subscribe in my calendar" in html


def test_my_page_says_what_is_read_for_me(away: CalendarFeed, member: User, browser_of: Browser) -> None:
    page = browser_of(member).get("/me/").content.decode()
    assert f'<a href="/oncall/calendars/{away.pk}/">Off</a>' in page


def test_feeds_are_bounded(
    feed: CalendarFeed, owner: User, empty: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oncall.actions.calendar_feeds.MOST_FEEDS", 1)
    nothing = Found(Copy(b""), "", (), (), (), (), ())
    with pytest.raises(Refused):
        actions.add_feed(
            actor=owner,
            now=NOW,
            name="x",
            url="https://a.test/",
            purpose="layer",
            schedule=empty,
            found=nothing,
        )
