"""SNS sends a message again where our answer was lost: once stored, it is not stored again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts.models import Event

# It sends again within seconds, for an hour at most by its standard policy, so a look at the newest is enough; the look
# goes along the index of an integration's newest events.
LOOKED_AT = 200
SPAN = timedelta(hours=24)


def is_repeat(integration_id: int, message_id: str) -> bool:
    """Whether one of the integration's newest events is this message."""
    rows = Event.objects.filter(integration_id=integration_id, received_at__gte=datetime.now(UTC) - SPAN)
    newest = rows.order_by("-id").values_list("context__message_id", flat=True)[:LOOKED_AT]
    return message_id in set(newest)
