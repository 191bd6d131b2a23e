"""Schedules in the browser: reading and overriding; by an owner, a member and a stranger."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from oncall.models import Override, Schedule
from tests.making import NOW, make_schedule, make_team, make_user
from tests.oncall import making

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


@pytest.mark.parametrize(("wanted", "days"), [("two-weeks", 14), ("month", 35), ("quarter", 91), ("\0", 14)])
def test_as_much_is_drawn_as_was_chosen(
    browser_of: Browser, schedule: Schedule, viewer: User, wanted: str, days: int
) -> None:
    answer = browser_of(viewer).get(f"/oncall/schedules/{schedule.pk}/", {"range": wanted})
    assert len(answer.context["picture"].days) == days
    assert answer.context["picture"].now_x
    assert str(answer.context["later"]) > str(answer.context["start"])


def test_it_says_first_whether_it_is_covered(
    browser_of: Browser, schedule: Schedule, viewer: User, member: User
) -> None:
    path = f"/oncall/schedules/{schedule.pk}/"
    assert "Covered without a gap." in browser_of(viewer).get(path).content.decode()
    schedule.layers.update(ends_at=NOW + timedelta(days=2))
    text = browser_of(member).get(path).content.decode()
    assert "Covered until Thu 12 Mar, 12:00." in text
    [link] = re.findall(r'href="([^"]+)"><svg[^>]*><use[^>]*></svg>Fill the first gap', text)
    form = browser_of(member).get(html.unescape(link)).content.decode()
    assert 'value="2026-03-12T12:00"' in form
    schedule.layers.update(ends_at=NOW - timedelta(days=2))
    empty = browser_of(viewer).get(path).content.decode()
    assert "Nobody is on call." in empty
    assert "Fill the first gap" not in empty


def test_a_schedule_without_layers_says_the_next_step(
    browser_of: Browser, team: Team, owner: User, viewer: User
) -> None:
    empty = Schedule.objects.create(team=team, name="Empty")
    path = f"/oncall/schedules/{empty.pk}/"
    assert "Add the first layer" in browser_of(owner).get(path).content.decode()
    text = browser_of(viewer).get(path).content.decode()
    assert "there is no layer yet" in text
    assert "Add the first layer" not in text


def test_missing_secondaries_are_told_and_drawn(
    browser_of: Browser, schedule: Schedule, viewer: User
) -> None:
    schedule.wants_secondary = True
    schedule.save(update_fields=["wants_secondary"])
    text = browser_of(viewer).get(f"/oncall/schedules/{schedule.pk}/").content.decode()
    assert "Without a secondary for 28 days" in text
    assert 'fill="url(#thin-hatch)"' in text


def test_it_says_when_i_am_on(
    browser_of: Browser, team: Team, member: User, owner: User, viewer: User
) -> None:
    rota = make_schedule(team, (member, owner))
    path = f"/oncall/schedules/{rota.pk}/"
    assert "Next on call Mon 16 Mar, 09:00" in browser_of(member).get(path).content.decode()
    assert "On call until Mon 16 Mar, 09:00" in browser_of(owner).get(path).content.decode()
    assert not browser_of(viewer).get(path).context["is_in_it"]


def test_what_people_wrote_stays_text(browser_of: Browser, schedule: Schedule, member: User) -> None:
    odd = make_user(f"{HTML} {HTML}")
    making.a_layer(schedule, [odd], name=HTML)
    making.a_feed_shift(making.a_feed(schedule, name=HTML), odd, NOW, 200)
    making.an_override(schedule, odd, NOW + timedelta(days=1), 40, reason=HTML)
    for path in (
        f"/oncall/schedules/{schedule.pk}/",
        "/oncall/",
        f"/oncall/schedules/{schedule.pk}/?range=quarter",
    ):
        assert HTML not in browser_of(member).get(path).content.decode()


def test_days_are_told_in_words(browser_of: Browser, team: Team, member: User, owner: User) -> None:
    rota = make_schedule(team, (member, owner))
    entries = browser_of(member).get(f"/oncall/schedules/{rota.pk}/").context["entries"]
    said = [(str(entry.first), str(entry.last), [part.people for part in entry.parts]) for entry in entries]
    assert said == [
        ("2026-03-10", "2026-03-10", [(owner,)]),
        ("2026-03-11", "2026-03-15", [(owner,)]),
        ("2026-03-16", "2026-03-16", [(owner,), (member,)]),
        ("2026-03-17", "2026-03-22", [(member,)]),
    ]


def test_the_queries_of_a_schedule_do_not_grow(browser_of: Browser, team: Team, member: User) -> None:
    browser, asked = browser_of(member), []
    browser.get("/oncall/schedules/")  # what the frame remembers between pages
    for size in (1, 10):
        rota = big_schedule(team, size, member)
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(f"/oncall/schedules/{rota.pk}/?range=quarter")
        assert len(answer.context["picture"].lanes) > 2 * size
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 50


def big_schedule(team: Team, size: int, *people: User) -> Schedule:
    """That many layers with that many people each, feeds and overrides."""
    rota = making.a_schedule(team, f"Big {size}")
    crew = [*people, *(make_user() for _ in range(size))]
    for number in range(size):
        layer = making.a_layer(rota, crew, turn_unit="days", role="secondary" if number % 3 else "primary")
        making.a_window(layer, time(number), 6, number % 7)
        making.an_override(rota, crew[0], NOW + timedelta(days=number), 6, replaces=crew[-1])
        feed = making.a_feed(rota, name=f"Feed {number}")
        making.a_feed_shift(feed, crew[-1], NOW + timedelta(days=number), 8)
    return rota


# --- Overrides


def typed(*rows: dict[str, Any], **about: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    fields = {f"override-{n}-{key}": value for n, row in enumerate(rows) for key, value in row.items()}
    return {"override-count": len(rows), **fields, **about}


def a_row(person: User, **values: Any) -> dict[str, Any]:
    times = {"starts_at": "2026-03-11T09:00", "ends_at": "2026-03-11T10:00"}
    return {"user": person.pk, "kind": "everybody", **times, **values}


def test_a_clicked_shift_fills_in_the_override(
    browser_of: Browser, schedule: Schedule, member: User, owner: User
) -> None:
    owner.time_zone = "Europe/Berlin"
    owner.save(update_fields=["time_zone"])
    browser, path = browser_of(owner), f"/oncall/schedules/{schedule.pk}/"
    page = browser.get(path).content.decode()
    turn = "overrides/new/?from=2026-03-16T09:00Z&amp;until=2026-03-23T09:00Z&amp;replaces="
    assert turn + str(member.pk) in page
    form = browser.get(f"{path}overrides/new/?from=2026-03-16T09:00Z&until=2026-03-23T09:00Z")
    text = form.content.decode()
    assert 'value="2026-03-16T10:00"' in text
    assert 'value="2026-03-23T10:00"' in text
    [change] = form.context["effect"].told
    assert (change.old, change.new) == ((member,), (owner,))


def test_who_clicks_their_own_shift_is_looking_for_somebody_else(
    browser_of: Browser, schedule: Schedule, member: User
) -> None:
    address = f"/oncall/schedules/{schedule.pk}/overrides/new/?from=2026-03-16T09:00Z&until=2026-03-23T09:00Z"
    for ending, kind in (("", "everybody"), (f"&replaces={member.pk}", "one")):
        answer = browser_of(member).get(address + ending)
        row = answer.context["editor"].rows[0]
        assert (row["user"].value(), row["kind"].value()) == ("", kind)
        assert answer.context["effect"] is None
        assert "This field is required" not in answer.content.decode()


def test_a_member_overrides_on_their_own_clock_and_withdraws(
    browser_of: Browser, schedule: Schedule, member: User, owner: User
) -> None:
    member.time_zone = "Europe/Berlin"
    member.save(update_fields=["time_zone"])
    browser, path = browser_of(member), f"/oncall/schedules/{schedule.pk}/"
    row = a_row(owner, starts_at="2026-03-28T20:00", ends_at="2026-03-29T20:00")
    answer = browser.post(f"{path}overrides/new/", typed(row, reason="Wedding"))
    assert answer.headers["Location"] == path
    override = Override.objects.get()
    assert override.starts_at == datetime(2026, 3, 28, 19, tzinfo=UTC)
    assert override.ends_at == datetime(2026, 3, 29, 18, tzinfo=UTC)
    text = browser.get(path).content.decode()
    assert "Wedding" in text
    assert "stands in for everybody" in text
    assert f"by {member}" in text
    assert browser.post(f"{path}overrides/{override.pk}/withdraw/").headers["Location"] == path
    override.refresh_from_db()
    assert override.withdrawn_at == NOW


def test_several_changes_are_made_at_once_or_not_at_all(
    browser_of: Browser, schedule: Schedule, member: User, owner: User
) -> None:
    browser, path = browser_of(member), f"/oncall/schedules/{schedule.pk}/overrides/new/"
    stands_in = a_row(owner, kind="one", replaces=member.pk)
    joins = a_row(
        owner, kind="add", replaces=member.pk, starts_at="2026-03-12T09:00", ends_at="2026-03-12T10:00"
    )
    leaves = a_row(member, kind="remove", starts_at="2026-03-13T09:00", ends_at="2026-03-13T08:00")
    wrong = browser.post(path, typed(stands_in, joins, leaves))
    assert "ends_at" in wrong.context["editor"].rows[2].errors
    assert not Override.objects.exists()
    leaves["ends_at"] = "2026-03-13T10:00"
    assert browser.post(path, typed(stands_in, joins, leaves)).status_code == 302
    made = Override.objects.values_list("kind", "user", "replaces")
    assert list(made) == [
        ("replace", owner.pk, member.pk),
        ("add", owner.pk, None),
        ("remove", member.pk, None),
    ]


def test_rows_are_added_and_dropped_without_a_message(
    browser_of: Browser, schedule: Schedule, member: User
) -> None:
    browser, path = browser_of(member), f"/oncall/schedules/{schedule.pk}/overrides/new/"
    two = browser.post(path, typed({"kind": "everybody"}, do="override:add"))
    assert len(two.context["editor"].rows) == 2
    assert "This field is required" not in two.content.decode()
    one = browser.post(path, typed(a_row(member), {"kind": "add"}, do="override:0:remove"))
    assert [row["kind"].value() for row in one.context["editor"].rows] == ["add"]
    assert not Override.objects.exists()


def test_a_preview_shows_what_changes_and_stores_nothing(
    browser_of: Browser, schedule: Schedule, member: User, owner: User
) -> None:
    browser, path = browser_of(member), f"/oncall/schedules/{schedule.pk}/overrides/new/"
    shown = browser.post(path, typed(a_row(owner), do="preview")).content.decode()
    assert "Wed 11 Mar 09:00 – Wed 11 Mar 10:00" in shown
    idle = browser.post(path, typed(a_row(member, kind="one", replaces=owner.pk), do="preview"))
    assert f"This changes nothing: {owner} is not on call then." in idle.content.decode()
    leaves = browser.post(path, typed(a_row(member, kind="remove"), do="preview")).content.decode()
    assert "A new gap: nobody would be on call Wed 11 Mar 09:00 – Wed 11 Mar 10:00" in leaves
    assert not Override.objects.exists()


def test_strangers_and_viewers_get_404_for_overrides(
    browser_of: Browser, schedule: Schedule, owner: User, stranger: User, viewer: User
) -> None:
    override = Override.objects.create(
        schedule=schedule, user=owner, starts_at=NOW, ends_at=NOW + timedelta(days=1), created_at=NOW
    )
    path = f"/oncall/schedules/{schedule.pk}/overrides/"
    for person in (stranger, viewer):
        assert browser_of(person).get(f"{path}new/").status_code == 404
        assert browser_of(person).post(f"{path}new/", typed(a_row(owner))).status_code == 404
        assert browser_of(person).post(f"{path}{override.pk}/withdraw/").status_code == 404
    other = make_schedule(make_team(members=(stranger,)), (owner,))
    wrong = f"/oncall/schedules/{other.pk}/overrides/{override.pk}/withdraw/"
    assert browser_of(stranger).post(wrong).status_code == 404
    override.refresh_from_db()
    assert override.withdrawn_at is None
    assert Override.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_at": "2026-03-11T08:00"}, "ends_at"),
        ({"ends_at": "not a time"}, "ends_at"),
        ({"starts_at": ""}, "starts_at"),
        ({"user": ""}, "user"),
        ({"user": "999999"}, "user"),
        ({"kind": ""}, "kind"),
        ({"kind": "<script>"}, "kind"),
        ({"kind": "one"}, "replaces"),
        ({"ends_at": "9999-12-31T23:59"}, "ends_at"),
    ],
)
def test_a_bad_override_says_what_is_wrong(
    browser_of: Browser, schedule: Schedule, member: User, values: dict[str, Any], field: str
) -> None:
    path = f"/oncall/schedules/{schedule.pk}/overrides/new/"
    answer = browser_of(member).post(path, typed(a_row(member, **values)))
    assert answer.status_code == 200
    assert field in answer.context["editor"].rows[0].errors
    assert not Override.objects.exists()


@pytest.mark.parametrize("data", [{}, {"override-count": "x"}, {"override-count": "0"}])
def test_a_form_without_changes_makes_none(
    browser_of: Browser, schedule: Schedule, member: User, data: dict[str, str]
) -> None:
    answer = browser_of(member).post(f"/oncall/schedules/{schedule.pk}/overrides/new/", data)
    assert "There is nothing to change yet." in answer.content.decode()


def test_a_reason_that_is_too_long_is_refused(browser_of: Browser, schedule: Schedule, member: User) -> None:
    path = f"/oncall/schedules/{schedule.pk}/overrides/new/"
    answer = browser_of(member).post(path, typed(a_row(member), reason="x" * 10_000))
    assert "reason" in answer.context["editor"].about.errors
