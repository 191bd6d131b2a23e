"""Handing deliveries over, one at a time, with every try in the ledger.

A claim is one statement: the state moves to `sending`, `due_at` to the end of the lease, and the attempt is written,
before the provider is called. So whatever an ack finds still waiting is never sent, and a worker that dies inside the
call leaves a row that becomes due again, marked as a possible repeat.
"""

from __future__ import annotations

import json
import logging
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from lib import backoff
from lib.sealing import BadSeal, unseal
from notifications import acks, measures
from notifications.actions import deliveries
from notifications.lifecycle import sources
from notifications.models import Attempt, Delivery, DeliveryKind, DeliveryState
from notifications.transports import UnknownTransport, get
from notifications.transports.base import Envelope, PermanentFailure, Receipt, TemporaryFailure

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 6
HASTEN_AFTER = 2
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=4), timedelta(minutes=2)

CLAIM = """
WITH next AS (
    SELECT id, state FROM notifications_delivery
    WHERE state IN ('pending', 'sending') AND due_at <= %(now)s
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE notifications_delivery d
    SET state = 'sending', due_at = %(lease)s, attempts_made = attempts_made + 1
    FROM next WHERE d.id = next.id
    RETURNING d.*, next.state = 'sending' AS repeats
), tried AS (
    INSERT INTO notifications_attempt
        (delivery_id, number, transport, worker, started_at, permanent, repeats_unknown, provider_id, answer)
    SELECT id, attempts_made, transport, %(worker)s, %(now)s, false, repeats, '', '' FROM moved
)
SELECT moved.id, moved.key, moved.kind, moved.subject, moved.transport, moved.address, moved.message,
       moved.attempts_made, moved.scheduled_at, coalesce(m.secret, '')
FROM moved LEFT JOIN notifications_contactmethod m ON m.id = moved.method_id
"""


COLUMNS = (
    "id",
    "key",
    "kind",
    "subject",
    "transport",
    "address",
    "message",
    "attempt",
    "scheduled_at",
    "secret",
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker alone hands over until its lease ends."""

    id: int
    key: str
    kind: str
    subject: str
    transport: str
    address: str
    message: dict[str, Any]
    attempt: int
    scheduled_at: datetime
    secret: str


def send_due(*, worker: str, now: datetime | None = None, limit: int = 1000) -> int:
    """Hand over what is due, oldest first, until nothing is left; returns how many were tried.

    `now` is fixed by tests only: a sender works for longer than an instant.
    """
    for done in range(limit):
        moment = now or datetime.now(UTC)
        claimed = claim(worker=worker, now=moment)
        if claimed is None:
            return done
        hand_over(claimed, now=now)
    return limit


def claim(*, worker: str, now: datetime) -> Claimed | None:
    """The oldest delivery that is due and that no other worker holds, with its attempt written; None if none."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "lease": now + LEASE, "worker": worker[:80]})
        row = cursor.fetchone()
    # Django leaves jsonb of a raw cursor as text.
    if row is None:
        return None
    columns = dict(zip(COLUMNS, row, strict=True))
    columns["message"] = json.loads(columns["message"])
    return Claimed(**columns)


def hand_over(claimed: Claimed, *, now: datetime | None = None) -> None:
    """Call the provider and write down what it said."""
    try:
        receipt = get(claimed.transport).send(_envelope(claimed, now or datetime.now(UTC)))
    except TemporaryFailure as error:
        _failed_for_now(claimed, str(error), now or datetime.now(UTC), error.retry_after)
    except (PermanentFailure, UnknownTransport, BadSeal) as error:
        _failed_for_good(claimed, f"{error}" or type(error).__name__, now or datetime.now(UTC))
    except Exception as error:
        # The boundary to a provider's library: whatever it raises must not stop the sender or lose the page.
        log.exception("transport %s broke", claimed.transport)
        _failed_for_now(claimed, f"{type(error).__name__}: {error}", now or datetime.now(UTC), None)
    else:
        _sent(claimed, receipt, now or datetime.now(UTC))


def _envelope(claimed: Claimed, now: datetime) -> Envelope:
    ack_url = acks.link(claimed.id) if claimed.kind == DeliveryKind.PAGE else ""
    return Envelope(
        address=claimed.address,
        secret=unseal(claimed.secret) if claimed.secret else "",
        key=claimed.key,
        attempt=claimed.attempt,
        message=deliveries.unpacked(claimed.message, ack_url=ack_url),
        now=now,
    )


# A code or a link that lets somebody in has done its work once it is sent; only a page's link is worth keeping.
SENT = """
WITH tried AS (
    UPDATE notifications_attempt
    SET answered_at = %(now)s, succeeded = true, provider_id = %(provider)s, answer = %(answer)s
    WHERE delivery_id = %(id)s AND number = %(number)s
)
UPDATE notifications_delivery
SET state = 'sent', sent_at = %(now)s, settled_at = %(now)s, provider_id = %(provider)s, outcome = %(answer)s,
    message = CASE WHEN kind IN ('verification', 'notice') THEN message - 'code' - 'url' ELSE message END
WHERE id = %(id)s AND state = ANY(%(states)s)
"""


def _sent(claimed: Claimed, receipt: Receipt, now: datetime) -> None:
    values: dict[str, Any] = {
        "id": claimed.id,
        "number": claimed.attempt,
        "now": now,
        "provider": receipt.provider_id[:200],
        "answer": receipt.answer[:500],
        "states": sources("hand_over"),
    }
    with connection.cursor() as cursor:
        cursor.execute(SENT, values)
    measures.count("deliveries", f"{claimed.transport}:sent")
    if claimed.kind == DeliveryKind.PAGE:
        measures.observe("delivery_lateness", (now - claimed.scheduled_at).total_seconds(), claimed.transport)


def _failed_for_good(claimed: Claimed, reason: str, now: datetime) -> None:
    with transaction.atomic():
        _close_attempt(claimed, reason, now, permanent=True)
    deliveries.fail(delivery_id=claimed.id, outcome=reason, now=now)
    measures.count("deliveries", f"{claimed.transport}:failed")


def _failed_for_now(claimed: Claimed, reason: str, now: datetime, retry_after: float | None) -> None:
    """Try again later, a bounded number of times; from the second failure on the next method is used as well."""
    if claimed.attempt >= MAX_ATTEMPTS:
        _failed_for_good(claimed, f"given up after {claimed.attempt} tries: {reason}", now)
        return
    wait = backoff.delay(claimed.attempt, base=FIRST_WAIT, cap=LONGEST_WAIT, jitter=random.random())  # noqa: S311 - spreads load, guards nothing
    if retry_after:
        wait = max(wait, timedelta(seconds=min(retry_after, 600)))
    with transaction.atomic():
        _close_attempt(claimed, reason, now, permanent=False)
        Delivery.objects.filter(pk=claimed.id, state__in=sources("retry")).update(
            state=DeliveryState.PENDING, due_at=now + wait, outcome=reason[:500]
        )
    if claimed.attempt >= HASTEN_AFTER and claimed.kind == DeliveryKind.PAGE:
        with transaction.atomic():
            deliveries.hasten(delivery=Delivery.objects.get(pk=claimed.id), now=now)
    measures.count("deliveries", f"{claimed.transport}:retried")


def _close_attempt(claimed: Claimed, reason: str, now: datetime, *, permanent: bool) -> None:
    Attempt.objects.filter(delivery_id=claimed.id, number=claimed.attempt).update(
        answered_at=now, succeeded=False, permanent=permanent, answer=reason[:500]
    )
