"""Storing what a tool sent: one row, then the answer."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from lib import wake

INTAKE = "intake"
# Plain SQL: this is the one statement that a storm repeats a thousand times a second.
STORE = """
    INSERT INTO alerts_event
        (integration_id, endpoint, body, context, dedup_key, received_at, replay_of, problem, notes)
    VALUES (%s, %s, %s, %s::jsonb, %s, %s, %s, '', '[]') RETURNING id
"""


def accept(
    *,
    integration_id: int,
    endpoint: str,
    body: str,
    now: datetime,
    dedup_key: str = "",
    context: str = "{}",
    replay_of: int | None = None,
) -> int:
    """Store the raw event; it is committed when this returns its id (unless the caller has a transaction open). A
    worker is woken, and would look by itself anyway. `context` is JSON."""
    with connection.cursor() as cursor:
        cursor.execute(STORE, [integration_id, endpoint, body, context, dedup_key, now, replay_of])
        event_id: int = cursor.fetchone()[0]
    wake.ring(INTAKE)
    return event_id
