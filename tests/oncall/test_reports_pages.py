"""The pages of reports and the table for pay, as three actors see them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from lib.intervals import Interval
from notifications.models import Delivery, DeliveryKind, DeliveryState
from oncall.models import Layer, Override, Schedule, Slot
from oncall.reports.pay import COLUMNS, harmless
from oncall.reports.reading import load_report, worked_in
from tests.making import NOW, make_schedule, make_team, make_user

Browser = Callable[[User], Client]
H = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def a_page(user: User, at: datetime, group: str, *, targets: Any = (), methods: int = 1) -> None:
    """A page that was sent by so many methods, a minute apart."""
    for number in range(methods):
        sent = at + timedelta(minutes=number)
        Delivery.objects.create(
            key=f"{group}:{number}",
            group=group,
            kind=DeliveryKind.PAGE,
            subject="incident:1",
            user=user,
            transport="email",
            address=user.email,
            state=DeliveryState.SENT,
            created_at=at,
            scheduled_at=at,
            due_at=sent,
            sent_at=sent,
            reason={"targets": list(targets)},
        )


def gap(schedule: Schedule, start: datetime, end: datetime) -> None:
    """The first layer ends, and the same goes on later."""
    layer = schedule.layers.get()
    people = [slot.user for slot in layer.slots.order_by("position")]
    Layer.objects.filter(pk=layer.pk).update(ends_at=start)
    layer.pk, layer.starts_at, layer.ends_at, layer.position = None, end, None, 1
    layer.save()
    Slot.objects.bulk_create(Slot(layer=layer, position=n, user=user) for n, user in enumerate(people))


# --- Is anything uncovered?


def test_a_covered_schedule_is_said_to_be_covered(
    browser_of: Browser, viewer: User, schedule: Schedule
) -> None:
    page = text(browser_of(viewer), "/oncall/reports/")
    assert "No: the schedule is covered" in page
    assert "In the next 4 weeks." in page


def test_a_gap_is_the_first_thing_that_is_said(browser_of: Browser, viewer: User, schedule: Schedule) -> None:
    gap(schedule, NOW + 24 * H, NOW + 30 * H)
    page = text(browser_of(viewer), "/oncall/reports/")
    assert "Yes: nobody for 6 h, in 1 schedule" in page
    assert "Wed 11 Mar 2026, 12:00 UTC" in page
    assert "Nobody for 6 h" in page


def test_a_gap_beyond_the_asked_weeks_is_left_out(
    browser_of: Browser, viewer: User, schedule: Schedule
) -> None:
    gap(schedule, NOW + timedelta(weeks=5), NOW + timedelta(weeks=5, hours=1))
    assert "covered" in text(browser_of(viewer), "/oncall/reports/")
    assert "Yes: nobody for 1 h" in text(browser_of(viewer), "/oncall/reports/?weeks=26")
    assert "In the next 4 weeks." in text(browser_of(viewer), "/oncall/reports/?weeks=27")
    assert "In the next 4 weeks." in text(browser_of(viewer), "/oncall/reports/?weeks=many")


def test_one_person_in_place_of_two_is_thin(browser_of: Browser, viewer: User, schedule: Schedule) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(wants_secondary=True)
    assert "No, but only one of two people for 28 days" in text(browser_of(viewer), "/oncall/reports/")


def test_only_the_chosen_teams_schedules_are_shown(
    browser_of: Browser, viewer: User, schedule: Schedule, other_team: Team
) -> None:
    Schedule.objects.create(team=other_team, name="Nobody at all")
    assert "Nobody at all" in text(browser_of(viewer), "/oncall/reports/?team=search")
    assert "Nobody at all" not in text(browser_of(viewer), "/oncall/reports/?team=payments")


def test_without_a_schedule_the_reports_say_what_to_do_next(
    browser_of: Browser, owner: User, team: Team, viewer: User
) -> None:
    assert "/oncall/schedules/new/" in text(browser_of(owner), "/oncall/reports/")
    assert "/oncall/schedules/new/" not in text(browser_of(viewer), "/oncall/reports/")
    assert "Nobody was on call" in text(browser_of(viewer), "/oncall/reports/load/")


# --- Load


def test_load_counts_hours_nights_and_weekends_of_the_chosen_days(
    browser_of: Browser, viewer: User, schedule: Schedule
) -> None:
    """A week of one person: 168 hours, 56 of them at night, 48 at the weekend."""
    page = text(browser_of(viewer), "/oncall/reports/load/?since=2026-03-02&until=2026-03-08")
    row = page.split("Milan Member")[1].split("</tr>")[0]
    assert [cell.split(">")[1].split("<")[0] for cell in row.split('data-label="')[1:]] == [
        *("168 h", "–", "56 h", "48 h", "–", "0", "0")
    ]


def test_holidays_are_those_that_the_layers_go_by(schedule: Schedule, member: User) -> None:
    Layer.objects.update(skip_holidays="DE")
    Override.objects.create(  # on the holiday the layer is silent, so somebody is asked to stand in
        schedule=schedule,
        user=member,
        starts_at=datetime(2026, 1, 1, 9, tzinfo=UTC),
        ends_at=datetime(2026, 1, 2, 9, tzinfo=UTC),
        created_at=NOW,
    )
    span = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC))
    [row] = load_report([schedule], span, all_pages=True).rows
    assert row.load.holiday == 24 * H


def test_a_page_counts_once_however_many_methods_carried_it(schedule: Schedule, member: User) -> None:
    night = datetime(2026, 3, 3, 2, 50, tzinfo=UTC)
    a_page(member, night, "esc:1:1:0:0:9", methods=3)
    a_page(member, night + H, "esc:1:1:0:1:9")
    a_page(member, night + 12 * H, "esc:2:1:0:0:9")
    span = Interval(NOW - timedelta(weeks=4), NOW)
    [row] = load_report([schedule], span, all_pages=True).rows
    assert (row.load.pages, row.load.woken, row.load.woken_hours) == (3, 2, 2)


def test_a_page_belongs_to_the_days_in_which_it_began(schedule: Schedule, member: User) -> None:
    start = datetime(2026, 3, 3, tzinfo=UTC)
    a_page(member, start - timedelta(seconds=90), "esc:1:1:0:0:9", methods=3)
    [row] = load_report([schedule], Interval(start, start + 24 * H), all_pages=True).rows
    assert row.load.pages == 0


def test_what_was_not_sent_woke_nobody(schedule: Schedule, member: User) -> None:
    a_page(member, NOW - H, "esc:1:1:0:0:9")
    Delivery.objects.update(state=DeliveryState.CANCELLED, sent_at=None)
    [row] = load_report([schedule], Interval(NOW - 2 * H, NOW), all_pages=True).rows
    assert row.load.pages == 0


def test_of_one_schedule_only_its_own_pages_count(schedule: Schedule, member: User, team: Team) -> None:
    other = make_schedule(team, (member,))
    a_page(member, NOW - H, "esc:1:1:0:0:9", targets=[{"kind": "schedule", "id": schedule.pk}])
    a_page(member, NOW - H, "esc:2:1:0:0:9", targets=[{"kind": "user", "id": schedule.pk}])
    span = Interval(NOW - 2 * H, NOW)
    assert load_report([schedule], span, all_pages=False).rows[0].load.pages == 1
    assert load_report([other], span, all_pages=False).rows[0].load.pages == 0
    assert load_report([schedule, other], span, all_pages=True).rows[0].load.pages == 2


def test_fairness_is_said_in_words(
    browser_of: Browser, viewer: User, team: Team, member: User, owner: User
) -> None:
    make_schedule(team, (member, owner))
    page = text(browser_of(viewer), "/oncall/reports/load/?since=2026-03-02&until=2026-03-12")
    assert "0.93: Milan Member has 1.3 times the average" in page  # 168 and 96 hours
    even = text(browser_of(viewer), "/oncall/reports/load/?since=2026-02-23&until=2026-03-08")
    assert "everybody carries the same" in even


def test_somebody_who_had_no_turn_yet_counts_as_having_nothing(team: Team, member: User, owner: User) -> None:
    schedule = make_schedule(team, (member, owner))
    report = load_report([schedule], Interval(NOW, NOW + H), all_pages=True)
    assert {row.person.name for row in report.rows} == {"Milan Member", "Olga Owner"}
    assert report.fairness is not None
    assert report.fairness.index == 0.5


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("since=2026-03-08&until=2026-03-02", "This is before the first day."),
        ("since=2024-01-01&until=2026-03-02", "A report covers at most a year."),
        ("since=1066-01-01&until=2026-03-02", "Choose a day from 1990 on."),
        ("since=never", "Enter a valid date."),
        ("schedule=99999", "Select a valid choice"),
    ],
)
def test_days_that_cannot_be_are_said_on_the_field(
    browser_of: Browser, viewer: User, schedule: Schedule, query: str, message: str
) -> None:
    assert message in text(browser_of(viewer), f"/oncall/reports/load/?{query}")


# --- Hours for pay


def table(client: Client, query: str) -> list[dict[str, str]]:
    answer = client.get(f"/oncall/reports/hours.csv?{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment;")
    return list(csv.DictReader(StringIO(answer.content.decode())))


def test_the_table_for_pay_has_a_row_for_each_local_day(
    browser_of: Browser, owner: User, schedule: Schedule
) -> None:
    User.objects.filter(name="Milan Member").update(time_zone="Europe/Berlin")
    rows = table(browser_of(owner), "since=2026-03-28&until=2026-03-29")
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["start"], row["end"], row["hours"]) for row in rows] == [
        ("2026-03-28T01:00:00+01:00", "2026-03-29T00:00:00+01:00", "23.0000"),
        ("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "23.0000"),
        ("2026-03-30T00:00:00+02:00", "2026-03-30T02:00:00+02:00", "2.0000"),
    ]
    assert rows[0]["person"] == "Milan Member"
    assert (rows[0]["team"], rows[0]["schedule"], rows[0]["role"]) == (
        "Payments",
        "Payments primary",
        "primary",
    )


def test_the_table_for_pay_adds_up_to_the_load(
    browser_of: Browser, admin: User, owner: User, team: Team, member: User
) -> None:
    for zone, person in (("Australia/Lord_Howe", member), ("America/St_Johns", owner)):
        User.objects.filter(pk=person.pk).update(time_zone=zone)
    one, two = (
        make_schedule(team, (member, owner)),
        make_schedule(team, (owner, member), zone="Asia/Kathmandu"),
    )
    rows = table(browser_of(admin), "since=2026-03-01&until=2026-04-30")
    span = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
    report = load_report([one, two], span, all_pages=True)
    for carried in report.rows:
        mine = [row for row in rows if row["e-mail"] == carried.person.email]
        for column in ("night", "weekend", "holiday"):
            assert _sum(mine, column) == _hours(getattr(carried.load, column))
        assert _sum(mine, "hours") == _hours(carried.load.total)
    assert _sum(rows, "hours") == Decimal(61 * 24 * 2)


def _sum(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal())


def _hours(length: timedelta) -> Decimal:
    return Decimal(length // timedelta(minutes=1)) / 60


def test_cells_that_a_spreadsheet_would_run_are_defused(browser_of: Browser, owner: User, team: Team) -> None:
    person = make_user('=HYPERLINK("http://evil.test"),"x"', email="+49@example.test")
    make_schedule(team, (person,), name="@primary")
    answer = (
        browser_of(owner).get("/oncall/reports/hours.csv?since=2026-03-03&until=2026-03-03").content.decode()
    )
    assert answer.count("\r\n") == 2
    [row] = csv.DictReader(StringIO(answer))
    assert row["person"] == '\'=HYPERLINK("http://evil.test"),"x"'
    assert row["e-mail"] == "'+49@example.test"
    assert row["schedule"] == "'@primary"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_each_dangerous_start_gets_an_apostrophe(start: str) -> None:
    assert harmless(f"{start}1") == f"'{start}1"
    assert harmless(f"a{start}") == f"a{start}"


def test_pay_is_for_managers_of_the_team_and_admins(
    browser_of: Browser,
    owner: User,
    admin: User,
    member: User,
    viewer: User,
    stranger: User,
    schedule: Schedule,
    other_team: Team,
) -> None:
    path = f"/oncall/reports/hours.csv?schedule={schedule.pk}"
    for person in (owner, admin):
        assert browser_of(person).get(path).status_code == 200
    for person in (member, viewer, stranger):
        assert browser_of(person).get(path).status_code == 404
        assert browser_of(person).get("/oncall/reports/hours.csv?team=payments").status_code == 404


def test_a_manager_without_a_choice_gets_the_teams_that_they_manage(
    browser_of: Browser, owner: User, stranger: User, schedule: Schedule, other_team: Team
) -> None:
    make_schedule(other_team, (stranger,), name="Search primary")
    rows = table(browser_of(owner), "since=2026-03-03&until=2026-03-03")
    assert {row["team"] for row in rows} == {"Payments"}


def test_only_who_may_have_it_is_offered_the_table(
    browser_of: Browser, owner: User, member: User, stranger: User, schedule: Schedule
) -> None:
    assert "hours.csv" in text(browser_of(owner), "/oncall/reports/load/")
    assert "hours.csv" not in text(browser_of(member), "/oncall/reports/load/")
    assert "hours.csv" not in text(browser_of(stranger), "/oncall/reports/load/?team=payments")


# --- How much it costs


@pytest.mark.parametrize("path", ["/oncall/reports/", "/oncall/reports/load/", "/oncall/reports/hours.csv"])
def test_the_queries_of_reports_do_not_grow(browser_of: Browser, admin: User, path: str) -> None:
    browser = browser_of(admin)

    def counted() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(path).status_code == 200
        return len(queries)

    def another(number: int) -> None:
        people = tuple(make_user() for _ in range(3))
        schedule = make_schedule(make_team(f"Team of {number}", members=people), people)
        a_page(people[0], NOW - timedelta(days=3), f"esc:{number}:1:0:0:1")
        Layer.objects.filter(schedule=schedule).update(skip_holidays="DE")

    another(1)
    counted()
    few = counted()
    for number in range(2, 9):
        another(number)
    assert counted() == few


def test_pieces_name_only_people_who_were_there(schedule: Schedule, member: User) -> None:
    worked = worked_in([schedule], Interval(NOW, NOW + H))
    assert set(worked.people) == {member.pk}


def test_days_in_which_nobody_was_on_call_are_said_to_be_empty(
    browser_of: Browser, viewer: User, schedule: Schedule
) -> None:
    page = text(browser_of(viewer), "/oncall/reports/load/?since=2020-01-01&until=2020-01-03")
    assert "Nobody was on call" in page
    assert "<table" not in page
