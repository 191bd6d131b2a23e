"""The ledger: what was sent, tried, given up, and never sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.actions.transitions import acknowledge
from incidents.models import Escalation, Incident, TimelineEntry
from incidents.sweep import sweep
from notifications import outbox
from notifications.claims import claim
from notifications.leases import LAPSE, Watch
from notifications.models import Attempt, ContactMethod, Delivery, DeliveryState
from tests.making import make_method, make_rule
from tests.smtp import Mailbox

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]


@pytest.fixture
def incident(service: Service, owner: User, now: datetime) -> Incident:
    return declare_new(actor=owner, service=service, title="Checkout is down", severity=1, now=now)


def test_a_permanent_refusal_makes_the_next_method_due_at_once(
    incident: Incident, member: User, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    second = make_method(member, address="second@example.test")
    make_rule(ContactMethod.objects.get(user=member, address=member.email))
    make_rule(second, minutes=10)
    mailbox.answers[member.email] = "550 no such mailbox"
    sweep(now=now)
    outbox.send_due(worker="test", now=now)
    assert [mail["To"] for mail in mailbox.mails] == ["second@example.test"]
    refused = Delivery.objects.get(address=member.email)
    assert refused.state == DeliveryState.FAILED
    assert "550" in refused.outcome
    assert Attempt.objects.get(delivery=refused).permanent


def test_a_temporary_refusal_is_tried_again_for_an_hour_and_no_longer(
    incident: Incident, member: User, mailbox: Mailbox, now: datetime
) -> None:
    mailbox.answers[member.email] = "451 try again later"
    sweep(now=now)
    moment = now
    for _ in range(40):
        outbox.send_due(worker="test", now=moment)
        moment += timedelta(minutes=2)
    delivery = Delivery.objects.filter(user=member).first()
    assert delivery is not None
    assert delivery.state == DeliveryState.FAILED
    assert "given up" in delivery.outcome
    tries = delivery.attempts.count()
    outbox.send_due(worker="test", now=moment + timedelta(days=1))
    assert delivery.attempts.count() == tries


def test_when_nobody_of_a_step_can_be_reached_the_next_step_does_not_wait(
    incident: Incident,
    member: User,
    owner: User,
    mailbox: Mailbox,
    now: datetime,
    work: Callable[[datetime], None],
) -> None:
    mailbox.answers[member.email] = "550 no such mailbox"
    work(now)
    said = TimelineEntry.objects.filter(incident=incident, kind="escalation").values_list("text", flat=True)
    assert any("Milan Member could not be reached" in text for text in said)
    work(now)
    assert len(mailbox.to(owner.email)) == 1


def test_what_a_dead_worker_left_behind_is_sent_again_and_marked(
    incident: Incident, mailbox: Mailbox, now: datetime
) -> None:
    sweep(now=now)
    assert claim(worker="dies here", now=now, avoid=[])
    watch = Watch()
    assert watch.look(now, at=100.0) == 0
    for passed in range(1, int(LAPSE)):
        assert watch.look(now, at=100.0 + passed) == 0
        assert outbox.send_due(worker="test", now=now) == 0, "the lease still runs"
    assert watch.look(now, at=100.0 + LAPSE) == 1
    outbox.send_due(worker="test", now=now)
    assert len(mailbox.mails) == 1
    first, second = Attempt.objects.order_by("number")
    assert first.answered_at is None
    assert second.repeats_unknown
    assert second.succeeded


def test_nothing_is_sent_after_an_acknowledgement_even_if_a_dead_worker_held_it(
    incident: Incident, member: User, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    sweep(now=now)
    assert claim(worker="dies here", now=now, avoid=[])
    acknowledge(incident_id=incident.pk, actor=member, now=later(seconds=5))
    outbox.send_due(worker="test", now=later(minutes=5))
    assert mailbox.mails == []
    assert Delivery.objects.get().state == DeliveryState.CANCELLED


def test_a_page_that_the_provider_already_had_stands_as_sent_in_the_ledger(
    incident: Incident, member: User, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    sweep(now=now)
    [claimed] = claim(worker="slow", now=now, avoid=[])
    acknowledge(incident_id=incident.pk, actor=member, now=later(seconds=1))
    outbox.hand_over(claimed, now=later(seconds=2))
    assert Delivery.objects.get().state == DeliveryState.SENT


def test_the_same_step_cannot_page_the_same_person_twice(incident: Incident, now: datetime) -> None:
    sweep(now=now)
    Escalation.objects.update(cycle=0, step=0, rounds=0, next_step_at=now)
    sweep(now=now)
    assert Delivery.objects.count() == 1


def test_a_person_without_a_method_is_passed_over_and_the_timeline_says_so(
    incident: Incident,
    member: User,
    owner: User,
    mailbox: Mailbox,
    work: Callable[[datetime], None],
    now: datetime,
) -> None:
    ContactMethod.objects.filter(user=member).delete()
    work(now)
    assert len(mailbox.to(owner.email)) == 1
    said = "\n".join(TimelineEntry.objects.filter(incident=incident).values_list("text", flat=True))
    assert "Milan Member could not be paged: no verified contact method" in said


def test_when_even_the_fallback_is_unreachable_the_admins_are_paged(
    incident: Incident,
    admin: User,
    member: User,
    owner: User,
    mailbox: Mailbox,
    now: datetime,
    work: Callable[[datetime], None],
) -> None:
    ContactMethod.objects.all().delete()
    work(now)
    assert len(mailbox.to(admin.email)) == 1, "at the address of the account, as the last resort"


def test_a_rule_with_a_delay_is_kept_and_counted_from_the_step(
    incident: Incident, member: User, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    make_rule(ContactMethod.objects.get(user=member), minutes=2)
    sweep(now=now)
    outbox.send_due(worker="test", now=later(seconds=119))
    assert mailbox.mails == []
    outbox.send_due(worker="test", now=later(seconds=120))
    assert len(mailbox.mails) == 1
