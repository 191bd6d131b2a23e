"""The alarm about the pager itself goes to the admins past the broker and past the outbox."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Role, User
from notifications import alarm
from notifications.models import Alarm, Attempt, Delivery, DeliveryKind, DeliveryState
from notifications.transports import get
from notifications.transports.base import Envelope, PermanentFailure, Receipt
from tests import making
from tests.smtp import Mailbox

pytestmark = pytest.mark.django_db


def opened(now: datetime, kind: str = "page") -> Alarm:
    found = alarm.open_alarm(kind=kind, text="A page waits for 25 s.", now=now)
    assert found
    return found


def clock(now: datetime) -> Callable[[], datetime]:
    return lambda: now


def test_an_alarm_opens_once_until_it_is_closed(now: datetime) -> None:
    first = opened(now)
    assert alarm.open_alarm(kind="page", text="again", now=now) is None
    assert alarm.open_alarm(kind="timer", text="another", now=now)
    assert alarm.close_alarm(kind="page", now=now)
    assert alarm.close_alarm(kind="page", now=now) is None
    assert opened(now).pk != first.pk


def test_every_admin_is_told_by_the_first_method_that_takes_it_and_the_ledger_has_it(
    now: datetime, admin: User, member: User, mailbox: Mailbox
) -> None:
    other = making.make_user("Otto Other", role=Role.ADMIN)
    found = opened(now)
    assert alarm.tell(found, facts=(("Does not answer", "sms"),), now=clock(now)) == 2
    assert sorted(mail["To"] for mail in mailbox.mails) == sorted([admin.email, other.email])
    assert "in trouble" in mailbox.mails[0]["Subject"]
    rows = Delivery.objects.filter(kind=DeliveryKind.ALARM)
    assert {(row.state, row.subject) for row in rows} == {("sent", f"alarm:{found.pk}")}
    assert set(Attempt.objects.values_list("succeeded", "worker")) == {(True, "watch")}
    assert Alarm.objects.get().told_at == now


def test_the_next_method_is_tried_when_one_refuses(
    now: datetime, admin: User, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(envelope: Envelope) -> Receipt:
        raise PermanentFailure("gone")

    hook = making.make_method(admin, "webhook", "https://hooks.example.test/x")
    making.make_rule(hook)
    monkeypatch.setattr(get("webhook"), "send", refuse)
    assert alarm.tell(opened(now), facts=(), now=clock(now)) == 1
    states = dict(Delivery.objects.values_list("transport", "state"))
    assert states == {"webhook": DeliveryState.FAILED, "email": DeliveryState.SENT}
    assert Delivery.objects.get(transport="webhook").outcome == "gone"


def test_a_transport_that_breaks_does_not_keep_the_alarm_from_the_others(
    now: datetime, admin: User, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(envelope: Envelope) -> Receipt:
        raise ZeroDivisionError

    making.make_rule(making.make_method(admin, "webhook", "https://hooks.example.test/x"))
    monkeypatch.setattr(get("webhook"), "send", broken)
    assert alarm.tell(opened(now), facts=(), now=clock(now)) == 1


def test_an_admin_without_a_usable_method_is_told_at_their_accounts_address(
    now: datetime, mailbox: Mailbox
) -> None:
    bare = making.make_user("Bea Bare", role=Role.ADMIN, reachable=False)
    assert alarm.tell(opened(now), facts=(), now=clock(now)) == 1
    assert [mail["To"] for mail in mailbox.mails] == [bare.email]


def test_who_reached_nobody_leaves_it_to_the_next_look(
    now: datetime, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(envelope: Envelope) -> Receipt:
        raise PermanentFailure("gone")

    monkeypatch.setattr(get("email"), "send", refuse)
    assert alarm.tell(opened(now), facts=(), now=clock(now)) == 0
    assert Alarm.objects.get().told_at is None
    assert alarm.claim_repeats(now) == []
    assert len(alarm.claim_repeats(now + alarm.STAND_IN)) == 1


def test_while_it_is_open_one_process_tells_again_each_half_hour(
    now: datetime, admin: User, mailbox: Mailbox
) -> None:
    alarm.tell(opened(now), facts=(), now=clock(now))
    assert alarm.claim_repeats(now + timedelta(minutes=29)) == []
    later = now + alarm.REPEAT
    assert len(alarm.claim_repeats(later)) == 1
    assert alarm.claim_repeats(later) == []


def test_the_end_of_it_is_told_quietly(now: datetime, admin: User, mailbox: Mailbox) -> None:
    alarm.tell(opened(now), facts=(), now=clock(now))
    closed = alarm.close_alarm(kind="page", now=now + timedelta(minutes=1))
    assert closed
    alarm.tell(closed, facts=(), now=clock(now + timedelta(minutes=1)))
    assert "in time again" in mailbox.mails[-1]["Subject"]
    assert Delivery.objects.latest("id").message["quiet"] is True


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_that_see_it_at_once_one_tells(now: datetime) -> None:
    barrier, won = threading.Barrier(2), list[Any]()

    def race() -> None:
        barrier.wait(10)
        try:
            won.append(alarm.open_alarm(kind="page", text="late", now=now))
        finally:
            connection.close()

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(found is None for found in won) == [False, True]
    assert Alarm.objects.count() == 1
