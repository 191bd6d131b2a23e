"""From an event to a page to an acknowledgement, worker by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from alerts.models import Alert, Event, Integration
from incidents.actions.transitions import acknowledge
from incidents.models import Escalation, Incident, State
from notifications.acks import link
from notifications.models import Delivery, DeliveryState
from tests.smtp import Mailbox, part

Work = Callable[[datetime], None]
pytestmark = pytest.mark.django_db


def enqueue(key: str, action: str = "trigger", dedup: str = "disk", **payload: Any) -> int:
    body = {
        "routing_key": key,
        "event_action": action,
        "dedup_key": dedup,
        "payload": {"summary": "Disk is full", "source": "db1", "severity": "critical", **payload},
    }
    return Client().post("/v2/enqueue", json.dumps(body), content_type="application/json").status_code


@pytest.fixture
def paged(integration: tuple[Integration, str], work: Work, now: datetime, mailbox: Mailbox) -> Incident:
    assert enqueue(integration[1]) == 202
    work(now)
    return Incident.objects.get()


def test_an_alert_opens_an_incident_that_pages_whoever_is_on_call(
    paged: Incident, member: User, mailbox: Mailbox
) -> None:
    assert paged.state == State.TRIAGE
    assert paged.title == "Disk is full"
    [mail] = mailbox.mails
    assert mail["To"] == member.email
    assert mail["Subject"].startswith("Payments API: Disk is full")
    delivery = Delivery.objects.get()
    assert delivery.state == DeliveryState.SENT
    assert link(delivery.pk).split("~")[0] in part(mail, "plain")


def test_the_second_step_fires_after_its_delay_and_not_before(
    paged: Incident, owner: User, mailbox: Mailbox, work: Work, later: Callable[..., datetime]
) -> None:
    work(later(minutes=4, seconds=59))
    assert mailbox.to(owner.email) == []
    work(later(minutes=5))
    assert len(mailbox.to(owner.email)) == 1


def test_an_acknowledgement_stops_what_is_still_to_come(
    paged: Incident, member: User, mailbox: Mailbox, work: Work, later: Callable[..., datetime]
) -> None:
    _incident, first = acknowledge(incident_id=paged.pk, actor=member, now=later(minutes=1))
    assert first
    work(later(minutes=30))
    assert len(mailbox.mails) == 1
    assert Escalation.objects.get().state == "stopped"


def test_the_end_of_all_alerts_resolves_what_nobody_has_declared(
    paged: Incident, integration: tuple[Integration, str], work: Work, later: Callable[..., datetime]
) -> None:
    enqueue(integration[1], "resolve")
    work(later(minutes=2))
    paged.refresh_from_db()
    assert paged.state == State.RESOLVED
    assert Alert.objects.get().state == "resolved"


def test_a_repeat_joins_its_alert_and_pages_nobody_again(
    paged: Incident,
    integration: tuple[Integration, str],
    work: Work,
    mailbox: Mailbox,
    later: Callable[..., datetime],
) -> None:
    enqueue(integration[1])
    enqueue(integration[1])
    work(later(minutes=1))
    assert Incident.objects.count() == 1
    assert Alert.objects.get().count == 3
    assert len(mailbox.mails) == 1
    assert Event.objects.filter(processed_at=None).count() == 0


def test_the_policy_never_ends_in_silence(
    paged: Incident, owner: User, mailbox: Mailbox, work: Work, later: Callable[..., datetime]
) -> None:
    work(later(minutes=5))
    work(later(minutes=10))
    work(later(minutes=41))
    assert len(mailbox.to(owner.email)) == 3
    assert "fallback" in mailbox.to(owner.email)[-1]["Subject"]
