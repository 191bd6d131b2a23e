"""Somebody takes over a shift, or no longer does."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from oncall.access import may_override
from oncall.drafts import Refused, cannot_be_paged
from oncall.models import Override, OverrideKind, Schedule

LONGEST = timedelta(days=366)


def add_override(
    *,
    actor: User,
    now: datetime,
    schedule: Schedule,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    reason: str = "",
    replaces: User | None = None,
    kind: str = OverrideKind.REPLACE,
) -> Override:
    """From `starts_at` until just before `ends_at`, `user` is on call in place of `replaces` or of everybody; by `kind`
    (models.OverrideKind) they are on call too, or are not.

    A start in the past becomes `now`: who was on call stays what it was. Raises Refused.
    """
    if not may_override(actor, schedule):
        raise Refused("", _("Only responders of the schedule's team may override it."))
    starts_at = max(starts_at, now)
    _check_kind(user, kind, replaces)
    _check(user, starts_at, ends_at, now, reason, replaces)
    return Override.objects.create(
        schedule=schedule,
        user=user,
        replaces=replaces,
        kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason.strip(),
        created_by=actor,
        created_at=now,
    )


@transaction.atomic
def withdraw_override(*, actor: User, now: datetime, override: Override) -> Override:
    """It is as if it had not been made; one that is in force ends now, so that the past stays true.

    A second withdrawal changes nothing. Raises Refused when it is over, or not the actor's to withdraw.
    """
    if not may_override(actor, override.schedule):
        raise Refused("", _("Only responders of the schedule's team may override it."))
    locked = Override.objects.select_for_update().get(pk=override.pk)
    if locked.withdrawn_at is not None:
        return locked
    if locked.ends_at <= now:
        raise Refused("", _("This override is over."))
    if locked.starts_at < now:
        locked.ends_at = now
    else:
        locked.withdrawn_at = now
    locked.save(update_fields=["ends_at", "withdrawn_at"])
    return locked


def _check_kind(user: User, kind: str, replaces: User | None) -> None:
    if kind not in OverrideKind.values:
        raise Refused("kind", _("Choose whether they stand in, join, or leave."))
    if kind != OverrideKind.REPLACE and replaces is not None:
        raise Refused("replaces", _("Only who stands in replaces somebody."))
    if not user.can_respond:
        raise Refused("user", cannot_be_paged(user))


def _check(
    user: User, starts_at: datetime, ends_at: datetime, now: datetime, reason: str, replaces: User | None
) -> None:
    if replaces == user:
        raise Refused("replaces", _("Nobody can stand in for themselves."))
    if ends_at <= now:
        raise Refused("ends_at", _("This end is in the past."))
    if ends_at <= starts_at:
        raise Refused("ends_at", _("The end must be after the start."))
    if ends_at - starts_at > LONGEST:
        raise Refused("ends_at", _("An override lasts at most a year; change the layers for longer."))
    if len(reason.strip()) > 200:
        raise Refused("reason", _("A reason has at most 200 characters."))
