"""Chores about being on call."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from insights import handoffs


@shared_task
def write_handoff_notes() -> None:
    """Each minute: notes for whoever took over since the last look."""
    handoffs.look(now=timezone.now())
