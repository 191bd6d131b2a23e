"""PDFs: asked for in a row, made by a worker, never lost with the broker."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from kombu.exceptions import OperationalError

from accounts.models import User
from lib.text import one_line
from postmortems import pdf
from postmortems.actions.rows import locked
from postmortems.models import PdfFile, PdfFileQuerySet, PdfState, Postmortem

LEASE = timedelta(seconds=pdf.TIME_LIMIT + 60)
MOST_ATTEMPTS = 3
KEPT_DRAFTS = 5
REMIND_AFTER = timedelta(seconds=20)
TASK = "postmortems.tasks.render_pdf"

log = logging.getLogger(__name__)


@transaction.atomic
def request_pdf(*, postmortem: Postmortem, actor: User | None, now: datetime) -> PdfFile:
    """Ask for a PDF of what stands there now; the one that is being waited for, if there is one."""
    row = locked(postmortem)
    waiting = row.pdfs.waiting().without_content().first()
    if waiting is None:
        waiting = PdfFile.objects.create(
            postmortem=row,
            version=row.version,
            was_published=row.is_published,
            time_zone=actor.time_zone if actor else "UTC",
            requested_by=actor,
            requested_at=now,
        )
    transaction.on_commit(partial(_wake, waiting.pk))
    return waiting


def wake_waiting(*, now: datetime) -> int:
    """Call a worker for every PDF that waits or whose worker died; returns how many."""
    ids = list(PdfFile.objects.due(now).values_list("pk", flat=True)[:100])
    for pk in ids:
        _wake(pk)
    return len(ids)


def remind(*, postmortem: Postmortem, now: datetime) -> None:
    """Somebody looks and it still waits: call a worker again, at most every twenty seconds."""
    waiting = postmortem.pdfs.due(now).without_content().first()
    if waiting is None or now - waiting.requested_at < REMIND_AFTER:
        return
    if cache.add(f"pdf-reminded:{waiting.pk}", 1, timeout=int(REMIND_AFTER.total_seconds())):
        _wake(waiting.pk)


def render_pdf(*, pdf_id: int, now: datetime) -> bool:
    """Make the PDF, unless another worker has it. A failure is written into the row; True when it is ready.

    The rendering runs outside of any transaction: it may take a minute.
    """
    claimed = _claim(pdf_id, now)
    if claimed is None:
        return False
    try:
        made = pdf.make(claimed.postmortem_id, zone_name=claimed.time_zone, now=now)
    except pdf.CannotRender as error:
        _fail(claimed, str(error))
        return False
    return _finish(claimed, made, now)


def _wake(pdf_id: int) -> None:
    """Only a hint: a dead broker delays the row until the chore or the next look at the page."""
    try:
        current_app.send_task(TASK, args=[pdf_id], retry=False)
    except OperationalError as error:
        log.warning("The broker is away; a PDF waits", extra={"pdf": pdf_id, "error": str(error)})


def _claim(pdf_id: int, now: datetime) -> PdfFile | None:
    due = PdfFile.objects.due(now).filter(pk=pdf_id)
    if due.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=PdfState.FAILED, error=f"Given up: {MOST_ATTEMPTS} workers died while making it."
    ):
        return None
    begun = due.order_by().update(state=PdfState.WORKING, lease_until=now + LEASE, attempts=F("attempts") + 1)
    return PdfFile.objects.without_content().get(pk=pdf_id) if begun else None


def _mine(claimed: PdfFile) -> PdfFileQuerySet:
    """The row, unless the lease ran out and another worker began anew."""
    return PdfFile.objects.filter(pk=claimed.pk, state=PdfState.WORKING, attempts=claimed.attempts)


def _fail(claimed: PdfFile, error: str) -> None:
    log.error("A PDF could not be made", extra={"pdf": claimed.pk, "error": error})
    _mine(claimed).update(state=PdfState.FAILED, error=one_line(error, 500))


@transaction.atomic
def _finish(claimed: PdfFile, made: pdf.Made, now: datetime) -> bool:
    finished = _mine(claimed).update(
        state=PdfState.READY,
        version=made.version,
        was_published=made.was_published,
        content=made.content,
        size=len(made.content),
        pages=made.pages,
        sha256=hashlib.sha256(made.content).hexdigest(),
        made_at=now,
        lease_until=None,
    )
    if finished:
        _forget_old_drafts(claimed.postmortem_id)
    return bool(finished)


def _forget_old_drafts(postmortem_id: int) -> None:
    """What was published stays for the auditors; of drafts only the newest few."""
    drafts = PdfFile.objects.filter(postmortem_id=postmortem_id, was_published=False)
    settled = drafts.exclude(state__in=[PdfState.REQUESTED, PdfState.WORKING]).order_by("-id")
    PdfFile.objects.filter(pk__in=list(settled.values_list("pk", flat=True)[KEPT_DRAFTS:])).delete()
