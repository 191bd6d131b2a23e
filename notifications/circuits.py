"""Whether what carries messages answers, known to all processes.

After OPEN_AFTER failures in a row, or when a provider asks for patience, a circuit is open: what would go by it waits,
other methods are used at once, and every PROBE_EVERY one message is let through to see. When one gets through, the
circuit closes and whatever waited for it is due at once. So an outage costs no more than one probe's interval beyond
its end, and a provider that is down is not hammered by everybody who waits for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction

from lib import wake
from notifications.bells import OUTBOX
from notifications.models import Circuit

OPEN_AFTER = 3
PROBE_EVERY = timedelta(seconds=2)
LONGEST_PATIENCE = timedelta(minutes=10)
FRESH = 0.5


@dataclass(frozen=True, slots=True)
class State:
    """A circuit that has failed lately; `opened_at` None while it is still closed."""

    name: str
    failures: int
    opened_at: datetime | None
    retry_at: datetime | None
    reason: str


_known: dict[str, State] = {}
_read_at = time.monotonic() - FRESH


def troubled() -> dict[str, State]:
    """Circuits with failures, as they were read at most half a second ago."""
    global _known, _read_at
    if time.monotonic() - _read_at >= FRESH:
        rows = Circuit.objects.filter(failures__gt=0).values_list(
            "name", "failures", "opened_at", "retry_at", "reason"
        )
        _known = {row[0]: State(*row) for row in rows}
        _read_at = time.monotonic()
    return _known


def forget() -> None:
    """Read anew at the next look."""
    global _read_at
    _read_at = time.monotonic() - FRESH


def shut() -> list[str]:
    """The names of open circuits: nothing goes by them but a probe."""
    return [state.name for state in troubled().values() if state.opened_at]


FAILED = """
    INSERT INTO notifications_circuit AS c (name, failures, opened_at, retry_at, reason, changed_at)
    VALUES (%(name)s, 1, CASE WHEN %(at_once)s THEN %(now)s::timestamptz END,
            CASE WHEN %(at_once)s THEN %(retry)s::timestamptz END, %(reason)s, %(now)s)
    ON CONFLICT (name) DO UPDATE
    SET failures = c.failures + 1, reason = excluded.reason, changed_at = excluded.changed_at,
        opened_at = CASE WHEN c.opened_at IS NOT NULL THEN c.opened_at
                         WHEN %(at_once)s OR c.failures + 1 >= %(limit)s THEN excluded.changed_at END,
        retry_at = CASE WHEN c.opened_at IS NOT NULL OR %(at_once)s OR c.failures + 1 >= %(limit)s
                        THEN greatest(%(retry)s::timestamptz, c.retry_at) END
"""


def failed(name: str, *, reason: str, retry_after: float | None, now: datetime) -> None:
    """One more failure that is the provider's; with its own wish for patience the circuit opens at once."""
    wait = PROBE_EVERY
    if retry_after:
        wait = min(max(PROBE_EVERY, timedelta(seconds=retry_after)), LONGEST_PATIENCE)
    values: dict[str, Any] = {
        "name": name[:120],
        "now": now,
        "retry": now + wait,
        "reason": reason[:500],
        "at_once": bool(retry_after),
        "limit": OPEN_AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute(FAILED, values)
    forget()


CLOSE = """
    WITH closed AS (
        UPDATE notifications_circuit SET failures = 0, opened_at = NULL, retry_at = NULL, changed_at = %(now)s
        WHERE name = %(name)s AND failures > 0
        RETURNING name
    )
    UPDATE notifications_delivery d SET due_at = %(now)s FROM closed
    WHERE d.circuit = closed.name AND d.state = 'pending' AND d.due_at > d.scheduled_at AND d.due_at > %(now)s
"""


def succeeded(name: str, *, now: datetime) -> None:
    """It carried a message: what waited for it is due now. Costs nothing while all is well."""
    if name not in troubled():
        return
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, {"name": name, "now": now})
    forget()
    transaction.on_commit(partial(wake.ring, OUTBOX))


PROBE = """
    UPDATE notifications_circuit c SET retry_at = %(next)s
    WHERE c.opened_at IS NOT NULL AND c.retry_at <= %(now)s AND c.name = ANY(%(names)s) AND EXISTS (
        SELECT 1 FROM notifications_delivery d
        WHERE d.circuit = c.name AND d.state = 'pending' AND d.due_at <= %(now)s)
    RETURNING c.name
"""


def to_probe(names: list[str], now: datetime) -> list[str]:
    """The open circuits that this caller alone may try once now."""
    with connection.cursor() as cursor:
        cursor.execute(PROBE, {"names": names, "now": now, "next": now + PROBE_EVERY})
        return [row[0] for row in cursor.fetchall()]


HOLD = """
    UPDATE notifications_delivery d SET due_at = c.retry_at, outcome = left('waits: ' || c.reason, 500)
    FROM notifications_circuit c
    WHERE c.name = d.circuit AND c.opened_at IS NOT NULL AND c.retry_at > %(now)s AND c.name = ANY(%(names)s)
      AND d.state = 'pending' AND d.due_at <= %(now)s
    RETURNING d.id
"""


def hold(names: list[str], now: datetime) -> list[int]:
    """Let what is due by these circuits wait for the next probe; the ids, for whom another method is to be used."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, {"names": names, "now": now})
        return [row[0] for row in cursor.fetchall()]
