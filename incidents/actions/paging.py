"""Starting, stopping and restarting the escalation of an incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from accounts.models import User
from incidents import signals
from incidents.actions.timeline import Entry, append, lock
from incidents.messages import subject_of
from incidents.models import EntryKind, Escalation, EscalationState, Incident
from lib import wake
from notifications.actions.deliveries import cancel
from oncall import plan as plans
from oncall.bridge import plan_of
from oncall.models import EscalationPolicy

SWEEP = "sweep"


class NotOpen(Exception):
    """Paging about an incident that is over makes no sense."""


def start(*, incidents: Sequence[Incident], now: datetime) -> None:
    """Page for new incidents from now on, each by its service's policy as it stands at this moment."""
    policies = EscalationPolicy.objects.with_steps().in_bulk(
        {incident.service.policy_id for incident in incidents}
    )
    frozen = {key: (policy.name, plans.to_json(plan_of(policy))) for key, policy in policies.items()}
    Escalation.objects.bulk_create(
        Escalation(
            incident=incident,
            policy_name=frozen[incident.service.policy_id][0],
            plan=frozen[incident.service.policy_id][1],
            next_step_at=now,
            started_at=now,
        )
        for incident in incidents
    )
    transaction.on_commit(partial(wake.ring, SWEEP))


def stop(*, incidents: Iterable[Incident], now: datetime, reason: str) -> None:
    """No further step, and nothing that waits is sent. Runs in the transaction of the ack, so the ack wins."""
    for incident in incidents:
        Escalation.objects.running().filter(incident=incident).update(
            state=EscalationState.STOPPED, stopped_at=now
        )
        cancel(subject=subject_of(incident), now=now, reason=reason)


@transaction.atomic
def page_again(*, incident_id: int, actor: User, now: datetime) -> Incident:
    """Start the policy anew from its first step, as it stands now. Raises NotOpen."""
    incident = lock(incident_id)
    if not incident.is_open:
        raise NotOpen("The incident is over. Reopen it to page for it.")
    stop(incidents=[incident], now=now, reason="paging was started again")
    policy = EscalationPolicy.objects.with_steps().get(pk=incident.service.policy_id)
    plan = plans.to_json(plan_of(policy))
    fresh = {"policy_name": policy.name, "plan": plan, "next_step_at": now, "started_at": now}
    known = Escalation.objects.filter(incident=incident).first()
    if known is None:
        Escalation.objects.create(incident=incident, **fresh)
    else:
        Escalation.objects.filter(pk=known.pk).update(
            **fresh,
            state=EscalationState.RUNNING,
            stopped_at=None,
            run=known.run + 1,
            cycle=0,
            step=0,
            paged=[],
        )
    append(
        [(incident, [Entry(EntryKind.ESCALATION, f"Paging started again by policy {policy.name}", actor)])],
        now=now,
    )
    transaction.on_commit(partial(wake.ring, SWEEP))
    signals.announce(incident.pk, "escalation")
    return incident


@transaction.atomic
def escalate(*, incident_id: int, actor: User, now: datetime) -> Incident:
    """Do not wait: the next step is due now. Starts paging again when it was stopped."""
    incident = lock(incident_id)
    moved = Escalation.objects.running().filter(incident=incident).update(next_step_at=now)
    if not moved:
        return page_again(incident_id=incident_id, actor=actor, now=now)
    append([(incident, [Entry(EntryKind.ESCALATION, "Escalated to the next step by hand", actor)])], now=now)
    transaction.on_commit(partial(wake.ring, SWEEP))
    return incident
