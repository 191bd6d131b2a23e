"""What providers report after they took a message: it arrived, it was read, it did not arrive."""

from __future__ import annotations

from datetime import datetime

from notifications.actions import deliveries
from notifications.lifecycle import sources
from notifications.models import Delivery, DeliveryState


def confirm(*, transport: str, provider_id: str, state: str, reason: str = "", now: datetime) -> bool:
    """`state` is "delivered", "read" or "failed"; False when nothing changed.

    Reports come late, twice and out of order: what is delivered stays delivered, and the first moment counts. One
    that failed makes the person's next method due, as if the provider had refused it at once.
    """
    found = Delivery.objects.filter(transport=transport, provider_id=provider_id).exclude(provider_id="")
    if state == "failed":
        ids = list(found.filter(state__in=sources("bounce")).values_list("pk", flat=True))
        why = reason or "the provider could not deliver it"
        return sum(deliveries.bounce(delivery_id=each, outcome=why, now=now) for each in ids) > 0
    taken = found.filter(state__in=[DeliveryState.SENT, DeliveryState.DELIVERED])
    changed = taken.filter(delivered_at=None).update(delivered_at=now)
    if state == "read":
        changed += taken.filter(read_at=None).update(read_at=now)
    taken.filter(state__in=sources("confirm")).update(state=DeliveryState.DELIVERED)
    return changed > 0
