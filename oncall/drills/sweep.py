"""The timers of drills: those that are planned, those to begin, those whose time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from lib.intervals import UnknownZone
from notifications.actions.deliveries import build, enqueue
from notifications.models import Delivery, DeliveryKind, Urgency
from notifications.recipients import people, ways
from oncall.drafts import Refused
from oncall.drills.actions import finish, finish_if_answered, move_on, start_drill
from oncall.drills.lifecycle import next_state
from oncall.drills.messages import drill_message, group_of, subject_of
from oncall.drills.whom import everybody
from oncall.models import Drill, DrillPerson, DrillPlan, DrillState, EscalationPolicy, ReachState

log = structlog.get_logger(__name__)

BATCH = 20
# A planned drill that could not begin in its hour is left out: ten in the morning was chosen for a reason.
LATE = timedelta(hours=1)


@transaction.atomic
def sweep_drills(now: datetime) -> int:
    """Begin and end what is due; returns how much that was. Any number of workers may sweep."""
    timers = DrillPlan.objects.filter(next_at__lte=now).select_for_update(skip_locked=True, of=("self",))
    plans = list(timers[:BATCH])
    for plan in plans:
        _by_plan(plan, now)
    due = list(
        Drill.objects.due(now).select_for_update(skip_locked=True, of=("self",)).order_by("id")[:BATCH]
    )
    for drill in due:
        if drill.state == DrillState.WAITING:
            _begin(drill, now)
        else:
            finish(drill, now)
    return len(plans) + len(due)


def _by_plan(plan: DrillPlan, now: datetime) -> None:
    was_due = plan.next_at
    try:
        move_on(plan, now)
    except UnknownZone:
        log.exception("zone of a drill is gone", plan=plan.pk)
        DrillPlan.objects.filter(pk=plan.pk).update(next_at=now + timedelta(days=1))
        return
    if now - was_due > LATE:
        log.warning("drill left out", plan=plan.pk, due=was_due.isoformat())
        return
    try:
        start_drill(actor=plan.created_by, now=now, policy=plan.policy, user=plan.user, plan=plan)
    except Refused as refused:
        log.info("drill left out", plan=plan.pk, why=refused.message)


def _begin(drill: Drill, now: datetime) -> None:
    """Page everybody by their rules for high urgency, as a real page would."""
    reasons = _whom(drill, now)
    known = people(reasons)
    drill.state, drill.started_at = next_state(drill.state, "begin"), now
    drill.next_at, drill.note = now + drill.lasts, _note(drill, known)
    drill.save(update_fields=["state", "started_at", "next_at", "note"])
    rows: list[Delivery] = []
    members = []
    for user_id, why in reasons.items():
        user = known.get(user_id)
        found = _deliveries(drill, user, why, now) if user else []
        rows += found
        state = ReachState.WAITING if found else ReachState.NO_METHOD
        if user:
            members.append(
                DrillPerson(drill=drill, user=user, why=why, state=state, paged_at=now if found else None)
            )
    DrillPerson.objects.bulk_create(members)
    enqueue(deliveries=rows)
    finish_if_answered(drill, now)


def _whom(drill: Drill, now: datetime) -> dict[int, str]:
    if drill.policy_id is None:
        return {drill.user_id: _("a drill of one person")} if drill.user_id else {}
    return everybody(EscalationPolicy.objects.with_steps().get(pk=drill.policy_id), now)


def _note(drill: Drill, known: dict[int, User]) -> str:
    if not known:
        return _("Nobody stands in it: a real page would go to the installation’s admins.")
    if drill.policy and not drill.policy.fallback_people.exists():
        return _("The policy has no fallback: at last a real page would go to the installation’s admins.")
    return ""


def _deliveries(drill: Drill, user: User, why: str, now: datetime) -> list[Delivery]:
    group, message = group_of(drill.pk, user.pk), drill_message(drill, why)
    return [
        build(
            method=way.method,
            key=f"{group}:{way.method.pk}:{int(way.delay.total_seconds())}",
            group=group,
            kind=DeliveryKind.DRILL,
            subject=subject_of(drill.pk),
            message=message,
            now=now,
            due_at=now + way.delay,
            reason={"name": str(user), "drill": drill.pk, "why": why},
        )
        for way in ways(user, Urgency.HIGH)
    ]
