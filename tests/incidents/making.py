"""Incidents for the tests of pages, made by the real actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import Opening, declare_new, open_for_alerts
from incidents.models import Incident
from incidents.sweep import sweep
from notifications.models import Attempt, Delivery, DeliveryState


def triaged(service: Service, now: datetime, title: str = "Checkout answers 502", **fields: str) -> Incident:
    """Opened by an alert, its first step paged."""
    wanted: dict[str, Any] = {
        "summary": "",
        "urgency": "high",
        "source": "alertmanager",
        "entry": f"Alert: {title}",
        **fields,
    }
    [incident] = open_for_alerts(
        openings=[Opening(service=service, title=title, started_at=now, **wanted)], now=now
    )
    while sweep(now=now):
        pass
    return incident


def declared(
    service: Service, actor: User, now: datetime, title: str = "Search is slow", severity: int = 2
) -> Incident:
    """Declared by hand, paging nobody."""
    return declare_new(actor=actor, service=service, title=title, severity=severity, now=now, page=False)


def hand_over(now: datetime) -> list[Delivery]:
    """Everything that waits was accepted by its provider."""
    waiting = list(Delivery.objects.filter(state=DeliveryState.PENDING))
    for delivery in waiting:
        Attempt.objects.create(
            delivery=delivery,
            number=1,
            transport=delivery.transport,
            started_at=now,
            answered_at=now + timedelta(seconds=1),
            succeeded=True,
            answer="250 queued",
        )
        delivery.state, delivery.sent_at, delivery.attempts_made = DeliveryState.SENT, now, 1
        delivery.save()
    return waiting
