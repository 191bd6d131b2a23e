"""Chores about being on call."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from alerts.actions.hours import count_hours
from insights import handoffs
from insights.actions import check_assertions, concerned_by


@shared_task
def write_handoff_notes() -> None:
    """Each minute: notes for whoever took over since the last look."""
    handoffs.look(now=timezone.now())


@shared_task
def count_alerts() -> None:
    """Each ten minutes: alerts by service and hour, from which it is told what is usual."""
    count_hours(now=timezone.now())


@shared_task
def ask_again(kind: str, number: int) -> None:
    """After a change on the on-call side: the assertions that it may concern."""
    check_assertions(now=timezone.now(), concerned=concerned_by(kind, number))


@shared_task
def ask_all_again() -> None:
    """Each ten minutes: all assertions, since rotations move without anybody changing them."""
    check_assertions(now=timezone.now())
