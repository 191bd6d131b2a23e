"""A channel that is down: others are used at once, one probe at a time, and nothing waits longer than it must."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.models import Incident
from incidents.sweep import sweep
from notifications import circuits, lateness, measures, outbox
from notifications.models import Attempt, Circuit, ContactMethod, Delivery, DeliveryState, Late
from tests.making import make_method, make_rule
from tests.smtp import Mailbox

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]


@pytest.fixture
def incident(service: Service, owner: User, now: datetime) -> Incident:
    return declare_new(actor=owner, service=service, title="Checkout is down", severity=1, now=now)


def test_after_three_failures_the_circuit_opens_and_says_why(
    incident: Incident, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    mailbox.data = "451 disk is full"
    sweep(now=now)
    for second in (0, 2, 5):
        outbox.send_due(worker="test", now=later(seconds=second))
    circuit = Circuit.objects.get(name="email")
    assert circuit.opened_at == later(seconds=5)
    assert "451" in circuit.reason


def test_while_it_is_open_only_one_probe_goes_out_at_a_time(
    incident: Incident, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    circuits.failed("email", reason="down", retry_after=60, now=now)
    sweep(now=now)
    outbox.send_due(worker="test", now=later(seconds=30))
    assert Attempt.objects.count() == 0
    assert Delivery.objects.get().outcome == "waits: down"
    mailbox.data = "451 still down"
    outbox.send_due(worker="test", now=later(seconds=61))
    assert Attempt.objects.count() == 1


def test_what_waited_is_due_as_soon_as_a_probe_gets_through(
    incident: Incident, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    circuits.failed("email", reason="down", retry_after=60, now=now)
    sweep(now=now)
    outbox.send_due(worker="test", now=later(seconds=1))
    outbox.send_due(worker="test", now=later(seconds=60))
    assert len(mailbox.mails) == 1
    assert not Circuit.objects.open().exists()
    assert Delivery.objects.get().state == DeliveryState.SENT


def test_another_method_is_used_at_once_while_the_first_is_down(
    incident: Incident, member: User, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    hook = make_method(member, "webhook", "https://hooks.example.test/me")
    make_rule(ContactMethod.objects.get(user=member, transport="email"))
    make_rule(hook, minutes=30)
    circuits.failed("email", reason="down", retry_after=60, now=now)
    sweep(now=now)
    outbox.send_due(worker="test", now=later(seconds=1), limit=1)
    second = Delivery.objects.get(method=hook)
    assert second.scheduled_at == later(seconds=1)


def test_two_methods_by_the_same_dead_channel_do_not_chase_each_other(
    incident: Incident, member: User, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    make_method(member, address="second@example.test")
    circuits.failed("email", reason="down", retry_after=60, now=now)
    sweep(now=now)
    for second in (1, 2, 3):
        assert outbox.send_due(worker="test", now=later(seconds=second)) == 0
    assert {row.due_at for row in Delivery.objects.all()} == {later(seconds=60)}


def test_a_full_mailbox_is_nobody_elses_trouble(
    incident: Incident, member: User, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    mailbox.answers[member.email] = "452 mailbox full"
    sweep(now=now)
    for second in (0, 2, 5, 10):
        outbox.send_due(worker="test", now=later(seconds=second))
    assert not Circuit.objects.exists()
    assert Delivery.objects.get().due_at - later(seconds=10) <= timedelta(seconds=30)


def test_a_late_page_names_the_circuit_or_the_answer_that_held_it_up(
    incident: Incident, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    lateness.forget()
    circuits.failed("email", reason="down", retry_after=20, now=now)
    sweep(now=now)
    outbox.send_due(worker="test", now=later(seconds=1))
    outbox.send_due(worker="test", now=later(seconds=21))
    measures.flush()
    assert Late.objects.get(kind="send").cause == "its circuit was open: down"


def test_a_late_page_names_what_its_provider_said_and_a_free_sender_that_was_missing(
    service: Service, owner: User, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    lateness.forget()
    mailbox.data = "451 mailbox is busy"
    declare_new(actor=owner, service=service, title="One", severity=1, now=now)
    sweep(now=now)
    outbox.send_due(worker="test", now=now)
    mailbox.data = ""
    declare_new(actor=owner, service=service, title="Two", severity=1, now=later(seconds=4))
    sweep(now=later(seconds=4))
    outbox.send_due(worker="test", now=later(seconds=9))
    measures.flush()
    causes = list(Late.objects.filter(kind="send").order_by("-seconds").values_list("cause", flat=True))
    assert causes[0].startswith("451 mailbox is busy")
    assert causes[0].endswith("(2 tries)")
    assert causes[1] == "it waited for a sender that is free"
