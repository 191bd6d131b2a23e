"""Somebody takes over a shift, joins or leaves it for a while, or no longer does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from oncall import changes
from oncall.access import may_override
from oncall.drafts import MOST_OVERRIDES, OverrideDraft, Refused, cannot_be_paged
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
    """From `starts_at` until just before `ends_at` `user` stands in for `replaces` or for everybody, or with another
    `kind` is on call too, or is not on call.

    A start in the past becomes `now`: who was on call stays what it was. Raises Refused.
    """
    draft = OverrideDraft(user, max(starts_at, now), ends_at, kind, replaces, reason.strip())
    _check_actor(actor, schedule)
    _check(draft, now)
    return _made(actor, schedule, draft, now)


def add_overrides(
    *, actor: User, now: datetime, schedule: Schedule, drafts: Sequence[OverrideDraft]
) -> list[Override]:
    """All of them, the later ones over the earlier; or none. Raises Refused, with the place of the one that is wrong in
    front of its field: "1.ends_at"."""
    _check_actor(actor, schedule)
    if not drafts:
        raise Refused("", _("There is nothing to change yet."))
    if len(drafts) > MOST_OVERRIDES:
        raise Refused("", _("At most %(n)s at once.") % {"n": MOST_OVERRIDES})
    meant = [replace(each, starts_at=max(each.starts_at, now), reason=each.reason.strip()) for each in drafts]
    for place, draft in enumerate(meant):
        try:
            _check(draft, now)
        except Refused as refused:
            raise Refused(f"{place}.{refused.field}", refused.message) from refused
    with transaction.atomic():
        return [_made(actor, schedule, draft, now) for draft in meant]


@transaction.atomic
def withdraw_override(*, actor: User, now: datetime, override: Override) -> Override:
    """It is as if it had not been made; one that is in force ends now, so that the past stays true.

    A second withdrawal changes nothing. Raises Refused when it is over, or not the actor's to withdraw.
    """
    _check_actor(actor, override.schedule)
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
    changes.announce("schedule", locked.schedule_id)
    return locked


def _check_kind(user: User, kind: str, replaces: User | None) -> None:
    if kind not in OverrideKind.values:
        raise Refused("kind", _("Choose whether they stand in, join, or leave."))
    if kind != OverrideKind.REPLACE and replaces is not None:
        raise Refused("replaces", _("Only who stands in replaces somebody."))
    if not user.can_respond:
        raise Refused("user", cannot_be_paged(user))


def _made(actor: User, schedule: Schedule, draft: OverrideDraft, now: datetime) -> Override:
    changes.announce("schedule", schedule.pk)
    return Override.objects.create(
        schedule=schedule,
        user=draft.user,
        replaces=draft.replaces,
        kind=draft.kind,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        reason=draft.reason,
        created_by=actor,
        created_at=now,
    )


def _check_actor(actor: User, schedule: Schedule) -> None:
    if not may_override(actor, schedule):
        raise Refused("", _("Only responders of the schedule's team may override it."))


def _check(draft: OverrideDraft, now: datetime) -> None:
    if not draft.user.can_respond:
        raise Refused("user", cannot_be_paged(draft.user))
    if draft.kind not in OverrideKind.values:
        raise Refused("kind", _("Choose what this person does: stand in, be on call too, or not be on call."))
    if draft.replaces and draft.kind != OverrideKind.REPLACE:
        raise Refused("replaces", _("Only somebody who stands in does so for a person."))
    if draft.replaces == draft.user:
        raise Refused("replaces", _("Nobody can stand in for themselves."))
    if len(draft.reason) > 200:
        raise Refused("reason", _("A reason has at most 200 characters."))
    _check_time(draft, now)


def _check_time(draft: OverrideDraft, now: datetime) -> None:
    if draft.ends_at <= now:
        raise Refused("ends_at", _("This end is in the past."))
    if draft.ends_at <= draft.starts_at:
        raise Refused("ends_at", _("The end must be after the start."))
    if draft.ends_at - draft.starts_at > LONGEST:
        raise Refused("ends_at", _("An override lasts at most a year; change the layers for longer."))
