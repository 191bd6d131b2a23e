"""What a page means for its escalation when nobody could be reached by it (registered with notifications.subjects)."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from incidents import signals
from incidents.actions.paging import SWEEP
from incidents.actions.timeline import Entry, append, lock, lock_all
from incidents.models import EntryKind, Escalation, Incident
from lib import wake
from notifications.models import Delivery, DeliveryState
from oncall import plan as plans
from oncall.plan import Position


def hold_rows(incident_id: int) -> None:
    """Lock what a failing page belongs to, in the order that an ack takes (notifications.subjects)."""
    lock_all([incident_id])


def could_not_reach(incident_id: int, delivery: Delivery, now: datetime) -> None:
    """A person has no method left for a page: the timeline says so, and the next step does not wait for them.

    The due time is moved up only when everybody of that step failed; one who may still answer keeps their time.
    """
    incident = lock(incident_id)
    step = delivery.group.rpartition(":")[0]
    entry = Entry(
        EntryKind.ESCALATION,
        f"{delivery.user} could not be reached: {delivery.outcome or 'every method failed'}",
        data={"user": delivery.user_id, "delivery": delivery.pk},
    )
    append([(incident, [entry])], now=now)
    others = Delivery.objects.about(delivery.subject).filter(group__startswith=f"{step}:")
    if not others.exclude(state__in=[DeliveryState.FAILED, DeliveryState.CANCELLED]).exists():
        _advance(incident, step, delivery, now)
    signals.announce(incident.pk, "escalation")


def _advance(incident: Incident, step: str, delivery: Delivery, now: datetime) -> None:
    """Only if the escalation still waits behind that very step; a fallback round keeps its time."""
    escalation = Escalation.objects.running().filter(incident=incident).first()
    if escalation is None or step != f"esc:{escalation.pk}:{escalation.run}:{escalation.rounds}":
        return
    place = Position(int(delivery.reason["cycle"]) - 1, int(delivery.reason["step"]) - 1)
    due = plans.advance_after_unreachable(plans.from_json(escalation.plan), place, now)
    if due.at < escalation.next_step_at:
        Escalation.objects.filter(pk=escalation.pk).update(next_step_at=due.at)
        transaction.on_commit(partial(wake.ring, SWEEP))
