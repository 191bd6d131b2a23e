"""What the tests of the way from event to incident share: a door that tells, a worker's turn, rows with few fields."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from alerts.models import Alert, Event, Integration, Mute, Route
from alerts.processing import process_waiting
from alerts.waiting import waiting
from catalog.models import Service
from incidents.models import Incident
from tests.making import NOW


def tell(
    door: Integration, action: str = "trigger", key: str = "disk", *, at: datetime = NOW, **payload: Any
) -> Event:
    """Store what PagerDuty's protocol says; `labels` are its custom details."""
    labels = payload.pop("labels", None)
    body = {
        "event_action": action,
        "dedup_key": key,
        "payload": {"summary": f"{key} is full", "source": "db1", "severity": "critical", **payload}
        | ({"custom_details": labels} if labels else {}),
    }
    return Event.objects.create(integration=door, endpoint="alert", body=json.dumps(body), received_at=at)


def turn(now: datetime = NOW) -> None:
    """Work through everything that waits."""
    process_waiting(now=now)
    assert waiting() == []


def words(incident: Incident) -> list[str]:
    """The timeline's sentences."""
    return list(incident.timeline.values_list("text", flat=True))


def alert_of(key: str) -> Alert:
    """The newest alert of a key."""
    return Alert.objects.filter(dedup_key=key).order_by("-pk")[0]


def make_route(door: Integration | None, *matchers: dict[str, Any], **fields: Any) -> Route:
    """A route of one integration, or for all."""
    values = {"name": "Route", "created_at": NOW, "changed_at": NOW, **fields}
    return Route.objects.create(integration=door, matchers=list(matchers), **values)


def make_mute(*matchers: dict[str, Any], services: tuple[Service, ...] = (), **fields: Any) -> Mute:
    """A mute that holds now, for an hour."""
    values = {
        "name": "Night work",
        "starts_at": NOW,
        "ends_at": NOW + timedelta(hours=1),
        "due_at": NOW + timedelta(hours=1),
        "is_open": True,
        "created_at": NOW,
        **fields,
    }
    mute = Mute.objects.create(matchers=list(matchers), **values)
    mute.services.set(services)
    return mute
