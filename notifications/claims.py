"""Taking deliveries into the hands of one sender: one statement each, skipping what others hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from notifications.leases import OLD_LEASE
from notifications.models import PAGING
from notifications.transports import NAMES

# The kinds stand in the text: only so does the planner know that the partial index answers.
PAGES, OTHERS = "IN ('page', 'drill')", "NOT IN ('page', 'drill')"

# A row that lapsed has an attempt without an answer: the next one says that it may be a repeat. Transports of a newer
# version are left to its workers.
CLAIM = """
WITH first AS (
    SELECT id, circuit FROM notifications_delivery
    WHERE state = 'pending' AND kind {kinds} AND due_at <= %(now)s AND transport = ANY(%(known)s)
      AND circuit <> ALL(%(avoid)s) AND (%(only)s = '' OR circuit = %(only)s)
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
), more AS (
    SELECT d.id FROM notifications_delivery d, first
    WHERE %(limit)s > 1 AND d.state = 'pending' AND d.kind {kinds} AND d.due_at <= %(now)s
      AND d.circuit = first.circuit AND d.transport = ANY(%(known)s)
    ORDER BY d.due_at, d.id LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED
), moved AS (
    UPDATE notifications_delivery d
    SET state = 'sending', due_at = %(old_lease)s, lease = lease + 1, attempts_made = attempts_made + 1
    WHERE d.id IN (SELECT id FROM first UNION SELECT id FROM more)
    RETURNING d.*
), tried AS (
    INSERT INTO notifications_attempt
        (delivery_id, number, transport, worker, started_at, permanent, repeats_unknown, provider_id, answer)
    SELECT id, attempts_made, transport, %(worker)s, %(now)s, false,
           attempts_made > 1 AND EXISTS (
               SELECT 1 FROM notifications_attempt a
               WHERE a.delivery_id = moved.id AND a.number = moved.attempts_made - 1 AND a.answered_at IS NULL),
           '', ''
    FROM moved
)
SELECT moved.id, moved.key, moved.kind, moved.subject, moved.transport, moved.address, moved.circuit, moved.message,
       moved.attempts_made, moved.scheduled_at, moved.user_id, moved.method_id, m.throttle, coalesce(m.secret, ''),
       moved.replaces_id, old.provider_id
FROM moved
LEFT JOIN notifications_contactmethod m ON m.id = moved.method_id
LEFT JOIN notifications_delivery old ON old.id = moved.replaces_id
ORDER BY moved.scheduled_at, moved.id
"""

COLUMNS = (
    "id",
    "key",
    "kind",
    "subject",
    "transport",
    "address",
    "circuit",
    "message",
    "attempt",
    "scheduled_at",
    "user_id",
    "method_id",
    "throttle",
    "secret",
    "replaces_id",
    "replaces",
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker alone hands over while it counts up its lease.

    `replaces` is the provider's id of the message that an edit changes. `others` are further pages by the same method
    that this one message carries too, as (id, attempt, headline).
    """

    id: int
    key: str
    kind: str
    subject: str
    transport: str
    address: str
    circuit: str
    message: dict[str, Any]
    attempt: int
    scheduled_at: datetime
    user_id: int | None
    method_id: int | None
    throttle: timedelta | None
    secret: str
    replaces_id: int | None = None
    replaces: str | None = None
    others: tuple[tuple[int, int, str], ...] = ()

    @property
    def is_page(self) -> bool:
        return self.kind in PAGING

    @property
    def carried(self) -> list[int]:
        """The ids of all deliveries that this message stands for."""
        return [self.id, *(each for each, _, _ in self.others)]

    @property
    def answered_as(self) -> int | None:
        """The delivery that an answer to this message is about; None where nobody may answer."""
        if self.is_page or (self.message.get("data") or {}).get("answers"):
            return self.replaces_id or self.id
        return None


def claim(*, worker: str, now: datetime, limit: int = 1, avoid: list[str], only: str = "") -> list[Claimed]:
    """The oldest that are due, all by one channel, with their attempts written: pages if any, else the rest.

    `avoid` are circuits by which nothing goes now; `only` asks for one.
    """
    values: dict[str, Any] = {
        "now": now,
        "limit": limit,
        "avoid": avoid,
        "only": only,
        "known": list(NAMES),
        "old_lease": now + OLD_LEASE,
        "worker": worker[:80],
    }
    return _claimed(PAGES, values) or _claimed(OTHERS, values)


def claim_probe(*, worker: str, now: datetime, circuit: str) -> list[Claimed]:
    """One message to see whether what was down carries again."""
    return claim(worker=worker, now=now, avoid=[], only=circuit)


def _claimed(kinds: str, values: dict[str, Any]) -> list[Claimed]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM.format(kinds=kinds), values)
        rows = cursor.fetchall()
    return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> Claimed:
    columns = dict(zip(COLUMNS, row, strict=True))
    # Django leaves jsonb of a raw cursor as text.
    columns["message"] = json.loads(columns["message"])
    return Claimed(**columns)
