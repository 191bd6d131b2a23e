"""The oldest page that should be with its provider and is not, for a reason that is the pager's own.

Not counted: a page that waits as its person wishes (a later rule, a throttle, quiet hours: its time has not come), and
one that only its own address refuses for now (a full mailbox) while the provider works for others. A page that waits
for a provider that is down counts, unless another method reached its person in the meantime.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, slots=True)
class Unsent:
    """A page that is overdue, wanted at `since`."""

    delivery: int
    subject: str
    transport: str
    since: datetime
    outcome: str


# Three parts, so that each is found by its partial index.
OLDEST = """
    WITH waiting AS (
        SELECT id, subject, transport, scheduled_at, outcome, circuit, "group" FROM notifications_delivery
        WHERE kind = 'page' AND state = 'pending' AND due_at <= %(now)s
        UNION ALL
        SELECT id, subject, transport, scheduled_at, outcome, circuit, "group" FROM notifications_delivery
        WHERE kind = 'page' AND state = 'sending'
        UNION ALL
        SELECT d.id, d.subject, d.transport, d.scheduled_at, d.outcome, d.circuit, d."group"
        FROM notifications_circuit c JOIN notifications_delivery d ON d.circuit = c.name
        WHERE c.opened_at IS NOT NULL AND d.circuit <> ''
          AND d.kind = 'page' AND d.state = 'pending' AND d.due_at > %(now)s
    )
    SELECT w.id, w.subject, w.transport, w.scheduled_at, w.outcome
    FROM waiting w LEFT JOIN notifications_circuit c ON c.name = w.circuit AND c.opened_at IS NOT NULL
    WHERE w.scheduled_at <= %(now)s AND CASE WHEN c.name IS NULL
        THEN NOT EXISTS (
            SELECT 1 FROM notifications_attempt a WHERE a.delivery_id = w.id AND a.succeeded = false)
        ELSE NOT EXISTS (
            SELECT 1 FROM notifications_delivery o
            WHERE o."group" = w."group" AND o.state IN ('sent', 'delivered'))
        END
    ORDER BY w.scheduled_at, w.id LIMIT 1
"""


def oldest(now: datetime) -> Unsent | None:
    """The one that waits longest at `now`; None when nothing is overdue. One query."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST, {"now": now})
        row = cursor.fetchone()
    return Unsent(*row) if row else None
