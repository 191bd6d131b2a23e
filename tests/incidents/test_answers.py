"""Answers to a page, from wherever they come: one use, tied to the person, and late ones say who has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from catalog.models import Service
from incidents.actions.paging import page_again
from incidents.actions.transitions import acknowledge, change_state
from incidents.models import Escalation, EscalationState, Incident, State, TimelineEntry
from notifications.acks import BadLink
from notifications.actions.codes import reply_code
from notifications.answers import Unknown, answer, delivery_by_code, is_awaited
from notifications.models import Delivery
from notifications.subjects import Verb
from tests.incidents.making import hand_over, triaged

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]


@pytest.fixture
def incident(service: Service, now: datetime) -> Incident:
    found = triaged(service, now)
    hand_over(now)
    return found


@pytest.fixture
def page(incident: Incident) -> Delivery:
    return Delivery.objects.select_related("user").get()


def state_of(incident: Incident) -> str:
    incident.refresh_from_db()
    return incident.state


def test_an_answer_acknowledges_and_stands_on_the_timeline_with_its_way(
    page: Delivery, incident: Incident, member: User, later: Later
) -> None:
    said = answer(delivery=page, verb=Verb.ACKNOWLEDGE, via="by text message", now=later(seconds=20))
    assert said.changed
    assert state_of(incident) == State.ACKNOWLEDGED
    entry = TimelineEntry.objects.filter(incident=incident, kind="acknowledged").get()
    assert entry.data["via"] == "by text message"
    assert entry.actor == member
    page.refresh_from_db()
    assert page.acknowledged_at == later(seconds=20)


def test_a_page_is_awaited_until_somebody_answers_and_again_when_paging_begins_anew(
    page: Delivery, incident: Incident, owner: User, later: Later
) -> None:
    assert is_awaited(page)
    acknowledge(incident_id=incident.pk, actor=owner, now=later(minutes=1))
    assert not is_awaited(page)
    page_again(incident_id=incident.pk, actor=owner, now=later(minutes=2), why="Again")
    assert is_awaited(page)
    change_state(incident_id=incident.pk, verb="resolve", actor=owner, now=later(minutes=3))
    assert not is_awaited(page)


def test_a_late_answer_changes_nothing_and_says_who_has_it_and_when(
    page: Delivery, incident: Incident, owner: User, later: Later
) -> None:
    acknowledge(incident_id=incident.pk, actor=owner, now=later(minutes=1))
    said = answer(delivery=page, verb=Verb.ACKNOWLEDGE, via="by text message", now=later(minutes=2))
    assert not said.changed
    assert str(owner) in said.text
    assert "12:01" in said.text
    incident.refresh_from_db()
    assert incident.acknowledged_by == owner


def test_an_answer_after_the_end_says_that_it_is_over(
    page: Delivery, incident: Incident, owner: User, later: Later
) -> None:
    change_state(incident_id=incident.pk, verb="resolve", actor=owner, now=later(minutes=1))
    said = answer(delivery=page, verb=Verb.ESCALATE, via="in Slack", now=later(minutes=2))
    assert not said.changed
    assert "over" in said.text


def test_a_used_answer_does_not_stop_paging_that_began_after_it(
    page: Delivery, incident: Incident, owner: User, later: Later
) -> None:
    answer(delivery=page, verb=Verb.ACKNOWLEDGE, via="by text message", now=later(minutes=1))
    page_again(incident_id=incident.pk, actor=owner, now=later(minutes=2))
    page.refresh_from_db()
    said = answer(delivery=page, verb=Verb.ACKNOWLEDGE, via="by text message", now=later(minutes=3))
    assert not said.changed
    assert Escalation.objects.get(incident=incident).state == EscalationState.RUNNING


def test_escalating_twice_by_the_same_page_wakes_nobody_twice(
    page: Delivery, incident: Incident, later: Later
) -> None:
    first = answer(delivery=page, verb=Verb.ESCALATE, via="by phone", now=later(seconds=10))
    again = answer(delivery=page, verb=Verb.ESCALATE, via="by phone", now=later(seconds=11))
    assert first.changed
    assert not again.changed
    assert Escalation.objects.get(incident=incident).next_step_at == later(seconds=10)


def test_resolving_by_an_answer_ends_it(page: Delivery, incident: Incident, later: Later) -> None:
    assert answer(delivery=page, verb=Verb.RESOLVE, via="in Telegram", now=later(seconds=10)).changed
    assert state_of(incident) == State.RESOLVED


def test_somebody_who_may_no_longer_respond_cannot_answer(
    page: Delivery, incident: Incident, member: User, later: Later
) -> None:
    member.role = "viewer"
    member.save()
    page.refresh_from_db()
    with pytest.raises(BadLink):
        answer(delivery=page, verb=Verb.ACKNOWLEDGE, via="by text message", now=later(seconds=10))
    assert state_of(incident) == State.TRIAGE


def test_a_code_counts_for_its_own_person_and_for_two_days(
    page: Delivery, member: User, stranger: User, now: datetime, later: Later
) -> None:
    code = reply_code(delivery_id=page.pk, user_id=member.pk, now=now)
    assert reply_code(delivery_id=page.pk, user_id=member.pk, now=now) == code
    assert delivery_by_code(person=member, code=code, now=later(hours=1)) == page
    with pytest.raises(Unknown):
        delivery_by_code(person=stranger, code=code, now=later(hours=1))
    with pytest.raises(Unknown):
        delivery_by_code(person=member, code=code, now=now + timedelta(days=2))


def test_one_answer_to_a_bundle_answers_all_that_it_carried(
    page: Delivery, incident: Incident, owner: User, service: Service, later: Later
) -> None:
    second = triaged(service, later(seconds=1), title="Refunds answer 502")
    hand_over(later(seconds=1))
    Delivery.objects.filter(subject=f"incident:{second.pk}").update(bundle=page)
    said = answer(delivery=page, verb=Verb.ACKNOWLEDGE, via="by text message", now=later(seconds=20))
    assert said.changed
    assert {state_of(incident), state_of(second)} == {State.ACKNOWLEDGED}
