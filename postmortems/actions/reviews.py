"""From draft to published: submit, approve, return, publish, reopen. Each step leaves a Review row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from lib.text import clean
from postmortems.actions.errors import Incomplete, NotApproved, NotInReview, OwnWork, ReasonNeeded
from postmortems.actions.pdfs import request_pdf
from postmortems.actions.rows import locked, move
from postmortems.models import Decision, Postmortem, Review, ReviewQuerySet

LONGEST = 5_000  # characters of a comment


@transaction.atomic
def submit(
    *, postmortem: Postmortem, reviewers: Iterable[User] = (), actor: User, now: datetime
) -> Postmortem:
    """Put the draft before reviewers; the author cannot be one. Raises Incomplete, IllegalTransition, Changed."""
    row = locked(postmortem)
    if empty := row.empty_sections():
        raise Incomplete(empty)
    row = move(row, "submit", submitted_at=now)
    for reviewer in reviewers:
        if reviewer.pk != row.author_id:
            _record(row, reviewer, Decision.ASKED, "", now)
    return row


@transaction.atomic
def approve(*, postmortem: Postmortem, comment: str = "", actor: User, now: datetime) -> Review:
    """Stand for this version, as someone other than its author; twice is once. Raises NotInReview, OwnWork."""
    row = locked(postmortem)
    if not row.is_in_review:
        raise NotInReview
    if actor.pk == row.author_id:
        raise OwnWork
    return _record(row, actor, Decision.APPROVED, comment, now)


@transaction.atomic
def send_back(*, postmortem: Postmortem, comment: str, actor: User, now: datetime) -> Postmortem:
    """Return it to draft; its approvals end with this version.

    Anyone but the author says why (ReasonNeeded). Raises IllegalTransition, Changed.
    """
    row = locked(postmortem)
    if not comment.strip() and actor.pk != row.author_id:
        raise ReasonNeeded
    version = row.version
    row = move(row, "return", version=version + 1, changed_at=now, changed_by=actor)
    _record(row, actor, Decision.RETURNED, comment, now, version=version)
    return row


@transaction.atomic
def publish(*, postmortem: Postmortem, reason: str = "", actor: User, now: datetime) -> Postmortem:
    """Publish what was approved, and ask for its PDF.

    Without an approval only an admin may, and says why; that is on record. Raises NotApproved, ReasonNeeded,
    IllegalTransition, Changed.
    """
    row = locked(postmortem)
    approved = standing_approvals(row).exists()
    if not approved:
        _check_waiver(actor, reason)
    row = move(row, "publish", published_at=now, published_by=actor)
    if not approved:
        _record(row, actor, Decision.WAIVED, reason, now)
    request_pdf(postmortem=row, actor=actor, now=now)
    return row


@transaction.atomic
def reopen(*, postmortem: Postmortem, reason: str, actor: User, now: datetime) -> Postmortem:
    """Take a published one back to draft, with the reason on record. Raises ReasonNeeded, IllegalTransition."""
    if not reason.strip():
        raise ReasonNeeded
    row = locked(postmortem)
    version = row.version
    cleared = {"published_at": None, "published_by": None}
    row = move(row, "reopen", version=version + 1, changed_at=now, changed_by=actor, **cleared)
    _record(row, actor, Decision.REOPENED, reason, now, version=version)
    return row


def standing_approvals(row: Postmortem) -> ReviewQuerySet:
    """Approvals of the version that stands now, by others than the author."""
    return Review.objects.filter(postmortem=row).approvals(row.version).exclude(user_id=row.author_id)


def _check_waiver(actor: User, reason: str) -> None:
    if not actor.is_admin:
        raise NotApproved
    if not reason.strip():
        raise ReasonNeeded


def _record(
    row: Postmortem, user: User, decision: Decision, comment: str, now: datetime, version: int | None = None
) -> Review:
    review, _created = Review.objects.get_or_create(
        postmortem=row,
        user=user,
        decision=decision,
        version=version or row.version,
        defaults={"comment": clean(comment.strip(), LONGEST), "created_at": now},
    )
    return review
