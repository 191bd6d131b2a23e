"""Whoever was paged hears once that somebody has it or that it is over, and nothing else goes out after an ack."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import User
from catalog.models import Service
from incidents.actions.transitions import acknowledge, change_state
from incidents.models import Incident
from incidents.sweep import sweep
from notifications import outbox
from notifications.claims import claim
from notifications.models import Delivery, DeliveryKind, DeliveryState
from tests.incidents.making import hand_over, triaged
from tests.making import make_method
from tests.smtp import Mailbox

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]


@pytest.fixture
def incident(service: Service, mailbox: Mailbox, now: datetime) -> Incident:
    found = triaged(service, now)
    hand_over(now)
    return found


def send(at: datetime) -> None:
    outbox.send_due(worker="test", now=at)


def test_who_was_paged_hears_that_somebody_else_has_it(
    incident: Incident, member: User, owner: User, mailbox: Mailbox, later: Later
) -> None:
    acknowledge(incident_id=incident.pk, actor=owner, now=later(minutes=1))
    send(later(minutes=1))
    [mail] = mailbox.to(member.email)
    assert f"Acknowledged by {owner} at 12:01 UTC" in mail["Subject"]
    assert mail["X-Priority"] is None


def test_they_hear_it_once_also_when_it_is_resolved_later(
    incident: Incident, owner: User, mailbox: Mailbox, later: Later
) -> None:
    acknowledge(incident_id=incident.pk, actor=owner, now=later(minutes=1))
    change_state(incident_id=incident.pk, verb="resolve", actor=owner, now=later(minutes=2))
    send(later(minutes=2))
    assert Delivery.objects.filter(kind=DeliveryKind.NOTICE).count() == 1


def test_who_answered_is_not_told_what_they_did(
    incident: Incident, member: User, mailbox: Mailbox, later: Later
) -> None:
    acknowledge(incident_id=incident.pk, actor=member, now=later(minutes=1))
    assert not Delivery.objects.filter(kind=DeliveryKind.NOTICE).exists()


def test_who_was_never_reached_is_not_told_that_it_is_over(
    service: Service, owner: User, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    incident = triaged(service, now)
    sweep(now=now)
    acknowledge(incident_id=incident.pk, actor=owner, now=later(seconds=1))
    send(later(minutes=5))
    assert mailbox.mails == []


def test_a_page_that_was_on_its_way_when_it_was_acknowledged_is_followed_by_a_notice(
    service: Service, owner: User, member: User, mailbox: Mailbox, now: datetime, later: Later
) -> None:
    incident = triaged(service, now)
    sweep(now=now)
    [claimed] = claim(worker="slow", now=now, avoid=[])
    acknowledge(incident_id=incident.pk, actor=owner, now=later(seconds=1))
    outbox.hand_over(claimed, now=later(seconds=2))
    send(later(seconds=3))
    assert [mail["Subject"].startswith("Acknowledged") for mail in mailbox.to(member.email)] == [False, True]


def test_who_was_called_is_not_called_again_but_hears_by_a_quiet_way(
    incident: Incident, member: User, owner: User, later: Later
) -> None:
    call = make_method(member, "voice", "+4915112345678")
    Delivery.objects.update(method=call, transport="voice", address=call.address)
    acknowledge(incident_id=incident.pk, actor=owner, now=later(minutes=1))
    notice = Delivery.objects.get(kind=DeliveryKind.NOTICE)
    assert notice.transport == "email"
    assert notice.reason["instead_of"] == "voice"


def test_a_message_that_can_be_changed_is_changed_at_every_state(
    incident: Incident, member: User, owner: User, later: Later
) -> None:
    room = make_method(member, "slack", "U012ABCDEF")
    Delivery.objects.update(method=room, transport="slack", address=room.address, provider_id="D1:1.2")
    page = Delivery.objects.get()
    acknowledge(incident_id=incident.pk, actor=owner, now=later(minutes=1))
    change_state(incident_id=incident.pk, verb="resolve", actor=owner, now=later(minutes=2))
    states = list(page.edits.order_by("id").values_list("state", flat=True))
    assert states == [DeliveryState.CANCELLED, DeliveryState.PENDING], "the newest state stands"
    assert not Delivery.objects.filter(kind=DeliveryKind.NOTICE).exists()
