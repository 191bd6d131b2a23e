"""Writing to the outbox and settling what came back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from lib import wake
from notifications import circuits, subjects, transports
from notifications.bells import OUTBOX
from notifications.lifecycle import sources
from notifications.models import PAGING, ContactMethod, Delivery, DeliveryKind, DeliveryState
from notifications.recipients import last_resort
from notifications.transports.base import Message


def enqueue(*, deliveries: Iterable[Delivery]) -> int:
    """Put rows into the outbox; a row whose key stands there already is left as it is. Rings after commit."""
    rows = Delivery.objects.bulk_create(list(deliveries), ignore_conflicts=True)
    transaction.on_commit(partial(wake.ring, OUTBOX))
    return len(rows)


def build(
    *,
    method: ContactMethod | None,
    key: str,
    group: str,
    kind: str,
    subject: str,
    message: Message,
    now: datetime,
    due_at: datetime,
    reason: dict[str, Any],
    user_id: int | None = None,
    address: str = "",
    transport: str = "email",
) -> Delivery:
    """One row for the outbox, not saved. Without a method it goes to `address` by `transport`: the last resort, or a
    room."""
    name, where = (method.transport, method.address) if method else (transport, address)
    return Delivery(
        key=key,
        group=group,
        kind=kind,
        subject=subject,
        message=packed(message),
        reason=reason,
        method=method,
        user_id=method.user_id if method else user_id,
        transport=name,
        address=where,
        circuit=transports.circuit_of(name, where),
        created_at=now,
        scheduled_at=due_at,
        due_at=due_at,
    )


PARTS = frozenset(part.name for part in fields(Message))


def packed(message: Message) -> dict[str, Any]:
    """A message as it is stored: empty parts are left out, also because an older version may not know them."""
    return {name: value for name, value in asdict(message).items() if value not in ("", (), None, False)}


def unpacked(stored: dict[str, Any], **more: Any) -> Message:
    """The message of a stored row, with what is only known when it is sent. Parts that a newer version wrote and this
    one cannot say are left out: the page itself must go."""
    stored = {name: value for name, value in stored.items() if name in PARTS}
    facts = tuple((str(label), str(value)) for label, value in stored.get("facts", ()))
    return Message(**{**stored, "facts": facts, **more})


@transaction.atomic
def send_notice(
    *, method: ContactMethod, kind: str, subject: str, message: Message, now: datetime
) -> Delivery:
    """One message outside any escalation: a verification code, a test, an invitation."""
    key = f"{kind}:{uuid.uuid4()}"
    row = build(
        method=method,
        key=key,
        group=key,
        kind=kind,
        subject=subject,
        message=message,
        now=now,
        due_at=now,
        reason={},
    )
    row.save()
    transaction.on_commit(partial(wake.ring, OUTBOX))
    return row


def cancel(*, subject: str, now: datetime, reason: str, kind: str = DeliveryKind.PAGE) -> int:
    """Take back everything about `subject` that no provider has yet. Called in the transaction of an ack."""
    return (
        Delivery.objects.about(subject)
        .filter(kind=kind, state__in=sources("cancel"))
        .update(state=DeliveryState.CANCELLED, settled_at=now, outcome=reason[:500])
    )


def fail(*, delivery_id: int, outcome: str, now: datetime) -> bool:
    """No further try by this method: the person's next method is due at once, or their page could not be delivered."""
    return _end(delivery_id, "fail", outcome, now)


def bounce(*, delivery_id: int, outcome: str, now: datetime) -> bool:
    """The provider took it and could not deliver it after all: as if it had been refused. False for a repeat."""
    return _end(delivery_id, "bounce", outcome, now)


def bounce_early(*, delivery_id: int, outcome: str, now: datetime) -> bool:
    """The same, said before the provider's own answer was written down."""
    return _end(delivery_id, "bounce_early", outcome, now)


@transaction.atomic
def _end(delivery_id: int, verb: str, outcome: str, now: datetime) -> bool:
    """The subject is locked before the delivery, in the order that an ack takes too."""
    delivery = Delivery.objects.get(pk=delivery_id)
    owned = subjects.owner_of(delivery.subject) if delivery.kind in PAGING else None
    if owned:
        owned[0].lock(owned[1])
    moved = Delivery.objects.filter(pk=delivery_id, state__in=sources(verb)).update(
        state=DeliveryState.FAILED, settled_at=now, outcome=outcome[:500]
    )
    if moved and delivery.kind in PAGING and not hasten(delivery=delivery, now=now) and owned:
        owned[0].unreachable(owned[1], delivery, now)
    return bool(moved)


def hasten(*, delivery: Delivery, now: datetime) -> bool:
    """Make the next method of the same person in the same step due now. False when there is none left.

    The next one waiting by the person's rules comes first, then any usable method that the rules left out, then the
    installation's fallback. A method that carried the page already, or is about to, counts as reached.
    """
    siblings = Delivery.objects.filter(group=delivery.group).exclude(pk=delivery.pk)
    untried = siblings.filter(state=DeliveryState.PENDING, attempts_made=0, due_at=F("scheduled_at"))
    waiting = untried.exclude(circuit__in=circuits.shut()).order_by("due_at", "id").first()
    if waiting:
        Delivery.objects.filter(pk=waiting.pk, due_at__gt=now).update(due_at=now, scheduled_at=now)
        transaction.on_commit(partial(wake.ring, OUTBOX))
        return True
    if siblings.filter(state__in=REACHED).exists() or _by_another_method(delivery, now):
        return True
    return siblings.filter(state=DeliveryState.PENDING).exists()


REACHED = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED)


def _by_another_method(failed: Delivery, now: datetime) -> bool:
    tried = Delivery.objects.filter(group=failed.group)
    spare = (
        ContactMethod.objects.usable()
        .filter(user=failed.user)
        .exclude(pk__in=tried.filter(method__isnull=False).values("method_id"))
        .first()
        if failed.user
        else None
    )
    last = last_resort() if spare is None else None
    if spare is None and (last is None or tried.filter(transport=last["transport"], method=None).exists()):
        return False
    row = build(
        method=spare,
        key=f"{failed.group}:{spare.pk if spare else 'fallback'}",
        group=failed.group,
        kind=failed.kind,
        subject=failed.subject,
        message=unpacked(failed.message),
        now=now,
        due_at=now,
        reason={**failed.reason, "instead_of": failed.transport},
        user_id=failed.user_id,
        **(last or {}),
    )
    enqueue(deliveries=[row])
    return True


def note_acknowledged(*, delivery: Delivery, now: datetime) -> None:
    """The person answered by this very message."""
    Delivery.objects.filter(pk=delivery.pk, acknowledged_at=None).update(acknowledged_at=now)
