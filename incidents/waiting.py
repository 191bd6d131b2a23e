"""What a changed policy means for escalations that wait by it: nobody waits for hours that are gone."""

from __future__ import annotations

from django.utils import timezone

from incidents.actions.paging import SWEEP
from incidents.models import Escalation
from lib import wake
from oncall.changes import Kind


def policy_changed(kind: Kind, number: int) -> None:
    """Heard after the commit (oncall.changes): a live escalation whose step waits is looked at again at once."""
    if kind != "policy":
        return
    waiting = Escalation.objects.running().filter(policy=number, plan__live=True).exclude(waiting="")
    if waiting.update(next_step_at=timezone.now()):  # this is the edge: nobody gives the time to a listener
        wake.ring(SWEEP)
