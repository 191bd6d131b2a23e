"""To which of its sender's topics an integration listens."""

from __future__ import annotations

from django.db import transaction

from alerts import keys
from alerts.models import Integration

OPTION = "topic_arn"


@transaction.atomic
def pin_topic(*, integration_id: int, topic: str) -> str:
    """Pin the integration to `topic` unless it is pinned already; returns the topic that it is pinned to now."""
    row = Integration.objects.select_for_update(no_key=True).get(pk=integration_id)
    pinned = str(row.options.get(OPTION) or "")
    if pinned:
        return pinned
    row.options = {**row.options, OPTION: topic}
    row.save(update_fields=["options"])
    keys.forget()
    return topic
