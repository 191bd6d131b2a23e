"""Telling chat rooms: one message when an incident opens, changed as its state, severity, title and roles change.

Runs in the transaction of whatever changed the incident, so a room hears of what is true and of nothing else. A channel
that cannot change a message gets one more when somebody has it, and one when it is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import User
from incidents.cards import card
from incidents.messages import subject_of
from incidents.models import Channel, EntryKind, Incident, RoleAssignment, RoleName, State
from incidents.queries.rooms import name_of
from incidents.queries.timeline import last_move
from notifications import transports
from notifications.actions.deliveries import enqueue, packed
from notifications.models import Delivery, DeliveryKind, DeliveryState

POSTED = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED)


def opened(*, incidents: Sequence[Incident], now: datetime) -> int:
    """A message to every room of each incident's service and of its team; returns how many. One query finds the rooms
    of all of them."""
    services = {incident.service_id for incident in incidents}
    teams = {incident.service.team_id for incident in incidents}
    rooms = list(Channel.objects.filter(Q(service__in=services) | Q(team__in=teams)).order_by("id"))
    if not rooms:
        return 0
    leads = _commanders(incidents)
    rows = [
        _first(incident, channel, leads.get(incident.pk), now)
        for incident in incidents
        for channel in _of(incident, rooms)
    ]
    return enqueue(deliveries=rows)


def _of(incident: Incident, rooms: Sequence[Channel]) -> Iterator[Channel]:
    """A room that belongs to both service and team is told once."""
    seen: set[tuple[str, str]] = set()
    for each in rooms:
        is_its = each.service_id == incident.service_id or each.team_id == incident.service.team_id
        if is_its and (each.transport, each.address) not in seen:
            seen.add((each.transport, each.address))
            yield each


def _first(incident: Incident, channel: Channel, commander: User | None, now: datetime) -> Delivery:
    return to_room(
        channel,
        key=f"room:{incident.pk}:{channel.pk}",
        kind=DeliveryKind.NOTICE,
        subject=subject_of(incident),
        message=packed(card(incident, commander=commander)),
        now=now,
        reason={"first": True},
    )


def to_room(
    room: Channel | Delivery, *, key: str, kind: str, message: dict[str, Any], now: datetime, **more: Any
) -> Delivery:
    """A row for the outbox, not saved, to a channel or to where a message to one went; `message` is packed."""
    why = (
        {"channel": room.pk, "room": name_of(room)}
        if isinstance(room, Channel)
        else {name: room.reason[name] for name in ("channel", "room")}
    )
    fields = {"group": key, "subject": f"channel:{why['channel']}", **more}
    return Delivery(
        key=key,
        kind=kind,
        transport=room.transport,
        address=room.address,
        circuit=transports.circuit_of(room.transport, room.address),
        message=message,
        created_at=now,
        scheduled_at=now,
        due_at=now,
        **{**fields, "reason": {**why, **more.get("reason", {})}},
    )


def changed(
    *, incidents: Sequence[Incident], now: datetime, by: User | None = None, is_move: bool = True
) -> int:
    """The rooms' messages as the incidents stand now; returns how many rooms there are. `by` moved them; what is no
    move into another state is worth no further message where one cannot be changed.

    What no provider has yet is changed in the outbox, so that a room is not told what is over already.
    """
    subjects = {subject_of(incident): incident for incident in incidents}
    told = list(
        Delivery.objects.filter(
            subject__in=subjects,
            kind=DeliveryKind.NOTICE,
            reason__contains={"first": True},
            state__in=[DeliveryState.PENDING, *POSTED],
        ).order_by("id")
    )
    if not told:
        return 0
    leads = _commanders(incidents)
    for first in told:
        incident = subjects[first.subject]
        mover = by if is_move else _mover(incident)
        message = packed(card(incident, commander=leads.get(incident.pk), by=mover))
        _bring_up_to_date(first, incident, message, now, word=_worth_a_word(incident) if is_move else "")
    return len(told)


def _mover(incident: Incident) -> User | None:
    """Who ended it, which its message goes on to say."""
    move = None if incident.is_open else last_move(incident, [EntryKind.STATE])
    return move.person if move else None


def _bring_up_to_date(
    first: Delivery, incident: Incident, message: dict[str, Any], now: datetime, *, word: str
) -> None:
    waiting = Delivery.objects.filter(state=DeliveryState.PENDING).filter(Q(pk=first.pk) | Q(replaces=first))
    if waiting.update(message=message):
        return
    if _edits(first.transport):
        # The timeline has grown by this change, so its length names it.
        _follow(first, f"{first.key}:edit:{incident.timeline_length}", DeliveryKind.EDIT, message, now)
    elif word:
        _follow(first, f"{first.key}:{word}", DeliveryKind.NOTICE, message, now)


def _follow(first: Delivery, key: str, kind: str, message: dict[str, Any], now: datetime) -> None:
    replaces = first if kind == DeliveryKind.EDIT else None
    row = to_room(
        first,
        key=key,
        kind=kind,
        message=message,
        now=now,
        group=first.group,
        subject=first.subject,
        replaces=replaces,
    )
    enqueue(deliveries=[row])


def _edits(transport: str) -> bool:
    try:
        return transports.get(transport).carries.edits
    except transports.UnknownTransport:
        return False


def _worth_a_word(incident: Incident) -> str:
    """What a room without changeable messages hears of, each once: somebody has it, it is over."""
    if not incident.is_open:
        return f"over:{incident.timeline_length}"
    return "answered" if incident.state in (State.ACKNOWLEDGED, State.ACTIVE) else ""


def _commanders(incidents: Sequence[Incident]) -> dict[int, User]:
    rows = RoleAssignment.objects.filter(incident__in=incidents, role=RoleName.COMMANDER).select_related(
        "user"
    )
    return {each.incident_id: each.user for each in rows}
