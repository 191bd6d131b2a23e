"""Storing what a tool sent: one row, then the answer."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from lib import wake

INTAKE = "intake"
# Plain SQL: this is the one statement that a storm repeats a thousand times a second.
STORE = """
    INSERT INTO alerts_event (integration_id, endpoint, body, dedup_key, received_at, problem, notes)
    VALUES (%s, %s, %s, %s, %s, '', '[]')
"""


def accept(*, integration_id: int, endpoint: str, body: str, now: datetime, dedup_key: str = "") -> None:
    """Store the raw event; it is committed when this returns. A worker is woken, and would look by itself anyway."""
    with connection.cursor() as cursor:
        cursor.execute(STORE, [integration_id, endpoint, body, dedup_key, now])
    wake.ring(INTAKE)
