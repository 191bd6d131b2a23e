"""Alerts end with their incident."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from alerts.models import Alert, AlertState, EndedBy


def close_alerts_of(*, incident_ids: Collection[int], now: datetime) -> int:
    """Resolve the open alerts of incidents that are over, so that the next firing opens a new one."""
    return (
        Alert.objects.open()
        .filter(incident__in=incident_ids, incident__state__in=["resolved", "dismissed"])
        .update(
            state=AlertState.RESOLVED,
            resolved_at=now,
            ended_by=EndedBy.INCIDENT,
            held_until=None,
            settles_at=None,
        )
    )
