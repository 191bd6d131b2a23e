"""Moving an incident through its states: compare-and-set under its lock, with a timeline row each time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from incidents import signals
from incidents.actions import notices, reminders, rooms
from incidents.actions.paging import NotOpen, stop
from incidents.actions.timeline import Entry, append, lock, lock_all
from incidents.lifecycle import SELF_RESOLVING, IllegalTransition, next_state
from incidents.models import EntryKind, EscalationState, Incident, RoleAssignment, RoleName, Severity, State
from notifications.acks import BadLink, read
from notifications.actions.deliveries import note_acknowledged
from notifications.models import Delivery, Urgency

STAMPS = {State.MITIGATED: "mitigated_at", State.RESOLVED: "resolved_at"}
CLOSES = (State.RESOLVED, State.DISMISSED)


@transaction.atomic
def acknowledge(
    *, incident_id: int, actor: User | None, now: datetime, via: str = "web"
) -> tuple[Incident, bool]:
    """Somebody has it: paging stops, whatever waits is not sent. False when there was nothing left to stop.

    `actor` is None when a tool acknowledged; `via` says by which way. A repeat changes nothing and is no error, so
    that two people who answer at once both get an answer. Raises NotOpen when the incident is over.
    """
    incident = lock(incident_id)
    if not incident.is_open:
        raise NotOpen(f"Incident #{incident.pk} is over: it was {incident.get_state_display().lower()}.")
    if not waits(incident):
        return incident, False
    fields: dict[str, Any] = {}
    if incident.acknowledged_at is None:
        fields = {"acknowledged_at": now, "acknowledged_by": actor}
    stop(incidents=[incident], now=now, reason=f"acknowledged by {actor or via}")
    who = str(actor) if actor else via
    entry = Entry(EntryKind.ACKNOWLEDGED, f"Acknowledged by {who}", actor, {"via": via})
    move(incident, "acknowledge", [entry], now, **fields)
    return incident, True


def waits(incident: Incident) -> bool:
    """Whether an acknowledgement has anything left to do."""
    return incident.is_open and (_is_paging(incident) or incident.state == State.TRIAGE)


def _is_paging(incident: Incident) -> bool:
    escalation = getattr(incident, "escalation", None)
    return escalation is not None and escalation.state == EscalationState.RUNNING


@transaction.atomic
def acknowledge_by_link(*, token: str, now: datetime) -> tuple[Incident, Delivery, bool]:
    """The link in a page was followed and its button pressed: acknowledges as the person who was paged.

    Raises BadLink, or NotOpen when the incident is over. False when somebody had acknowledged before. A link that
    was used stops no paging that began after it: a phone that opens the page again would answer unread.
    """
    delivery = paged_by(token=token)
    kind, _, number = delivery.subject.partition(":")
    if kind != "incident" or delivery.user is None or not delivery.user.can_respond:
        raise BadLink("nothing to acknowledge, or nobody who may")
    if is_spent(delivery, lock(int(number))):
        raise BadLink("used, and paging began anew since")
    incident, first = acknowledge(
        incident_id=int(number), actor=delivery.user, now=now, via=f"link in {delivery.transport}"
    )
    note_acknowledged(delivery=delivery, now=now)
    return incident, delivery, first


def is_spent(delivery: Delivery, incident: Incident) -> bool:
    """Its one use was made, and paging began anew since: a phone that opens it again would answer unread. What a room
    was told is no page and has no such use."""
    return delivery.user_id is not None and delivery.acknowledged_at is not None and waits(incident)


def paged_by(*, token: str) -> Delivery:
    """The delivery that carried the link. Raises BadLink."""
    delivery = Delivery.objects.select_related("user").filter(pk=read(token)).first()
    if delivery is None:
        raise BadLink("unknown")
    return delivery


@transaction.atomic
def declare(
    *, incident_id: int, actor: User, severity: int, now: datetime, commander: User | None = None
) -> Incident:
    """It is real: a severity, somebody who leads, and paging stops, since whoever declares has answered."""
    incident = lock(incident_id)
    leader = commander or actor
    fields: dict[str, Any] = {
        "severity": severity,
        "declared_at": now,
        "urgency": Urgency.LOW if severity >= Severity.SEV4 else Urgency.HIGH,
    }
    if incident.acknowledged_at is None:
        fields |= {"acknowledged_at": now, "acknowledged_by": actor}
    next_state(incident.state, "declare")
    stop(incidents=[incident], now=now, reason=f"declared by {actor}")
    RoleAssignment.objects.update_or_create(
        incident=incident, role=RoleName.COMMANDER, defaults={"user": leader, "assigned_at": now}
    )
    entries = [
        Entry(EntryKind.STATE, f"Declared as {Severity(severity).label}", actor, {"severity": severity}),
        Entry(
            EntryKind.ROLE,
            f"{leader} leads as incident commander",
            actor,
            {"role": "commander", "user": leader.pk},
        ),
    ]
    return move(incident, "declare", entries, now, **fields)


SAID = {
    "mitigate": "Mitigated: customers are no longer affected",
    "monitor": "Fixed, being watched",
    "relapse": "Back to active: the fix did not hold",
    "resolve": "Resolved",
    "dismiss": "Dismissed: not an incident",
    "reopen": "Reopened",
}


@transaction.atomic
def change_state(
    *, incident_id: int, verb: str, actor: User | None, now: datetime, note: str = ""
) -> Incident:
    """One of mitigate, monitor, relapse, resolve, dismiss, reopen. Raises IllegalTransition.

    Closing stops paging; reopening clears the closing times and needs a severity, SEV3 when it never had one.
    """
    incident = lock(incident_id)
    if verb not in SAID:
        raise IllegalTransition(incident.state, verb)
    state = next_state(incident.state, verb)
    fields: dict[str, Any] = {}
    if state in CLOSES:
        stop(incidents=[incident], now=now, reason=f"{SAID[verb].lower()} by {actor or 'its alerts'}")
        fields["closed_at"] = now
    if verb == "reopen":
        fields = {"closed_at": None, "resolved_at": None, "merged_into": None}
        if state == State.ACTIVE and incident.severity is None:
            fields["severity"] = Severity.SEV3
    if state in STAMPS:
        fields[STAMPS[state]] = now
    text = f"{SAID[verb]}. {note}" if note else SAID[verb]
    return move(incident, verb, [Entry(EntryKind.STATE, text, actor, {"verb": verb})], now, **fields)


def resolve_quietly(
    *, incident_ids: list[int], now: datetime, text: str = "All alerts resolved"
) -> list[int]:
    """Resolve what no person has declared, since its alerts are over; for declared ones only note it.

    Runs in the caller's transaction; returns the ids that were resolved.
    """
    closed: list[int] = []
    for incident in lock_all(incident_ids):
        if not incident.is_open:
            continue
        if incident.state not in SELF_RESOLVING or not incident.service.auto_resolve:
            append([(incident, [Entry(EntryKind.ALERT, text)])], now=now)
            signals.announce(incident.pk, "timeline")
            continue
        stop(incidents=[incident], now=now, reason=text.lower())
        entry = Entry(EntryKind.STATE, f"Resolved: {text[0].lower()}{text[1:]}", data={"verb": "resolve"})
        move(incident, "resolve", [entry], now, closed_at=now, resolved_at=now)
        closed.append(incident.pk)
    return closed


def move(incident: Incident, verb: str, entries: list[Entry], now: datetime, **fields: Any) -> Incident:
    """The compare-and-set, of an incident that the caller holds locked: exactly one row, in the state that was read, or
    nothing. Everybody who was told of it hears of it. Raises IllegalTransition."""
    old, new = incident.state, next_state(incident.state, verb)
    moved = Incident.objects.filter(pk=incident.pk, state=old).update(state=new, **fields)
    if moved != 1:
        raise IllegalTransition(old, verb)
    for name, value in {"state": new, **fields}.items():
        setattr(incident, name, value)
    append([(incident, entries)], now=now)
    rooms.changed(incidents=[incident], now=now, by=entries[0].actor)
    notices.changed(incident=incident, now=now, by=entries[0].actor)
    reminders.set_timers(incident=incident, now=now)
    signals.announce(incident.pk, "closed" if new in CLOSES else "state")
    return incident
