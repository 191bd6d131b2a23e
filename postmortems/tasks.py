"""What workers do for postmortems."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from postmortems import actions


@shared_task
def render_pdf(pdf_id: int) -> None:
    """Make one PDF that was asked for."""
    actions.render_pdf(pdf_id=pdf_id, now=timezone.now())


@shared_task
def wake_waiting_pdfs() -> None:
    """A chore: PDFs whose call was lost with the broker, or whose worker died."""
    actions.wake_waiting(now=timezone.now())
