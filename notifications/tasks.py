"""Chores about messages."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from notifications import lateness


@shared_task
def prune_lateness() -> None:
    """Each hour: figures that no page shows any more are dropped."""
    lateness.prune(now=timezone.now())
