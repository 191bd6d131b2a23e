"""Deliveries as lines of a document: plain values, times in UTC, addresses shortened, names as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet

from lib.masking import mask
from lib.text import one_line
from notifications import transports
from notifications.models import Attempt, Delivery, DeliveryKind, Inbound

KINDS = (
    DeliveryKind.PAGE,
    DeliveryKind.NOTICE,
    DeliveryKind.EDIT,
    DeliveryKind.DRILL,
    DeliveryKind.ALARM,
)
MOST = 5_000
Line = dict[str, Any]


def rows_about(subject: str) -> QuerySet[Delivery]:
    """Everything about an incident or a drill, in the order in which it was wanted."""
    return _whole(Delivery.objects.about(subject)).order_by("scheduled_at", "id")


def rows_to(user_id: int) -> QuerySet[Delivery]:
    """Everything to a person but codes and tests, the newest first."""
    return _whole(Delivery.objects.filter(user=user_id)).order_by("-id")


def _whole(found: QuerySet[Delivery]) -> QuerySet[Delivery]:
    answers = Inbound.objects.order_by("received_at", "id")
    return (
        found.filter(kind__in=KINDS)
        .select_related("user")
        .prefetch_related("attempts", Prefetch("inbound", answers))
        .defer("message")
    )


def line_of(row: Delivery) -> Line:
    """One delivery. Times are ISO 8601 in UTC with milliseconds, or None; lateness in whole milliseconds."""
    return {
        "delivery": row.pk,
        "subject": row.subject,
        "kind": row.kind,
        "person": person_of(row),
        "why": _why(row.reason),
        "method": row.transport,
        "address": address_of(row),
        "wanted_at": instant(row.scheduled_at),
        "state": row.state,
        "outcome": one_line(row.outcome, 500),
        "sent_at": instant(row.sent_at),
        "late_ms": _milliseconds(row),
        "delivered_at": instant(row.delivered_at),
        "read_at": instant(row.read_at),
        "acknowledged_at": instant(row.acknowledged_at),
        "settled_at": instant(row.settled_at),
        "provider_id": row.provider_id,
        "carried_by": row.bundle_id,
        "edit_of": row.replaces_id,
        "attempts": [_attempt(attempt) for attempt in row.attempts.all()],
        "answers": [_answer(each) for each in row.inbound.all()],
    }


def person_of(row: Delivery) -> str:
    """By which name the person or the room went when it was told; the present one where that was not noted."""
    noted = row.reason.get("name") or row.reason.get("room")
    return one_line(noted or (str(row.user) if row.user else ""), 120)


def address_of(row: Delivery) -> str:
    """Enough to tell two apart: what its transport hides stays hidden, the rest is shortened."""
    return shortened(row.transport, row.address)


def shortened(transport: str, address: str) -> str:
    """The same for an address by itself."""
    shown = transports.shown(transport, address)
    return mask(shown) if shown == address else shown


def visible_address(row: Delivery) -> str:
    """As its own person and admins may read it: without what is a secret in it."""
    try:
        return transports.get(row.transport).shown(row.address)
    except transports.UnknownTransport:
        return row.address


def instant(moment: datetime | None) -> str | None:
    """ "2026-03-10T12:00:00.000Z"."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(row: Delivery) -> int | None:
    """From when the person's rules wanted it to when the provider had it."""
    if row.sent_at is None:
        return None
    return max(round((row.sent_at - row.scheduled_at) / timedelta(milliseconds=1)), 0)


def _why(reason: dict[str, Any]) -> dict[str, Any]:
    """Policy, kind of turn, step and round from 1; what it stands in for. What was not noted is left out."""
    return {
        name: reason[name] for name in ("policy", "kind", "step", "cycle", "instead_of") if reason.get(name)
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    """`result` is "taken", "refused" or "unknown": the process died inside the call."""
    return {
        "number": attempt.number,
        "worker": attempt.worker,
        "started_at": instant(attempt.started_at),
        "answered_at": instant(attempt.answered_at),
        "result": {True: "taken", False: "refused", None: "unknown"}[attempt.succeeded],
        "for_good": attempt.permanent,
        "may_repeat": attempt.repeats_unknown,
        "provider_id": attempt.provider_id,
        "answer": one_line(attempt.answer, 500),
    }


def _answer(came: Inbound) -> dict[str, Any]:
    """What came back about it; not from which address."""
    return {
        "received_at": instant(came.received_at),
        "method": came.transport,
        "said": one_line(came.summary, 300),
        "outcome": one_line(came.outcome, 500),
    }
