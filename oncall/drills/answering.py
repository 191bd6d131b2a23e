"""What an answer to a drill does, from wherever it came (registered with notifications.subjects)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from lib.moments import span
from notifications.actions.deliveries import note_acknowledged
from notifications.models import Delivery
from notifications.subjects import Answered, Owner, Verb, register
from oncall.drills.actions import finish_if_answered, lock, take_back
from oncall.drills.lifecycle import OVER
from oncall.models import Drill, DrillPerson, DrillState, ReachState


class NotInDrill(Exception):
    """Nobody waits for this person's answer."""


def register_all() -> None:
    """Tell the outbox who owns "drill:7"."""
    register("drill", Owner(hold_rows, could_not_reach, answer=answer_drill, waits=still_waits))


def hold_rows(drill_id: int) -> None:
    """Lock the drill before its deliveries."""
    lock(drill_id)


def still_waits(drill_id: int, delivery: Delivery) -> bool:
    """Whether the drill runs and its reader has not answered."""
    waiting = DrillPerson.objects.filter(drill=drill_id, user=delivery.user_id, state=ReachState.WAITING)
    return waiting.filter(drill__state=DrillState.RUNNING).exists()


@transaction.atomic
def could_not_reach(drill_id: int, delivery: Delivery, now: datetime) -> None:
    """The person has no method left: they are not reached, and nobody waits for them."""
    drill = lock(drill_id)
    if drill.state != DrillState.RUNNING:
        return
    moved = drill.people.filter(user=delivery.user_id, state=ReachState.WAITING).update(
        state=ReachState.MISSED
    )
    if moved:
        finish_if_answered(drill, now)


@transaction.atomic
def answer_drill(
    drill_id: int, delivery: Delivery, verb: Verb, person: User, via: str, now: datetime
) -> Answered:
    """Only an acknowledgement does something, once; the text always says that it is a drill."""
    if verb != Verb.ACKNOWLEDGE:
        return Answered(
            False,
            _("This is a drill: there is nothing to %(verb)s. Acknowledge it, that is all.")
            % {"verb": {Verb.ESCALATE: _("escalate"), Verb.RESOLVE: _("resolve")}[verb]},
        )
    drill = lock(drill_id)
    member = drill.people.filter(user=person).first()
    if member is None or person.pk != delivery.user_id:
        return Answered(False, _("This is a drill, and it waits for somebody else’s answer, not for yours."))
    answered = _answered(drill, member, person, delivery.transport, now)
    if answered.changed:
        note_acknowledged(delivery=delivery, now=now)
    return answered


@transaction.atomic
def answer_in_browser(*, drill_id: int, person: User, now: datetime) -> Answered:
    """The person pressed the button on the drill's page. Raises NotInDrill."""
    drill = lock(drill_id)
    member = drill.people.filter(user=person).first()
    if member is None:
        raise NotInDrill(drill_id)
    return _answered(drill, member, person, "web", now)


def _answered(drill: Drill, member: DrillPerson, person: User, via: str, now: datetime) -> Answered:
    if member.state == ReachState.REACHED and member.reached_at:
        return Answered(
            False,
            _("Drill: you answered at %(clock)s already. Thank you, nothing is left to do.")
            % {"clock": f"{member.reached_at.astimezone(person.zone):%H:%M %Z}"},
        )
    if drill.state in OVER:
        return Answered(False, _late(drill, person))
    if member.state == ReachState.NO_METHOD:
        return Answered(False, _("Drill: nothing could be sent to you. Add a way to be reached first."))
    member.state, member.reached_at, member.via = ReachState.REACHED, now, via[:80]
    member.save(update_fields=["state", "reached_at", "via"])
    take_back(drill.pk, now, reason=_("they answered the drill"), person=member)
    finish_if_answered(drill, now)
    took = span(now - member.paged_at) if member.paged_at else "–"
    return Answered(
        True, _("Drill: you were reached after %(span)s. Thank you, that is all.") % {"span": took}
    )


def _late(drill: Drill, person: User) -> str:
    assert drill.ended_at is not None  # noqa: S101 - one that is over has an end; says it to mypy
    clock = f"{drill.ended_at.astimezone(person.zone):%H:%M %Z}"
    if drill.state == DrillState.CANCELLED:
        return _("This was a drill, and it was stopped at %(clock)s. Nothing is left to do.") % {
            "clock": clock
        }
    return _("This was a drill, and it ended at %(clock)s: your answer came too late to count.") % {
        "clock": clock
    }
