"""Managers are told of gaps: on Mondays at their eight, and two days before one begins; once each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Team, User
from notifications import outbox
from notifications.models import Delivery, DeliveryKind
from oncall.actions.gap_mails import tell_of_gaps, week_of
from oncall.actions.mail_choices import set_mail_choice
from oncall.models import Layer, Schedule
from tests.making import make_schedule, make_team, make_user
from tests.oncall.test_reports_pages import gap
from tests.smtp import Mailbox, part

H = timedelta(hours=1)
MONDAY = datetime(2026, 3, 9, 8, tzinfo=UTC)


def told(prefix: str = "uncovered:") -> list[Delivery]:
    return list(Delivery.objects.filter(kind=DeliveryKind.NOTICE, key__startswith=prefix).order_by("id"))


@pytest.fixture
def holed(schedule: Schedule) -> Schedule:
    """Nobody from Monday three weeks ahead, for six hours."""
    gap(schedule, MONDAY + timedelta(weeks=3), MONDAY + timedelta(weeks=3, hours=6))
    return schedule


@pytest.mark.parametrize(
    ("zone", "now", "week"),
    [
        ("UTC", (2026, 3, 9, 8, 0), (2026, 3, 9, 8, 0)),
        ("UTC", (2026, 3, 9, 7, 59), (2026, 3, 2, 8, 0)),
        ("Europe/Berlin", (2026, 3, 9, 7, 0), (2026, 3, 9, 7, 0)),
        ("Europe/Berlin", (2026, 3, 30, 6, 0), (2026, 3, 30, 6, 0)),  # summer time began in the night
        ("Pacific/Auckland", (2026, 3, 8, 19, 0), (2026, 3, 8, 19, 0)),  # Monday there
        ("America/Los_Angeles", (2026, 3, 9, 14, 59), (2026, 3, 2, 16, 0)),
    ],
)
def test_a_week_begins_on_monday_at_eight_of_the_zone(
    zone: str, now: tuple[int, ...], week: tuple[int, ...]
) -> None:
    moment = datetime(*now, tzinfo=UTC)  # type: ignore[arg-type,misc]
    assert week_of(moment, ZoneInfo(zone)) == datetime(*week, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_a_manager_gets_the_weeks_gaps_and_nobody_else_does(
    holed: Schedule, owner: User, member: User, admin: User, stranger: User
) -> None:
    tell_of_gaps(now=MONDAY)
    [mail] = told()
    assert mail.user == owner
    assert mail.address == owner.email
    assert mail.message["headline"] == (
        "Nobody on call for 6 h in the next 4 weeks: Payments primary, first Mon 30 Mar 2026, 08:00 UTC"
    )
    assert [
        "Payments primary (Payments)",
        "nobody for 6 h: Mon 30 Mar 08:00 – Mon 30 Mar 14:00",
    ] in mail.message["facts"]


def test_runs_again_and_again_double_nothing(holed: Schedule, owner: User) -> None:
    for hours in range(0, 7 * 24, 5):
        tell_of_gaps(now=MONDAY + hours * H)
    assert len(told()) == 1


def test_an_empty_cache_doubles_nothing(holed: Schedule, owner: User) -> None:
    tell_of_gaps(now=MONDAY)
    cache.clear()
    tell_of_gaps(now=MONDAY + H)
    assert len(told()) == 1


def test_each_week_is_told_anew_and_a_late_run_skips_none(holed: Schedule, owner: User) -> None:
    tell_of_gaps(now=MONDAY)
    tell_of_gaps(now=MONDAY + timedelta(days=7, hours=-1))
    assert len(told()) == 1
    tell_of_gaps(now=MONDAY + timedelta(days=9))
    assert len(told()) == 2


def test_each_manager_is_told_at_eight_of_their_own_zone(holed: Schedule, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(time_zone="America/Los_Angeles")
    tell_of_gaps(now=MONDAY - timedelta(days=7) + 12 * H)
    first = len(told())
    tell_of_gaps(now=MONDAY + 6 * H)
    assert len(told()) == first
    tell_of_gaps(now=MONDAY + 7 * H)  # 08:00 in California, where summer time began the day before
    assert len(told()) == first + 1
    assert "PDT" in told()[-1].message["headline"]


def test_nothing_is_sent_when_all_is_covered(schedule: Schedule, owner: User) -> None:
    tell_of_gaps(now=MONDAY)
    assert told() == []


def test_a_gap_that_is_made_in_the_week_waits_for_the_next_monday(schedule: Schedule, owner: User) -> None:
    tell_of_gaps(now=MONDAY)
    gap(schedule, MONDAY + timedelta(weeks=2), MONDAY + timedelta(weeks=2, hours=1))
    tell_of_gaps(now=MONDAY + timedelta(days=2))
    assert told() == []
    tell_of_gaps(now=MONDAY + timedelta(days=7))
    assert len(told()) == 1


def test_thin_cover_is_told_too(schedule: Schedule, owner: User) -> None:
    Schedule.objects.update(wants_secondary=True)
    tell_of_gaps(now=MONDAY)
    [mail] = told()
    assert mail.message["headline"] == "Only one of two people for 28 days in the next 4 weeks"


def test_who_does_not_want_the_weekly_mail_gets_none(holed: Schedule, owner: User) -> None:
    set_mail_choice(actor=owner, now=MONDAY, coverage_reports=False)
    tell_of_gaps(now=MONDAY)
    assert told() == []


def test_a_schedule_that_keeps_quiet_is_not_told_of(holed: Schedule, owner: User) -> None:
    Schedule.objects.update(warns_of_gaps=False)
    tell_of_gaps(now=MONDAY + timedelta(weeks=2, days=6))
    assert told() == []
    assert told("gap:") == []


def test_a_manager_of_two_teams_gets_one_mail(holed: Schedule, owner: User) -> None:
    Schedule.objects.create(team=make_team("Ledger", managers=(owner,)), name="Nobody at all")
    tell_of_gaps(now=MONDAY)
    [mail] = told()
    assert "2 schedules" in mail.message["headline"]


def test_a_manager_who_was_deactivated_or_only_views_is_not_written_to(holed: Schedule, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)
    tell_of_gaps(now=MONDAY)
    assert told() == []


# --- Before a gap begins

BEGINS = MONDAY + timedelta(weeks=3)


def test_two_days_before_a_gap_the_managers_are_told_once(holed: Schedule, owner: User, member: User) -> None:
    tell_of_gaps(now=BEGINS - 48 * H)
    assert told("gap:") == []
    for hours in range(47, -8, -1):
        tell_of_gaps(now=BEGINS - hours * H)
    [mail] = told("gap:")
    assert mail.user == owner
    assert mail.message["headline"] == (
        "Nobody is on call for Payments primary (Payments) from Mon 30 Mar 2026, 08:00 UTC"
    )
    assert ["Until", "Mon 30 Mar 2026, 14:00 UTC (6 h)"] in mail.message["facts"]


def test_a_gap_that_is_moved_is_a_new_one(holed: Schedule, owner: User) -> None:
    tell_of_gaps(now=BEGINS - 24 * H)
    Layer.objects.filter(ends_at=BEGINS).update(ends_at=BEGINS - H)
    tell_of_gaps(now=BEGINS - 23 * H)
    assert len(told("gap:")) == 2


def test_a_late_run_still_tells_of_a_gap_that_has_begun(holed: Schedule, owner: User) -> None:
    tell_of_gaps(now=BEGINS + 2 * H)
    [mail] = told("gap:")
    assert "since Mon 30 Mar 2026, 08:00 UTC" in mail.message["headline"]


def test_a_gap_that_is_over_is_not_told_any_more(holed: Schedule, owner: User) -> None:
    tell_of_gaps(now=BEGINS + 6 * H)
    assert told("gap:") == []


def test_time_before_the_first_layer_is_not_a_gap_that_begins(team: Team, owner: User, member: User) -> None:
    schedule = make_schedule(team, (member,))
    schedule.layers.update(starts_at=BEGINS)
    tell_of_gaps(now=BEGINS - 12 * H)
    assert told("gap:") == []


def test_a_gap_without_an_end_says_so(schedule: Schedule, owner: User) -> None:
    schedule.layers.update(ends_at=BEGINS)
    tell_of_gaps(now=BEGINS - 12 * H)
    [mail] = told("gap:")
    assert ["Until", "no end within four weeks"] in mail.message["facts"]


def test_who_wants_no_weekly_mail_is_still_warned(holed: Schedule, owner: User) -> None:
    set_mail_choice(actor=owner, now=MONDAY, coverage_reports=False)
    tell_of_gaps(now=BEGINS - 12 * H)
    assert len(told("gap:")) == 1


def test_the_mails_leave_by_the_outbox_with_text_and_html(
    holed: Schedule, owner: User, mailbox: Mailbox
) -> None:
    tell_of_gaps(now=BEGINS - 12 * H)
    outbox.send_due(worker="test", now=BEGINS - 12 * H)
    subjects = {mail["Subject"] for mail in mailbox.to(owner.email)}
    assert len(subjects) == 2
    for mail in mailbox.to(owner.email):
        assert "/oncall/" in part(mail, "plain")
        assert "Mon 30 Mar" in part(mail, "html")
        assert len(mail.as_bytes()) < 20_000


def test_queries_do_not_grow_with_schedules(
    schedule: Schedule, owner: User, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(12):
        manager = make_user()
        make_schedule(make_team(f"Team of {number}", managers=(manager,)), (manager,))
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        tell_of_gaps(now=MONDAY)


# --- The choice


def test_a_choice_is_made_on_my_page_and_is_mine_alone(
    browser_of: Callable[[User], Client], owner: User, member: User, team: Team
) -> None:
    page = browser_of(owner).get("/me/").content.decode()
    assert "Uncovered hours" in page
    assert browser_of(owner).post("/me/mails/", {"handoff_notes": "on"}).status_code == 302
    owner.mail_choice.refresh_from_db()
    assert (owner.mail_choice.handoff_notes, owner.mail_choice.coverage_reports) == (True, False)
    assert not hasattr(User.objects.get(pk=member.pk), "mail_choice")


def test_who_manages_nothing_is_not_asked_about_uncovered_hours(
    browser_of: Callable[[User], Client], member: User, team: Team
) -> None:
    page = browser_of(member).get("/me/").content.decode()
    assert "Hand-off notes" in page
    assert "Uncovered hours" not in page
    browser_of(member).post("/me/mails/", {})
    member.mail_choice.refresh_from_db()
    assert member.mail_choice.coverage_reports


def test_a_viewer_is_asked_nothing(browser_of: Callable[[User], Client], viewer: User) -> None:
    assert "Regular mails" not in browser_of(viewer).get("/me/").content.decode()
