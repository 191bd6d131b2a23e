"""The states of an incident and the one table that moves them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import User
from catalog.models import Service
from incidents import lifecycle
from incidents.actions.opening import declare_new
from incidents.actions.paging import NotOpen
from incidents.actions.transitions import acknowledge, change_state, declare
from incidents.actions.writing import NothingWritten, correct, publish_update
from incidents.models import Escalation, Incident, RoleAssignment, State, TimelineEntry

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]


@pytest.fixture
def incident(service: Service, owner: User, now: datetime) -> Incident:
    return declare_new(actor=owner, service=service, title="Checkout is down", severity=2, now=now)


def verbs_said(incident: Incident) -> list[str]:
    return list(TimelineEntry.objects.filter(incident=incident, kind="state").values_list("text", flat=True))


def test_every_open_state_can_be_resolved_and_every_closed_one_reopened() -> None:
    for state in State:
        known = lifecycle.verbs(state)
        assert ("resolve" in known) != ("reopen" in known)


def test_a_verb_that_does_not_apply_changes_nothing(incident: Incident, owner: User, now: datetime) -> None:
    length = incident.timeline_length
    with pytest.raises(lifecycle.IllegalTransition, match="cannot be moved"):
        change_state(incident_id=incident.pk, verb="reopen", actor=owner, now=now)
    incident.refresh_from_db()
    assert (incident.state, incident.timeline_length) == (State.ACTIVE, length)


def test_the_whole_way_from_active_to_resolved_and_back(
    incident: Incident, owner: User, later: Later
) -> None:
    for minute, verb in enumerate(["mitigate", "monitor", "relapse", "mitigate", "resolve"]):
        change_state(incident_id=incident.pk, verb=verb, actor=owner, now=later(minutes=minute))
    incident.refresh_from_db()
    assert incident.state == State.RESOLVED
    assert incident.resolved_at == incident.closed_at == later(minutes=4)
    assert len(verbs_said(incident)) == 5
    change_state(incident_id=incident.pk, verb="reopen", actor=owner, now=later(minutes=9))
    incident.refresh_from_db()
    assert (incident.state, incident.closed_at) == (State.ACTIVE, None)


def test_resolving_stops_paging(incident: Incident, owner: User, now: datetime) -> None:
    change_state(incident_id=incident.pk, verb="resolve", actor=owner, now=now)
    assert not Escalation.objects.running().exists()


def test_an_incident_that_is_over_cannot_be_acknowledged(
    incident: Incident, owner: User, now: datetime
) -> None:
    change_state(incident_id=incident.pk, verb="resolve", actor=owner, now=now)
    with pytest.raises(NotOpen):
        acknowledge(incident_id=incident.pk, actor=owner, now=now)


def test_the_second_acknowledgement_is_no_error_and_changes_nothing(
    incident: Incident, owner: User, member: User, now: datetime, later: Later
) -> None:
    assert acknowledge(incident_id=incident.pk, actor=member, now=now)[1]
    found, first = acknowledge(incident_id=incident.pk, actor=owner, now=later(minutes=1))
    assert not first
    assert found.acknowledged_by == member


def test_who_declares_leads_and_has_answered_the_page(
    service: Service, member: User, owner: User, now: datetime
) -> None:
    triaged = declare_new(actor=owner, service=service, title="Slow", severity=3, now=now)
    Incident.objects.filter(pk=triaged.pk).update(state=State.TRIAGE, severity=None, declared_at=None)
    declare(incident_id=triaged.pk, actor=member, severity=1, now=now)
    triaged.refresh_from_db()
    assert (triaged.state, triaged.severity, triaged.acknowledged_by) == (State.ACTIVE, 1, member)
    assert RoleAssignment.objects.get(incident=triaged, role="commander").user == member
    assert not Escalation.objects.running().exists()


def test_an_update_sets_what_customers_feel_and_resolved_ends_it(
    incident: Incident, owner: User, now: datetime
) -> None:
    def say(phase: str, body: str) -> None:
        publish_update(
            incident_id=incident.pk,
            actor=owner,
            phase=phase,
            impact="major_outage",
            body=body,
            is_public=True,
            now=now,
        )

    say("identified", "Payments fail.")
    incident.refresh_from_db()
    assert incident.impact == "major_outage"
    say("resolved", "All is well.")
    incident.refresh_from_db()
    assert incident.impact == "operational"


@pytest.mark.parametrize("text", ["", "   \n", "\x00"])
def test_an_empty_update_is_refused(incident: Incident, owner: User, now: datetime, text: str) -> None:
    with pytest.raises(NothingWritten):
        publish_update(
            incident_id=incident.pk,
            actor=owner,
            phase="identified",
            impact="operational",
            body=text,
            is_public=True,
            now=now,
        )


def test_a_correction_says_what_was_there_before(incident: Incident, owner: User, now: datetime) -> None:
    correct(incident_id=incident.pk, actor=owner, now=now, title="Checkout is slow", severity=3)
    said = list(
        TimelineEntry.objects.filter(incident=incident, kind="changed").values_list("text", flat=True)
    )
    assert said == [
        "Title changed from “Checkout is down” to “Checkout is slow”",
        "Severity changed from SEV2 to SEV3",
    ]
