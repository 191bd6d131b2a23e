"""Colleagues take over each other's shifts: somebody asks, one accepts, and the overrides are written with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from lib.intervals import Interval
from oncall import cover_mails
from oncall.access import may_speak_for, may_take
from oncall.actions.overrides import add_override
from oncall.covering import Obstacle, colleagues, offers_to, state_at
from oncall.drafts import Refused, cannot_be_paged
from oncall.lifecycle import IllegalTransition, next_state
from oncall.models import CoverRequest, CoverState, Schedule

LONGEST = timedelta(days=366)
REMIND_BEFORE = timedelta(days=1)
_FIELD_OF = {
    Obstacle.GONE: "starts_at",
    Obstacle.AWAY: "asked",
    Obstacle.ON_CALL: "asked",
    Obstacle.RETURN_OVER: "swap",
    Obstacle.RETURN_GONE: "swap",
    Obstacle.ASKER_AWAY: "swap",
    Obstacle.ASKER_ON_CALL: "swap",
}


@transaction.atomic
def ask_for_cover(
    *,
    actor: User,
    now: datetime,
    schedule: Schedule,
    asker: User,
    starts_at: datetime,
    ends_at: datetime,
    asked: User | None = None,
    swap: Interval | None = None,
    note: str = "",
) -> CoverRequest:
    """`asker`, who is on call for all of that time, asks `asked`, or any responder of the team, to take it over.

    With `swap` the asker takes that time of `asked` in return. A start in the past becomes `now`. Whoever is asked is
    mailed. Raises Refused with the field "starts_at", "ends_at", "asked", "swap" or "note".
    """
    if not may_speak_for(actor, asker):
        raise Refused("", _("Cover is asked for by oneself, a manager of one’s team, or an admin."))
    schedule = _locked_schedule(schedule.pk)
    request = CoverRequest(
        schedule=schedule,
        asker=asker,
        asked=asked,
        starts_at=max(starts_at, now),
        ends_at=ends_at,
        swap_starts_at=swap.start if swap else None,
        swap_ends_at=swap.end if swap else None,
        note=note.strip(),
        created_at=now,
    )
    _check(request, now)
    people = _recipients(request, now)
    request.save()
    cover_mails.mail_asked(request, people, now)
    return request


@transaction.atomic
def accept_cover(*, actor: User, now: datetime, request: CoverRequest) -> CoverRequest:
    """`actor` is on call from now on in place of the asker, and the other way round in a swap: both overrides are
    written, or none. The first one wins; accepting again what one has taken changes nothing.

    Raises Refused when somebody was faster, when the asker no longer has that time, or when the actor is away or on
    call in the same schedule then.
    """
    locked = _locked(request)
    if locked.state == CoverState.ACCEPTED and locked.taken_by_id == actor.pk:
        return locked
    if not may_take(actor, locked):
        raise Refused("", _("Only whoever was asked can accept this."))
    _move(locked, "accept", now)
    (offer,) = offers_to(actor, [locked], now)
    if offer.refusal:
        raise Refused("", offer.refusal)
    locked.taken_by = actor
    _write_overrides(locked, actor, now)
    locked.save(update_fields=["state", "decided_at", "taken_by", "override", "swap_override"])
    cover_mails.mail_accepted(locked, now)
    return locked


@transaction.atomic
def decline_cover(*, actor: User, now: datetime, request: CoverRequest) -> CoverRequest:
    """The one who was asked by name says no; the asker is told. A second time changes nothing. Raises Refused."""
    locked = _locked(request)
    if locked.asked_id != actor.pk:
        raise Refused("", _("Only the one who was asked can decline this."))
    if locked.state == CoverState.DECLINED:
        return locked
    _move(locked, "decline", now)
    locked.save(update_fields=["state", "decided_at"])
    cover_mails.mail_declined(locked, now)
    return locked


@transaction.atomic
def withdraw_cover(*, actor: User, now: datetime, request: CoverRequest) -> CoverRequest:
    """Nobody needs to take it any more. A second time changes nothing. Raises Refused."""
    locked = _locked(request)
    if not may_speak_for(actor, locked.asker):
        raise Refused("", _("Only %(name)s can withdraw this.") % {"name": locked.asker})
    if locked.state == CoverState.WITHDRAWN:
        return locked
    _move(locked, "withdraw", now)
    locked.save(update_fields=["state", "decided_at"])
    cover_mails.mail_withdrawn(locked, now)
    return locked


def expire_covers(*, now: datetime) -> int:
    """Write down for open requests whose end has passed that they are over; readers count them so already."""
    over = CoverRequest.objects.filter(state=CoverState.OPEN, ends_at__lte=now)
    return over.update(state=next_state(CoverState.OPEN, "expire"), decided_at=now)


def remind_of_covers(*, now: datetime) -> int:
    """Tell askers, a day before it begins, that nobody has taken their time; once for each request, and not for those
    that were made within that day."""
    soon = now + REMIND_BEFORE
    found = CoverRequest.objects.open(now).filter(starts_at__gt=now, starts_at__lte=soon)
    late = [
        each
        for each in found.select_related("schedule__team", "asker")
        if each.created_at <= each.starts_at - REMIND_BEFORE
    ]
    for each in late:
        cover_mails.mail_unanswered(each, now)
    return len(late)


def _check(request: CoverRequest, now: datetime) -> None:
    if not request.asker.can_respond:
        raise Refused("", cannot_be_paged(request.asker))
    if request.ends_at <= now:
        raise Refused("ends_at", _("This end is in the past."))
    if request.ends_at <= request.starts_at:
        raise Refused("ends_at", _("The end must be after the start."))
    if request.ends_at - request.starts_at > LONGEST:
        raise Refused("ends_at", _("Ask for at most a year."))
    if len(request.note) > 200:
        raise Refused("note", _("A note has at most 200 characters."))
    _check_return(request)
    others = CoverRequest.objects.open(now).filter(schedule=request.schedule, asker=request.asker)
    if others.filter(starts_at__lt=request.ends_at, ends_at__gt=request.starts_at).exists():
        raise Refused("starts_at", _("Cover is asked for already in this time. Withdraw that request first."))


def _check_return(request: CoverRequest) -> None:
    if request.swap_starts_at is None or request.swap_ends_at is None:
        return
    if request.asked is None:
        raise Refused("asked", _("A swap is with one colleague: choose whom."))
    if request.swap_starts_at < request.ends_at and request.starts_at < request.swap_ends_at:
        raise Refused("swap", _("The time in return overlaps the time that you give."))


def _recipients(request: CoverRequest, now: datetime) -> list[User]:
    """Whoever may take it. Refused when nobody can, or when the one who is named cannot."""
    team = colleagues(request.schedule, request.asker)
    people = [each for each in team if request.asked_id in (None, each.pk)]
    if not people:
        alone = _("There is no other responder in %(team)s.") % {"team": request.schedule.team}
        named = _("Only responders of %(team)s can be asked.") % {"team": request.schedule.team}
        raise Refused("asked", named if request.asked_id else alone)
    (offer,) = offers_to(people[0], [request], now)
    if offer.obstacle and (request.asked_id or offer.obstacle == Obstacle.GONE):
        raise Refused(_FIELD_OF[offer.obstacle], offer.refusal_to_asker)
    return people


def _move(request: CoverRequest, verb: str, now: datetime) -> None:
    """In memory; the caller holds the row's lock."""
    try:
        request.state = next_state(state_at(request, now), verb)
    except IllegalTransition as error:
        taken = request.state == CoverState.ACCEPTED and request.taken_by
        faster = _("%(name)s has taken this already.") % {"name": request.taken_by}
        raise Refused("", faster if taken else str(error)) from error
    request.decided_at = now


def _write_overrides(request: CoverRequest, taker: User, now: datetime) -> None:
    is_swap = request.swap_starts_at is not None and request.swap_ends_at is not None
    reason = _("Swap with %(name)s") if is_swap else _("Cover for %(name)s")
    request.override = add_override(
        actor=taker,
        now=now,
        schedule=request.schedule,
        user=taker,
        replaces=request.asker,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        reason=reason % {"name": request.asker},
    )
    if request.swap_starts_at is not None and request.swap_ends_at is not None:
        request.swap_override = add_override(
            actor=taker,
            now=now,
            schedule=request.schedule,
            user=request.asker,
            replaces=taker,
            starts_at=request.swap_starts_at,
            ends_at=request.swap_ends_at,
            reason=reason % {"name": taker},
        )


def _locked_schedule(pk: int) -> Schedule:
    """One change of who takes which time of a schedule happens after the other."""
    return Schedule.objects.select_related("team").select_for_update(of=("self",), no_key=True).get(pk=pk)


def _locked(request: CoverRequest) -> CoverRequest:
    """The request as it is once everybody before us is done; the schedule is locked first, always."""
    schedule = _locked_schedule(request.schedule_id)
    found = CoverRequest.objects.select_related("asker", "asked", "taken_by").select_for_update(of=("self",))
    locked = found.get(pk=request.pk)
    locked.schedule = schedule
    return locked
