"""Chores of the status pages."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from statuspage import actions


@shared_task
def render_pages() -> None:
    """Each minute: whatever a lost signal left undone, a new day's bar, and the pages' age."""
    actions.render_all(now=timezone.now())
