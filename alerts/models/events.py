"""Accepted requests, as they came."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from alerts.models.integrations import Integration


class Event(models.Model):
    """One accepted request, as it came. `processed_at` is empty until a worker has made alerts of it.

    The table is partitioned by the UTC day of `received_at` (alerts/partitions.py), so its key in the database is
    (id, received_at) and nothing refers to it by a constraint: old days are dropped whole. `body` is the request's
    text; `context` is what else its source reads (the rest of the path, the query, a few headers), never a secret;
    `dedup_key` is set only where the answer had to name one before the event was parsed. `replay_of` is the event
    that a person sent through again.
    """

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    endpoint = models.CharField(max_length=16, default="alert")
    body = models.TextField()
    context: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField())
    )
    dedup_key = models.CharField(max_length=255, blank=True)
    replay_of = models.BigIntegerField(null=True, blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    notes: models.JSONField[list[str], list[str]] = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["integration", "-id"], name="event_integration_newest"),
            models.Index(fields=["integration", "id"], name="event_waiting", condition=Q(processed_at=None)),
            # Costs the intake next to nothing, and rows lie in the order in which they came.
            BrinIndex(fields=["received_at"], name="event_received", autosummarize=True, pages_per_range=32),
        ]
