"""Events that a person sends from an integration's page, to see what becomes of them."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import uuid4

from accounts.models import User
from alerts.actions.intake import accept
from alerts.models import Event, Integration
from alerts.sources.registry import ALERT, KINDS
from lib.text import one_line

PREFIX = "tocsin-test-"
READ_ONLY = "A test from this page: it was read as shown, and no alert was made of it."
# What stands in for the key in a stored body, as with every event; as long as PagerDuty's check wants it.
_NO_KEY = "…" * 32


class Disabled(ValueError):
    """The integration takes no events."""


def store_test(*, actor: User, integration: Integration, now: datetime) -> Event:
    """A trigger as this kind's tool would send it, checked and stored like any other, but done with at once: it makes
    no alert and pages nobody. How it is read is seen on the event's page."""
    summary = f"Test event from {integration.name}"
    body, dedup_key = _sample(integration, summary)
    return Event.objects.create(
        integration=integration,
        endpoint=ALERT,
        body=body,
        dedup_key=dedup_key,
        received_at=now,
        processed_at=now,
        notes=[READ_ONLY],
    )


def fire_test(*, actor: User, integration: Integration, now: datetime) -> None:
    """A real trigger of severity info, through the same door as a tool's: it opens an incident of low urgency, or joins
    the open one of the service. Raises Disabled."""
    if not Integration.objects.enabled().filter(pk=integration.pk).exists():
        raise Disabled("The integration is disabled.")
    body, dedup_key = _sample(integration, f"Test alert from {integration.name}")
    accept(integration_id=integration.pk, endpoint=ALERT, body=body, dedup_key=dedup_key, now=now)


def _sample(integration: Integration, summary: str) -> tuple[str, str]:
    dedup_key = f"{PREFIX}{uuid4().hex[:12]}"
    sample = KINDS[integration.kind].sample
    body = sample(key=_NO_KEY, dedup_key=dedup_key, summary=one_line(summary, 200))
    return json.dumps(body, ensure_ascii=False), dedup_key
