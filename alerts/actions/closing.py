"""Alerts end with their incident."""

from __future__ import annotations

from datetime import datetime

from alerts.models import Alert, AlertState


def close_alerts_of(*, incident_id: int, now: datetime) -> int:
    """Resolve the open alerts of an incident that is over, so that the next firing opens a new one."""
    return (
        Alert.objects.open()
        .filter(incident_id=incident_id, incident__state__in=["resolved", "dismissed"])
        .update(state=AlertState.RESOLVED, resolved_at=now)
    )
