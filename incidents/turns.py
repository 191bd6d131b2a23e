"""One escalation at its due time, and what its timeline says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import User
from incidents.actions.timeline import Entry
from incidents.models import EntryKind, Escalation, Incident
from lib.intervals import load_zone
from oncall.conditions import UNDECLARED, Facts
from oncall.plan import Decision, Plan, Skipped

WAITING = 300


@dataclass(slots=True)
class Turn:
    """One escalation at its due time, with what was decided for it. `plan` is the one that it goes on by."""

    escalation: Escalation
    incident: Incident
    plan: Plan
    decision: Decision
    users: list[User] = field(default_factory=list)
    without_method: list[User] = field(default_factory=list)
    shadows: list[User] = field(default_factory=list)

    @property
    def waiting(self) -> str:
        """Why nobody is paged before the next due time; empty when somebody is."""
        if self.decision.kind == "hold":
            return f"{_step(self.decision.skipped[-1])}: nobody on call, held until there is"
        if self.decision.kind == "wait":
            skip = self.decision.skipped[-1]
            opens = _clock(self.decision.next_due, self.plan.steps[skip.position.step].condition.zone)
            return f"{_step(skip)} waits until {opens} ({skip.detail})"[:WAITING]
        return ""

    @property
    def goes_on_waiting(self) -> bool:
        """Whether it stands on the timeline already that this step waits."""
        return bool(self.waiting) and self.waiting == self.escalation.waiting


def facts_of(incident: Incident) -> Facts:
    """What the conditions of a policy's steps ask of an incident; its service is loaded."""
    service = incident.service
    return Facts(incident.severity or UNDECLARED, service.tier, incident.urgency, service.team_id)


def entries(turn: Turn) -> list[Entry]:
    """What the timeline says of this step: who was passed over and why, then who is paged."""
    if turn.goes_on_waiting:
        return []
    found = [
        Entry(
            EntryKind.ESCALATION,
            f"{user} could not be paged: no verified contact method",
            data={"user": user.pk},
        )
        for user in turn.without_method
    ]
    found += [
        Entry(
            EntryKind.ESCALATION,
            _skipped(turn, skip),
            data={"step": skip.position.step + 1, "reason": skip.reason},
        )
        for skip in turn.decision.skipped
    ]
    if turn.users:
        found.append(Entry(EntryKind.PAGED, _paged(turn), data=_paged_data(turn)))
    elif turn.decision.kind == "fallback":
        found.append(Entry(EntryKind.ESCALATION, "Nobody is left to page: there is no admin either"))
    if turn.shadows:
        names = ", ".join(str(user) for user in turn.shadows)
        data = {"users": [user.pk for user in turn.shadows]}
        found.append(Entry(EntryKind.ESCALATION, f"Told {names}: shadowing, not waited for", data=data))
    return found


def _step(skip: Skipped) -> str:
    return f"Step {skip.position.step + 1}"


def _clock(at: datetime, zone: str) -> str:
    local = at.astimezone(load_zone(zone or "UTC"))
    return f"{local:%a %d %b %H:%M} {zone or 'UTC'}"


def _skipped(turn: Turn, skip: Skipped) -> str:
    if turn.waiting and skip == turn.decision.skipped[-1]:
        return turn.waiting
    what = {
        "nobody": "nobody on call",
        "no_targets": "nobody named",
        "condition": skip.detail,
        "hours": f"outside its hours ({skip.detail})",
    }[skip.reason]
    return f"{_step(skip)}: {what}, " + (
        f"held for {_minutes(turn)} min in vain" if _was_held(turn, skip) else "passed over at once"
    )


def _was_held(turn: Turn, skip: Skipped) -> bool:
    return (
        turn.decision.kind == "fallback"
        and turn.escalation.waiting_since is not None
        and skip.reason == "nobody"
        and skip == turn.decision.skipped[-1]
    )


def _minutes(turn: Turn) -> int:
    since = turn.escalation.waiting_since or turn.escalation.next_step_at
    return int((turn.escalation.next_step_at - since).total_seconds() // 60)


def _paged(turn: Turn) -> str:
    names = ", ".join(str(user) for user in turn.users)
    place = turn.decision.position
    if turn.decision.kind == "fallback":
        return f"Paged {names} as the fallback of policy {turn.escalation.policy_name}"
    again = f", round {place.cycle + 1}" if place.cycle else ""
    step = f"step {place.step + 1} of {len(turn.plan.steps)}{again}"
    return f"Paged {names} by {step}, policy {turn.escalation.policy_name}"


def _paged_data(turn: Turn) -> dict[str, Any]:
    place = turn.decision.position
    return {
        "users": [user.pk for user in turn.users],
        "kind": turn.decision.kind,
        "cycle": place.cycle + 1,
        "step": place.step + 1,
        "policy": turn.escalation.policy_name,
    }
