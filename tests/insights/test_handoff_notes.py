"""At each hand-off one note, with what whoever takes over should know."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from catalog.actions import NewChange, record_changes
from catalog.models import Service
from incidents.actions.transitions import change_state
from incidents.actions.writing import publish_update
from incidents.models import Incident, RoleName
from insights.handoffs import look, write_notes
from insights.models import HandoffNote
from notifications import outbox
from notifications.models import Delivery
from oncall.actions.mail_choices import set_mail_choice
from oncall.models import Override, Schedule, Slot
from tests.incidents.making import declared, hand_over, triaged
from tests.making import make_policy, make_schedule, make_service, make_team, make_user
from tests.smtp import Mailbox, part

H = timedelta(hours=1)
BEGAN = datetime(2026, 3, 9, 9, tzinfo=UTC)
HANDED = datetime(2026, 3, 16, 9, tzinfo=UTC)


@pytest.fixture
def shared(schedule: Schedule, owner: User) -> Schedule:
    """`owner` is on call until HANDED, then `member` (weeks count from 5 January)."""
    Slot.objects.create(layer=schedule.layers.get(), position=1, user=owner)
    return schedule


def write(now: datetime = HANDED, since: datetime = HANDED - H) -> HandoffNote | None:
    write_notes(now=now, since=since)
    return HandoffNote.objects.first()


def body(now: datetime = HANDED) -> dict[str, Any]:
    note = write(now)
    assert note is not None
    return note.body


def test_the_note_says_who_leaves_and_who_comes(
    shared: Schedule, policy: object, owner: User, member: User
) -> None:
    note = write()
    assert note is not None
    assert (note.schedule, note.since, note.at) == (shared, BEGAN, HANDED)
    assert (note.outgoing, note.incoming) == ([owner.pk], [member.pk])


def test_a_look_that_ends_before_the_hand_off_writes_nothing(shared: Schedule) -> None:
    assert write(HANDED - timedelta(seconds=1)) is None


def test_looking_again_and_again_writes_one_note(shared: Schedule) -> None:
    for minutes in range(-3, 60, 7):
        look(now=HANDED + timedelta(minutes=minutes))
    cache.clear()
    look(now=HANDED + 2 * H)
    assert HandoffNote.objects.count() == 1


def test_a_look_after_a_day_without_one_writes_what_was_missed(shared: Schedule) -> None:
    look(now=HANDED + 23 * H)
    assert HandoffNote.objects.count() == 1


def test_what_is_over_for_more_than_a_day_is_left(shared: Schedule) -> None:
    look(now=HANDED + 25 * H)
    assert HandoffNote.objects.count() == 0


def test_an_override_hands_over_and_back(shared: Schedule, stranger: User, owner: User) -> None:
    start = BEGAN + 24 * H
    Override.objects.create(
        schedule=shared, user=stranger, starts_at=start, ends_at=start + H, created_at=start
    )
    write_notes(now=start + 2 * H, since=start - H)
    back, there = HandoffNote.objects.all()
    assert (there.outgoing, there.incoming, there.since) == ([owner.pk], [stranger.pk], BEGAN)
    assert (back.outgoing, back.incoming, back.since) == ([stranger.pk], [owner.pk], start)


def test_what_is_open_is_told_with_who_leads(shared: Schedule, service: Service, owner: User) -> None:
    incident = declared(service, owner, BEGAN + H, title="Search is slow", severity=2)
    incident.roles.update_or_create(role=RoleName.COMMANDER, defaults={"user": owner, "assigned_at": BEGAN})
    quiet = make_service(service.team, make_policy(service.team, (owner,)))
    declared(quiet, owner, BEGAN + H, title="Not of this schedule")
    assert body()["open"] == {
        "rows": [
            {
                "number": incident.pk,
                "title": "Search is slow",
                "severity": 2,
                "state": "active",
                "service": service.name,
                "is_drill": False,
                "started_at": incident.started_at.isoformat(),
                "commander": {"id": owner.pk, "name": "Olga Owner"},
            }
        ],
        "count": 1,
        "more": 0,
    }


def test_a_closed_incident_is_not_open_and_was_closed_on_the_shift(
    shared: Schedule, service: Service, owner: User
) -> None:
    old = declared(service, owner, BEGAN - 24 * H)
    change_state(incident_id=old.pk, verb="resolve", actor=owner, now=BEGAN + 5 * H)
    found = body()
    assert "open" not in found
    assert found["happened"]["opened"] is None
    assert [row["number"] for row in found["happened"]["closed"]["rows"]] == [old.pk]


def test_what_comes_after_the_hand_off_is_not_in_a_late_note(
    shared: Schedule, service: Service, owner: User
) -> None:
    before = declared(service, owner, HANDED - H)
    declared(service, owner, HANDED + H, title="After")
    change_state(incident_id=before.pk, verb="resolve", actor=owner, now=HANDED + 2 * H)
    found = body(HANDED + 3 * H)
    assert [row["number"] for row in found["open"]["rows"]] == [before.pk]
    assert found["happened"]["opened"]["count"] == 1


def test_pages_are_counted_once_and_the_night_is_the_persons_own(
    shared: Schedule, service: Service, owner: User
) -> None:
    User.objects.filter(pk=owner.pk).update(time_zone="America/Los_Angeles")
    moment = BEGAN + 24 * H  # 02:00 in Los Angeles
    triaged(service, moment)
    assert hand_over(moment)
    found = body()["happened"]
    assert found["pages"] == 1
    assert found["paged"] == [{"person": {"id": owner.pk, "name": "Olga Owner"}, "pages": 1, "woken": 1}]


def test_changes_of_the_services_are_told_the_newest_first(shared: Schedule, service: Service) -> None:
    elsewhere = make_service(service.team, make_policy(service.team))
    told = [
        NewChange(service.pk, "Deploy 1", BEGAN + H, "ci"),
        NewChange(service.pk, "Deploy 2", BEGAN + 2 * H, "ci"),
        NewChange(service.pk, "Before", BEGAN - H),
        NewChange(elsewhere.pk, "Elsewhere", BEGAN + H),
    ]
    record_changes(rows=told, now=BEGAN)
    assert [row["summary"] for row in body()["changes"]["rows"]] == ["Deploy 2", "Deploy 1"]


def test_an_update_is_due_after_an_hour_of_silence(shared: Schedule, service: Service, owner: User) -> None:
    silent = declared(service, owner, HANDED - 5 * H, title="Silent")
    fresh = declared(service, owner, HANDED - 5 * H, title="Fresh")
    publish_update(
        incident_id=fresh.pk,
        actor=owner,
        phase="investigating",
        impact="operational",
        body="We look.",
        is_public=False,
        now=HANDED - timedelta(minutes=20),
    )
    assert [row["number"] for row in body()["due"]["rows"]] == [silent.pk]


def test_nothing_happened_is_said_as_nothing(shared: Schedule, service: Service) -> None:
    assert body() == {"happened": {"opened": None, "closed": None, "pages": 0, "paged": []}}


def test_a_long_list_is_cut_and_says_how_much_is_left_out(
    shared: Schedule, service: Service, owner: User
) -> None:
    for number in range(53):
        Incident.objects.create(
            title=f"Number {number}", service=service, started_at=BEGAN, created_at=BEGAN + H
        )
    found = body()["open"]
    assert (len(found["rows"]), found["count"], found["more"]) == (50, 53, 3)


# --- Mails


def test_who_takes_over_gets_the_note_if_they_want_it(
    shared: Schedule, service: Service, owner: User, member: User, mailbox: Mailbox
) -> None:
    incident = declared(service, owner, BEGAN + H, title="Search is slow")
    for person in (owner, member):
        set_mail_choice(actor=person, now=BEGAN, handoff_notes=True)
    note = write()
    assert note is not None
    outbox.send_due(worker="test", now=HANDED)
    [mail] = mailbox.mails
    assert mail["To"] == member.email
    assert mail["Subject"] == "You took over Payments primary (Payments): 1 incident is open"
    for kind in ("plain", "html"):
        assert f"/oncall/handoffs/{note.pk}/" in part(mail, kind)
        assert f"#{incident.pk}" in part(mail, kind)
        assert "an update is due" in part(mail, kind)


def test_nobody_gets_it_who_did_not_ask(shared: Schedule) -> None:
    write()
    assert not Delivery.objects.exists()


def test_who_was_on_call_already_gets_none(shared: Schedule, owner: User, member: User) -> None:
    for person in (owner, member):
        set_mail_choice(actor=person, now=BEGAN, handoff_notes=True)
    Override.objects.create(
        schedule=shared,
        user=member,
        kind="add",
        starts_at=BEGAN + H,
        ends_at=HANDED,
        created_at=BEGAN,
    )
    write()
    assert HandoffNote.objects.count() == 1
    assert not Delivery.objects.exists()


def test_repeated_looks_send_one_mail(shared: Schedule, member: User) -> None:
    set_mail_choice(actor=member, now=BEGAN, handoff_notes=True)
    for minutes in range(5):
        cache.clear()
        look(now=HANDED + timedelta(minutes=minutes))
    assert Delivery.objects.count() == 1


# --- Workers and queries


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_one_note_and_one_mail(shared: Schedule, member: User) -> None:
    set_mail_choice(actor=member, now=BEGAN, handoff_notes=True)
    start = Barrier(4)

    def run() -> None:
        try:
            start.wait(10)
            write_notes(now=HANDED, since=HANDED - H)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(partial(run)) for _ in range(4)]:
            future.result(30)
    assert HandoffNote.objects.count() == 1
    assert Delivery.objects.count() == 1


def test_queries_do_not_grow_with_schedules(team: Team) -> None:
    def another(number: int) -> None:
        people = (make_user(), make_user())
        schedule = make_schedule(make_team(f"Team of {number}", members=people), people)
        service = make_service(schedule.team, make_policy(schedule.team, (schedule,)))
        triaged(service, BEGAN + H, title=f"Number {number}")
        hand_over(BEGAN + H)

    def counted(moment: datetime) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert write_notes(now=moment, since=moment - H)
        return len(queries)

    another(1)
    few = counted(HANDED)
    for number in range(2, 7):
        another(number)
    assert counted(HANDED + timedelta(weeks=1)) == few


def test_a_quiet_minute_costs_a_few_queries(
    shared: Schedule, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with django_assert_max_num_queries(10):
        write_notes(now=HANDED - H, since=HANDED - 2 * H)
