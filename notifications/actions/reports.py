"""What providers report after they took a message: it arrived, it was read, it did not arrive."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from notifications.actions import deliveries
from notifications.lifecycle import sources
from notifications.models import Attempt, Delivery, DeliveryState


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


@transaction.atomic
def confirm_early(*, delivery_id: int, provider_id: str, state: str, reason: str, now: datetime) -> bool:
    """The same for a message whose provider's answer was not written down: it is on its way, or the answer was lost.

    What arrived is not sent again. What stands in the same message shares its fate; False when nothing changed.
    """
    same = Q(pk=delivery_id) | Q(bundle=delivery_id)
    found = Delivery.objects.filter(same, attempts_made__gt=0)
    if state == "failed":
        ids = list(found.filter(state__in=sources("bounce_early")).values_list("pk", flat=True))
        why = reason or "the provider could not deliver it"
        return sum(deliveries.bounce_early(delivery_id=each, outcome=why, now=now) for each in ids) > 0
    moments = {"delivered_at": now, **({"read_at": now} if state == "read" else {})}
    # `sent` makes it delivered, since this moment stands there.
    changed = found.filter(state=DeliveryState.SENDING, delivered_at=None).update(**moments)
    lost = found.filter(state__in=sources("confirm_early"))
    Attempt.objects.filter(delivery__in=lost, number=F("delivery__attempts_made"), answered_at=None).update(
        answered_at=now, succeeded=True, provider_id=provider_id[:200], answer=reason[:500]
    )
    return (
        changed
        + lost.update(
            state=DeliveryState.DELIVERED,
            sent_at=now,
            settled_at=now,
            provider_id=provider_id[:200],
            outcome=reason[:500],
            **moments,
        )
        > 0
    )
