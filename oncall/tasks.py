"""Chores of who is on call."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from oncall.actions.gap_mails import tell_of_gaps as tell


@shared_task
def tell_of_gaps() -> None:
    """Each hour: managers hear of time in which nobody will be on call."""
    tell(now=timezone.now())
