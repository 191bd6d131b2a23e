"""Chores of who is on call."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from oncall.actions.calendar_feeds import read_due_feeds
from oncall.actions.covers import expire_covers, remind_of_covers
from oncall.actions.gap_mails import tell_of_gaps as tell


@shared_task
def tell_of_gaps() -> None:
    """Each hour: managers hear of time in which nobody will be on call."""
    tell(now=timezone.now())


@shared_task
def read_calendars() -> None:
    """Each minute: calendars elsewhere that are due, as many as fit."""
    read_due_feeds(now=timezone.now())


@shared_task
def chase_covers() -> None:
    """Requests for cover: askers hear the day before that nobody took their time, and what is past is over."""
    remind_of_covers(now=timezone.now())
    expire_covers(now=timezone.now())
