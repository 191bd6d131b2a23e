"""Storing what a tool sent: one row, then the answer."""

from __future__ import annotations

from datetime import datetime

from alerts.models import Event
from lib import wake

INTAKE = "intake"


def accept(*, integration_id: int, endpoint: str, body: str, now: datetime, dedup_key: str = "") -> None:
    """Store the raw event; it is committed when this returns. A worker is woken, and would look by itself anyway."""
    Event.objects.create(
        integration_id=integration_id, endpoint=endpoint, body=body, dedup_key=dedup_key, received_at=now
    )
    wake.ring(INTAKE)
