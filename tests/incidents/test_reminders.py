"""A forgotten acknowledgement is asked after, and in the end paging begins again, where a service wants it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from catalog.models import Service
from incidents.actions.reminders import remind_due
from incidents.actions.transitions import acknowledge, declare
from incidents.models import Escalation, EscalationState, Incident, TimelineEntry
from notifications.answers import answer, is_awaited
from notifications.models import Delivery, DeliveryKind
from notifications.subjects import Verb
from tests.incidents.making import hand_over, triaged

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]


@pytest.fixture
def incident(service: Service, member: User, now: datetime) -> Incident:
    service.remind_after, service.ack_lasts = timedelta(minutes=10), timedelta(minutes=45)
    service.save()
    found = triaged(service, now)
    hand_over(now)
    acknowledge(incident_id=found.pk, actor=member, now=now)
    return found


def reminders() -> list[Delivery]:
    return list(Delivery.objects.filter(kind=DeliveryKind.NOTICE, reason__kind="reminder"))


def test_nobody_is_asked_before_the_time_and_then_again_and_again(
    incident: Incident, member: User, later: Later
) -> None:
    assert remind_due(now=later(minutes=9)) == 0
    assert remind_due(now=later(minutes=10)) == 1
    assert remind_due(now=later(minutes=10)) == 0
    assert remind_due(now=later(minutes=20)) == 1
    assert [row.user for row in reminders()] == [member, member]


def test_a_question_is_awaited_from_whoever_has_it_until_it_is_declared(
    incident: Incident, member: User, later: Later
) -> None:
    remind_due(now=later(minutes=10))
    [question] = reminders()
    assert is_awaited(question)
    declare(incident_id=incident.pk, actor=member, severity=2, now=later(minutes=11))
    assert not is_awaited(question)


def test_still_on_it_starts_both_timers_anew(incident: Incident, later: Later) -> None:
    remind_due(now=later(minutes=10))
    said = answer(
        delivery=reminders()[0], verb=Verb.ACKNOWLEDGE, via="by text message", now=later(minutes=12)
    )
    assert said.changed
    timers = Escalation.objects.get(incident=incident)
    assert timers.remind_at == later(minutes=22)
    assert timers.lapses_at == later(minutes=57)


def test_an_acknowledgement_that_lapses_pages_again_and_says_why(
    incident: Incident, member: User, later: Later
) -> None:
    assert remind_due(now=later(minutes=45)) == 1
    escalation = Escalation.objects.get(incident=incident)
    assert escalation.state == EscalationState.RUNNING
    assert escalation.next_step_at == later(minutes=45)
    assert escalation.run == 2
    last = TimelineEntry.objects.filter(incident=incident).order_by("-id")[0]
    assert last.text == f"Acknowledged by {member} and nothing since: paging again"
    assert remind_due(now=later(minutes=46)) == 0


def test_who_declares_leads_and_is_asked_no_more(incident: Incident, member: User, later: Later) -> None:
    declare(incident_id=incident.pk, actor=member, severity=2, now=later(minutes=5))
    assert remind_due(now=later(hours=2)) == 0


def test_it_is_off_until_a_service_asks_for_it(
    service: Service, member: User, now: datetime, later: Later
) -> None:
    found = triaged(service, now)
    acknowledge(incident_id=found.pk, actor=member, now=now)
    assert remind_due(now=later(hours=9)) == 0
