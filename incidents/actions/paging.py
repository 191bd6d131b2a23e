"""Starting, stopping and restarting the escalation of an incident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count, repeat
from typing import Any

from django.db import transaction

from accounts.models import User
from incidents import signals
from incidents.actions.timeline import Entry, append, lock
from incidents.messages import subject_of
from incidents.models import EntryKind, Escalation, EscalationState, Incident
from lib import wake
from notifications.actions.deliveries import cancel
from oncall import plan as plans
from oncall.actions.dealing import deal
from oncall.models import EscalationPolicy
from oncall.plan import TargetKind
from oncall.plan_rows import plan_of

SWEEP = "sweep"


class NotOpen(Exception):
    """Paging about an incident that is over makes no sense."""


def start(*, incidents: Sequence[Incident], now: datetime) -> None:
    """Page for new incidents from now on, each by its service's policy as it stands at this moment."""
    policies = EscalationPolicy.objects.with_steps().in_bulk(
        {incident.service.policy_id for incident in incidents}
    )
    frozen = _frozen(policies, Counter(incident.service.policy_id for incident in incidents))
    Escalation.objects.bulk_create(
        Escalation(
            incident=incident,
            policy=policies[incident.service.policy_id],
            policy_name=policies[incident.service.policy_id].name,
            plan=next(frozen[incident.service.policy_id]),
            next_step_at=now,
            started_at=now,
        )
        for incident in incidents
    )
    transaction.on_commit(partial(wake.ring, SWEEP))


def _frozen(
    policies: Mapping[int, EscalationPolicy], counts: Mapping[int, int]
) -> dict[int, Iterator[dict[str, Any]]]:
    """For each policy as many stored plans as escalations begin by it, each with its own place where schedules are
    paged in turn."""
    read = {key: plan_of(policy) for key, policy in policies.items()}
    rings = {
        (key, target.id): counts[key]
        for key, plan in read.items()
        for target in plans.targets_of(plan)
        if target.kind == TargetKind.ROUND_ROBIN
    }
    first = deal(wanted=rings) if rings else {}
    return {
        key: _dealt(plan, {schedule: first[policy, schedule] for policy, schedule in rings if policy == key})
        for key, plan in read.items()
    }


def _dealt(plan: plans.Plan, first: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    if not first:
        return repeat(plans.to_json(plan))
    return (
        plans.to_json(replace(plan, dealt=tuple((schedule, start + n) for schedule, start in first.items())))
        for n in count()
    )


def stop(*, incidents: Iterable[Incident], now: datetime, reason: str) -> None:
    """No further step, and nothing that waits is sent. Runs in the transaction of the ack, so the ack wins."""
    for incident in incidents:
        Escalation.objects.running().filter(incident=incident).update(
            state=EscalationState.STOPPED, stopped_at=now
        )
        cancel(subject=subject_of(incident), now=now, reason=reason)


@transaction.atomic
def page_again(*, incident_id: int, actor: User | None, now: datetime, why: str = "") -> Incident:
    """Start the policy anew from its first step, as it stands now; `why` where no person asked. Raises NotOpen."""
    incident = lock(incident_id)
    if not incident.is_open:
        raise NotOpen("The incident is over. Reopen it to page for it.")
    stop(incidents=[incident], now=now, reason="paging was started again")
    policy = EscalationPolicy.objects.with_steps().get(pk=incident.service.policy_id)
    plan = next(_frozen({policy.pk: policy}, {policy.pk: 1})[policy.pk])
    fresh = {
        "policy": policy,
        "policy_name": policy.name,
        "plan": plan,
        "next_step_at": now,
        "started_at": now,
    }
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
            rounds=0,
            waiting="",
            waiting_since=None,
            paged=[],
            remind_at=None,
            lapses_at=None,
        )
    text = why or f"Paging started again by policy {policy.name}"
    append([(incident, [Entry(EntryKind.ESCALATION, text, actor)])], now=now)
    transaction.on_commit(partial(wake.ring, SWEEP))
    signals.announce(incident.pk, "escalation")
    return incident


@transaction.atomic
def escalate(
    *, incident_id: int, actor: User, now: datetime, via: str = "", answer_to: int | None = None
) -> Incident:
    """Do not wait: the next step is due now. Starts paging again when it was stopped. `answer_to` is the page whose
    answer asked for it."""
    incident = lock(incident_id)
    running = Escalation.objects.running().filter(incident=incident).first()
    if running is None:
        return page_again(incident_id=incident_id, actor=actor, now=now)
    Escalation.objects.filter(pk=running.pk).update(next_step_at=now, **_passed_over(running))
    text = f"Escalated to the next step {via or 'by hand'}"
    data = {"answer_to": answer_to} if answer_to else {}
    append([(incident, [Entry(EntryKind.ESCALATION, text, actor, data)])], now=now)
    transaction.on_commit(partial(wake.ring, SWEEP))
    return incident


def _passed_over(escalation: Escalation) -> dict[str, Any]:
    """A step that waits is not waited for any more: the one behind it is next."""
    if not escalation.waiting:
        return {}
    plan = plans.from_json(escalation.plan)
    place = plans.after(plan, plans.normal(plan, plans.Position(escalation.cycle, escalation.step)))
    return {"cycle": place.cycle, "step": place.step, "waiting": "", "waiting_since": None}


def look_again(*, incident_id: int, now: datetime) -> None:
    """What a step waits for may have changed (the severity, the policy): one that waits is due now. Runs in the
    caller's transaction, under the incident's lock."""
    moved = (
        Escalation.objects.running()
        .filter(incident=incident_id, next_step_at__gt=now)
        .exclude(waiting="")
        .update(next_step_at=now)
    )
    if moved:
        transaction.on_commit(partial(wake.ring, SWEEP))
