"""Time off: who may enter it, what it touches, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from lib.intervals import Interval
from oncall import actions
from oncall.conflicts import conflicts_in, conflicts_of
from oncall.drafts import Refused
from oncall.forms.absences import AbsenceForm, key_of, typed
from oncall.models import Absence, CalendarFeed, CoverRequest, FeedPurpose, Schedule
from tests.making import NOW, make_schedule, make_user
from tests.oncall.conftest import HIS

DAY = timedelta(days=1)
SOON = NOW + DAY, NOW + 3 * DAY

Add = Callable[..., Absence]


@pytest.fixture
def add(member: User, team: Team) -> Add:
    """Milan enters time off."""

    def added(**changes: Any) -> Absence:
        given: dict[str, Any] = {
            "actor": member,
            "user": member,
            "now": NOW,
            "starts_at": SOON[0],
            "ends_at": SOON[1],
        }
        return actions.add_absence(**given | changes)

    return added


@pytest.fixture
def from_calendar(member: User) -> Absence:
    feed = CalendarFeed.objects.create(
        name="Holidays",
        url="sealed",
        host="calendar.example.test",
        purpose=FeedPurpose.ABSENCES,
        user=member,
        next_fetch_at=NOW,
        created_at=NOW,
    )
    return Absence.objects.create(
        user=member, starts_at=SOON[0], ends_at=SOON[1], feed=feed, uid="1", created_at=NOW
    )


def test_oneself_a_manager_and_an_admin_enter_time_off(add: Add, owner: User, admin: User) -> None:
    add()
    add(actor=owner, starts_at=NOW + 5 * DAY, ends_at=NOW + 6 * DAY)
    added = add(actor=admin, starts_at=NOW + 7 * DAY, ends_at=NOW + 8 * DAY, note=" Family ")
    assert (added.created_by, added.note) == (admin, "Family")


def test_colleagues_and_strangers_do_not(add: Add, team: Team, stranger: User, owner: User) -> None:
    third = make_user("Theo Third")
    team.memberships.create(user=third)
    absence = add()
    for person in (third, stranger):
        with pytest.raises(Refused, match="entered by oneself"):
            add(actor=person, starts_at=NOW + 5 * DAY, ends_at=NOW + 6 * DAY)
        with pytest.raises(Refused, match="entered by oneself"):
            actions.withdraw_absence(actor=person, now=NOW, absence=absence)
    with pytest.raises(Refused, match="entered by oneself"):
        add(user=owner), "a member does not speak for their manager"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"ends_at": SOON[0]}, "ends_at", "after the start"),
        ({"starts_at": NOW - 2 * DAY, "ends_at": NOW}, "ends_at", "in the past"),
        ({"ends_at": SOON[0] + 367 * DAY}, "ends_at", "at most a year"),
        ({"note": "x" * 201}, "note", "at most 200"),
    ],
)
def test_what_makes_no_sense_is_refused_on_its_field(
    add: Add, changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Refused, match=words) as refused:
        add(**changes)
    assert refused.value.field == field
    assert not Absence.objects.exists()


def test_what_has_begun_already_can_be_entered(add: Add) -> None:
    assert add(starts_at=NOW - DAY).starts_at == NOW - DAY


def test_time_off_does_not_overlap_and_says_what_stands_there(add: Add) -> None:
    first = add()
    with pytest.raises(Refused, match=r"Wed 11 Mar, 12:00 – Fri 13 Mar, 12:00") as refused:
        add(starts_at=SOON[1] - DAY, ends_at=SOON[1] + DAY)
    assert refused.value.field == "starts_at"
    assert add(starts_at=SOON[1], ends_at=SOON[1] + DAY), "what only touches is another one"
    actions.withdraw_absence(actor=first.user, now=NOW, absence=first)
    assert add(), "and neither does one that was withdrawn"


def test_a_calendars_may_overlap(add: Add, from_calendar: Absence) -> None:
    assert add().starts_at == from_calendar.starts_at


def test_a_calendars_is_changed_there(from_calendar: Absence, member: User) -> None:
    with pytest.raises(Refused, match="comes from the calendar “Holidays”"):
        actions.withdraw_absence(actor=member, now=NOW, absence=from_calendar)
    with pytest.raises(Refused, match="comes from the calendar “Holidays”"):
        actions.change_absence(
            actor=member, now=NOW, absence=from_calendar, starts_at=SOON[0], ends_at=SOON[1]
        )


def test_it_is_changed_in_place(add: Add, member: User) -> None:
    absence = add()
    changed = actions.change_absence(
        actor=member, now=NOW, absence=absence, starts_at=SOON[0] + DAY, ends_at=SOON[1] + DAY, note="Later"
    )
    assert (changed.pk, changed.starts_at, changed.note) == (absence.pk, SOON[0] + DAY, "Later")


def test_one_that_has_begun_ends_with_its_withdrawal(add: Add, member: User) -> None:
    absence = add(starts_at=NOW - DAY)
    back = actions.withdraw_absence(actor=member, now=NOW, absence=absence)
    assert (back.withdrawn_at, back.ends_at) == (None, NOW)
    with pytest.raises(Refused, match="is over"):
        actions.withdraw_absence(actor=member, now=NOW, absence=absence)


def test_a_second_withdrawal_changes_nothing(add: Add, member: User) -> None:
    absence = actions.withdraw_absence(actor=member, now=NOW, absence=add())
    assert actions.withdraw_absence(actor=member, now=NOW + DAY, absence=absence).withdrawn_at == NOW


def test_who_cannot_be_paged_has_no_shifts_to_be_away_from(viewer: User, admin: User) -> None:
    with pytest.raises(Refused):
        actions.add_absence(actor=admin, user=viewer, now=NOW, starts_at=SOON[0], ends_at=SOON[1])


# --- What it touches


def test_a_conflict_is_the_part_of_a_shift_in_which_somebody_is_away(
    add: Add, rota: Schedule, member: User
) -> None:
    absence = add(starts_at=HIS[0] - DAY, ends_at=HIS[0] + 2 * DAY)
    (conflict,) = conflicts_of(member, NOW, NOW + 90 * DAY)
    assert (conflict.schedule, conflict.role, conflict.absence) == (rota, "primary", absence)
    assert (conflict.start, conflict.end) == (HIS[0], HIS[0] + 2 * DAY)
    assert conflict.shift == Interval(*HIS)
    assert conflicts_in([rota], NOW, NOW + 90 * DAY) == [conflict]


def test_it_is_settled_when_somebody_else_has_that_time(
    add: Add, rota: Schedule, member: User, owner: User
) -> None:
    add(starts_at=HIS[0], ends_at=HIS[0] + 2 * DAY)
    taken: dict[str, Any] = {"actor": owner, "now": NOW, "schedule": rota, "user": owner, "replaces": member}
    actions.add_override(**taken, starts_at=HIS[0], ends_at=HIS[0] + DAY)
    (conflict,) = conflicts_of(member, NOW, NOW + 90 * DAY)
    assert (conflict.start, conflict.end) == (HIS[0] + DAY, HIS[0] + 2 * DAY)
    actions.add_override(**taken, starts_at=HIS[0] + DAY, ends_at=HIS[0] + 2 * DAY)
    assert conflicts_of(member, NOW, NOW + 90 * DAY) == []
    assert conflicts_in([rota], NOW, NOW + 90 * DAY) == []


def test_two_absences_over_one_shift_are_one_conflict(
    add: Add, rota: Schedule, member: User, from_calendar: Absence
) -> None:
    Absence.objects.filter(pk=from_calendar.pk).update(starts_at=HIS[0], ends_at=HIS[0] + 2 * DAY)
    add(starts_at=HIS[0] + DAY, ends_at=HIS[0] + 3 * DAY)
    (conflict,) = conflicts_of(member, NOW, NOW + 90 * DAY)
    assert (conflict.start, conflict.end) == (HIS[0], HIS[0] + 3 * DAY)


def test_it_names_the_request_that_is_open_for_it(
    add: Add, rota: Schedule, member: User, owner: User
) -> None:
    add(starts_at=HIS[0], ends_at=HIS[0] + DAY)
    (conflict,) = conflicts_of(member, NOW, NOW + 90 * DAY)
    assert conflict.request is None
    asked = actions.ask_for_cover(
        actor=member,
        asker=member,
        now=NOW,
        schedule=rota,
        starts_at=conflict.start,
        ends_at=conflict.end,
    )
    assert [each.request for each in conflicts_in([rota], NOW, NOW + 90 * DAY)] == [asked]
    actions.accept_cover(actor=owner, now=NOW, request=asked)
    assert conflicts_in([rota], NOW, NOW + 90 * DAY) == []


def test_what_an_absence_would_touch_is_known_before_it_is_stored(rota: Schedule, member: User) -> None:
    asked = Absence(user=member, starts_at=HIS[0], ends_at=HIS[0] + DAY)
    (conflict,) = conflicts_of(member, HIS[0], HIS[0] + DAY, [asked])
    assert (conflict.start, conflict.end) == (HIS[0], HIS[0] + DAY)
    assert not Absence.objects.exists()


def test_the_team_is_asked_to_cover_with_the_time_off_or_neither_is_stored(
    add: Add, rota: Schedule, member: User, owner: User
) -> None:
    asked = Absence(user=member, starts_at=HIS[0], ends_at=HIS[0] + DAY)
    covers = conflicts_of(member, HIS[0], HIS[0] + DAY, [asked])
    add(starts_at=HIS[0], ends_at=HIS[0] + DAY, covers=covers)
    request = CoverRequest.objects.get()
    assert (request.starts_at, request.ends_at, request.asked) == (HIS[0], HIS[0] + DAY, None)
    with pytest.raises(Refused, match="asked for already"):
        add(starts_at=HIS[0] + 2 * DAY, ends_at=HIS[0] + 3 * DAY, covers=covers)
    assert Absence.objects.count() == 1


@pytest.mark.parametrize("number", [1, 8])
def test_conflicts_cost_the_same_number_of_queries(
    team: Team, number: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = [make_user() for _ in range(number)]
    for person in people:
        team.memberships.create(user=person)
        Absence.objects.create(user=person, starts_at=NOW, ends_at=NOW + 70 * DAY, created_at=NOW)
    schedules = [make_schedule(team, tuple(people), name=f"Schedule {place}") for place in range(number)]
    with django_assert_max_num_queries(12):
        assert len(conflicts_in(schedules, NOW, NOW + 60 * DAY)) >= number
    with django_assert_max_num_queries(12):
        assert len(conflicts_of(people[0], NOW, NOW + 60 * DAY)) >= number


# --- As people write it


def form(zone: str, **typed_in: str) -> AbsenceForm:
    return AbsenceForm({"first_day": "2026-03-29", **typed_in}, zone=ZoneInfo(zone))


def test_whole_days_hold_the_last_one_and_are_the_zones_own() -> None:
    bound = form("Asia/Kathmandu", last_day="2026-03-30")
    assert bound.is_valid()
    assert bound.cleaned_data["starts_at"] == datetime(2026, 3, 28, 18, 15, tzinfo=UTC)
    assert bound.cleaned_data["ends_at"] == datetime(2026, 3, 30, 18, 15, tzinfo=UTC)


def test_one_day_needs_no_last_day() -> None:
    bound = form("UTC")
    assert bound.is_valid()
    assert bound.cleaned_data["ends_at"] - bound.cleaned_data["starts_at"] == DAY


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Paris", "2026-03-29", 23),
        ("Europe/Paris", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Africa/Cairo", "2026-04-24", 23),
    ],
)
def test_a_day_on_which_clocks_change_is_as_long_as_it_is(zone: str, day: str, hours: float) -> None:
    """In Cairo midnight itself does not exist: the day begins at 01:00."""
    bound = form(zone, first_day=day)
    assert bound.is_valid()
    start, end = bound.cleaned_data["starts_at"], bound.cleaned_data["ends_at"]
    assert end - start == timedelta(hours=hours)
    again = typed(Absence(starts_at=start, ends_at=end), ZoneInfo(zone))
    assert (again["first_day"], again["last_day"]) == (date.fromisoformat(day),) * 2
    assert (again["first_time"], again["last_time"]) == (None, None)


def test_exact_times_are_kept_and_shown_again() -> None:
    bound = form("Europe/Paris", first_time="14:30", last_time="18:00")
    assert bound.is_valid()
    absence = Absence(starts_at=bound.cleaned_data["starts_at"], ends_at=bound.cleaned_data["ends_at"])
    assert absence.starts_at == datetime(2026, 3, 29, 12, 30, tzinfo=UTC)
    again = typed(absence, ZoneInfo("Europe/Paris"))
    assert (again["first_time"], again["last_time"]) == (time(14, 30), time(18))
    assert again["last_day"] == date(2026, 3, 29)


@pytest.mark.parametrize("day", ["", "soon", "0001-01-01", "9999-12-31", "2026-02-30", "\x00"])
def test_a_day_that_is_none_is_a_message_on_its_field(day: str) -> None:
    for field in ("first_day", "last_day"):
        bound = form("Pacific/Auckland", **{field: day})
        if field == "last_day" and not day:
            continue
        assert not bound.is_valid()
        assert list(bound.errors) == [field]
        assert bound.period() is None


def test_a_ticked_shift_keeps_its_name_while_the_clock_moves_on(rota: Schedule, owner: User) -> None:
    away = Absence(user=owner, starts_at=NOW - DAY, ends_at=NOW + DAY)
    keys = {
        key_of(each)
        for minutes in (0, 7)
        for each in conflicts_of(owner, NOW + timedelta(minutes=minutes), NOW + DAY, [away])
    }
    assert len(keys) == 1
