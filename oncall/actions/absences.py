"""Somebody is away, or is not after all. Schedules stay as they are: oncall.conflicts shows what it touches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from oncall import changes
from oncall.access import may_speak_for
from oncall.actions.covers import ask_for_cover
from oncall.conflicts import Conflict
from oncall.covering import words_of
from oncall.drafts import Refused, cannot_be_paged
from oncall.models import Absence

LONGEST = timedelta(days=366)


@transaction.atomic
def add_absence(
    *,
    actor: User,
    now: datetime,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    note: str = "",
    covers: Sequence[Conflict] = (),
) -> Absence:
    """`user` is away from `starts_at` until just before `ends_at`, and their teams are asked to cover `covers`.

    Time off that was entered by hand never overlaps: the one that stands there is named, to be changed instead. What
    a calendar says may overlap it. Raises Refused.
    """
    _check(actor, user)
    if not user.can_respond:
        raise Refused("", cannot_be_paged(user))
    _check_time(user, starts_at, ends_at, now, note)
    absence = Absence.objects.create(
        user=user,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note.strip(),
        created_by=actor,
        created_at=now,
    )
    _ask(actor, user, now, covers)
    changes.announce("person", user.pk)
    return absence


@transaction.atomic
def change_absence(
    *,
    actor: User,
    now: datetime,
    absence: Absence,
    starts_at: datetime,
    ends_at: datetime,
    note: str = "",
    covers: Sequence[Conflict] = (),
) -> Absence:
    """The same time off with other ends or another note. Raises Refused, also for one that is over or a calendar's."""
    locked = _locked(actor, absence, now)
    _check_time(locked.user, starts_at, ends_at, now, note, besides=locked)
    locked.starts_at, locked.ends_at, locked.note = starts_at, ends_at, note.strip()
    locked.save(update_fields=["starts_at", "ends_at", "note"])
    _ask(actor, locked.user, now, covers)
    changes.announce("person", locked.user_id)
    return locked


@transaction.atomic
def withdraw_absence(*, actor: User, now: datetime, absence: Absence) -> Absence:
    """It is as if it had not been entered; one that has begun ends now, so that the past stays true.

    A second withdrawal changes nothing. Raises Refused for one that is over or a calendar's.
    """
    if absence.withdrawn_at is not None:
        return absence
    locked = _locked(actor, absence, now)
    if locked.starts_at < now:
        locked.ends_at = now
    else:
        locked.withdrawn_at = now
    locked.save(update_fields=["ends_at", "withdrawn_at"])
    changes.announce("person", locked.user_id)
    return locked


def _ask(actor: User, user: User, now: datetime, covers: Sequence[Conflict]) -> None:
    for each in covers:
        ask_for_cover(
            actor=actor,
            now=now,
            schedule=each.schedule,
            asker=user,
            starts_at=each.start,
            ends_at=each.end,
        )


def _check(actor: User, user: User) -> None:
    """Also lets one change of a person's time off happen at a time."""
    if not may_speak_for(actor, user):
        raise Refused("", _("Time off is entered by oneself, a manager of one’s team, or an admin."))
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _locked(actor: User, absence: Absence, now: datetime) -> Absence:
    _check(actor, absence.user)
    locked = Absence.objects.select_related("user", "feed").get(pk=absence.pk)
    if locked.feed:
        raise Refused(
            "", _("This comes from the calendar “%(name)s”: change it there.") % {"name": locked.feed}
        )
    if locked.withdrawn_at is not None:
        raise Refused("", _("This time off was withdrawn."))
    if locked.ends_at <= now:
        raise Refused("", _("This time off is over."))
    return locked


def _check_time(
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    note: str,
    besides: Absence | None = None,
) -> None:
    if ends_at <= starts_at:
        raise Refused("ends_at", _("The end must be after the start."))
    if ends_at <= now:
        raise Refused("ends_at", _("This end is in the past."))
    if ends_at - starts_at > LONGEST:
        raise Refused("ends_at", _("Time off lasts at most a year."))
    if len(note.strip()) > 200:
        raise Refused("note", _("A note has at most 200 characters."))
    own = user.absences.filter(feed=None).touching(starts_at, ends_at)
    other = (own.exclude(pk=besides.pk) if besides else own).first()
    if other:
        time = words_of(other.starts_at, other.ends_at)
        raise Refused(
            "starts_at", _("Time off stands here already: %(time)s. Change that one.") % {"time": time}
        )
