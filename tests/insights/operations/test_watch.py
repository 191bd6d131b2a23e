"""Every process looks whether the promise holds, and one of them tells the admins when it does not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from redis.exceptions import ConnectionError as Away

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.models import Escalation
from incidents.sweep import sweep
from insights.operations.watch import CALM, LOOK_EVERY, Watch
from lib import wake
from notifications import measures, outbox
from notifications.models import Alarm, Attempt, Circuit, Delivery
from tests import making
from tests.smtp import Mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def escalation(service: Service, owner: User, now: datetime) -> Escalation:
    """Its first step is due at `now`."""
    incident = declare_new(actor=owner, service=service, title="Down", severity=1, now=now)
    return Escalation.objects.get(incident=incident)


class Looker:
    """A process that looks at given moments, `LOOK_EVERY` apart."""

    def __init__(self, now: datetime) -> None:
        self.now, self.at, self.watch = now, 1000.0, Watch()

    def look(self, times: int = 1) -> int:
        done = 0
        for _ in range(times):
            done += self.watch.look(lambda: self.now, self.at)
            self.now += timedelta(seconds=LOOK_EVERY)
            self.at += LOOK_EVERY
        return done


def kinds() -> list[str]:
    return sorted(Alarm.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_an_overdue_timer_is_told_after_two_looks(
    escalation: Escalation, admin: User, mailbox: Mailbox, now: datetime
) -> None:
    looker = Looker(now + timedelta(seconds=11))
    assert looker.look() == 0
    assert looker.look() == 1
    assert kinds() == ["timer"]
    assert [mail["To"] for mail in mailbox.mails] == [admin.email]
    looker.look(5)
    assert len(mailbox.mails) == 1


def test_within_the_bound_nothing_is_told(escalation: Escalation, admin: User, now: datetime) -> None:
    looker = Looker(now)
    assert looker.look(2) == 0
    assert not Alarm.objects.exists()


def test_what_is_over_by_the_next_look_is_no_alarm(
    escalation: Escalation, admin: User, now: datetime
) -> None:
    looker = Looker(now + timedelta(seconds=11))
    looker.look()
    Escalation.objects.update(next_step_at=now + timedelta(hours=1))
    assert looker.look(3) == 0


def test_a_page_that_stopped_senders_leave_lying_is_told(
    escalation: Escalation, admin: User, mailbox: Mailbox, now: datetime
) -> None:
    """The outbox does not run; the alarm goes past it."""
    sweep(now=now)
    looker = Looker(now + timedelta(seconds=11))
    assert looker.look(2) == 1
    assert kinds() == ["page"]
    assert [mail["To"] for mail in mailbox.mails] == [admin.email]
    assert Delivery.objects.filter(kind="page", state="pending").exists()


def test_it_is_told_while_the_broker_is_dead(
    escalation: Escalation, admin: User, mailbox: Mailbox, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise Away("connection refused")

    monkeypatch.setattr(wake, "client", away)
    assert Looker(now + timedelta(seconds=11)).look(2) == 1
    assert len(mailbox.mails) == 1


def test_two_processes_that_look_tell_once(
    escalation: Escalation, admin: User, mailbox: Mailbox, now: datetime
) -> None:
    first, second = Looker(now + timedelta(seconds=11)), Looker(now + timedelta(seconds=12))
    for _ in range(4):
        first.look()
        second.look()
    assert len(mailbox.mails) == 1
    assert Alarm.objects.count() == 1


def test_a_later_rule_of_the_person_is_no_late_page(
    escalation: Escalation, member: User, admin: User, now: datetime
) -> None:
    making.make_rule(member.contact_methods.get(), minutes=10)
    sweep(now=now)
    assert Delivery.objects.get().scheduled_at == now + timedelta(minutes=10)
    assert Looker(now + timedelta(minutes=1)).look(2) == 0


def test_an_address_that_only_itself_fails_is_no_late_page(
    escalation: Escalation, admin: User, now: datetime
) -> None:
    sweep(now=now)
    row = Delivery.objects.get()
    Attempt.objects.create(
        delivery=row, number=1, transport="email", started_at=now, answered_at=now, succeeded=False
    )
    assert Looker(now + timedelta(minutes=1)).look(2) == 0


def test_a_page_that_waits_for_a_provider_that_is_down_is_late_unless_another_method_reached_the_person(
    escalation: Escalation, admin: User, member: User, mailbox: Mailbox, now: datetime
) -> None:
    sweep(now=now)
    later = now + timedelta(minutes=5)
    row = Delivery.objects.get()
    Delivery.objects.update(circuit="email", due_at=later)
    Circuit.objects.create(
        name="email", failures=3, opened_at=now, retry_at=later, reason="refused", changed_at=now
    )
    looker = Looker(now + timedelta(seconds=11))
    assert looker.look(2) == 1
    assert "refused" in mailbox.mails[0].as_string()
    Delivery.objects.create(
        key="other",
        group=row.group,
        subject=row.subject,
        user=member,
        transport="webhook",
        address="https://hooks.example.test/",
        state="sent",
        created_at=now,
        scheduled_at=now,
        due_at=now,
        sent_at=now,
    )
    assert looker.look(int(CALM / LOOK_EVERY) + 2) == 1
    assert kinds() == []


def test_silence_of_all_workers_is_told_though_the_clock_steps_do_not_count(
    admin: User, mailbox: Mailbox, now: datetime
) -> None:
    measures.beat("sweeper", "host:1", now=now)
    looker = Looker(now)
    looker.look()
    looker.now += timedelta(minutes=5)
    assert looker.look() == 0
    assert looker.look(2) == 1
    assert kinds() == ["sweepers"]


def test_one_worker_that_lives_is_enough(admin: User, now: datetime) -> None:
    measures.beat("sweeper", "host:1", now=now)
    looker = Looker(now)
    for _ in range(6):
        measures.beat("sweeper", "host:2", now=looker.now)
        assert looker.look() == 0


def test_where_no_worker_ever_ran_nothing_falls_silent(admin: User, now: datetime) -> None:
    assert Looker(now).look(6) == 0


def test_it_closes_after_a_while_of_calm_and_says_so(
    escalation: Escalation, admin: User, mailbox: Mailbox, now: datetime
) -> None:
    looker = Looker(now + timedelta(seconds=11))
    looker.look(2)
    Escalation.objects.update(next_step_at=now + timedelta(hours=1))
    looker.look()
    assert kinds() == ["timer"]
    looker.look(int(CALM / LOOK_EVERY) + 1)
    assert kinds() == []
    assert ["in trouble" in mail["Subject"] for mail in mailbox.mails] == [True, False]


def test_it_is_told_again_each_half_hour(
    escalation: Escalation, admin: User, mailbox: Mailbox, now: datetime
) -> None:
    looker = Looker(now + timedelta(seconds=11))
    looker.look(2)
    looker.now += timedelta(minutes=31)
    assert looker.look() == 1
    looker.look(3)
    assert len(mailbox.mails) == 2


def test_the_outbox_leaves_the_alarm_alone(
    escalation: Escalation, admin: User, mailbox: Mailbox, now: datetime
) -> None:
    looker: Looker = Looker(now + timedelta(seconds=11))
    looker.look(2)
    outbox.send_due(worker="test", now=looker.now)
    assert sum("in trouble" in mail["Subject"] for mail in mailbox.mails) == 1
