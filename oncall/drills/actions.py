"""Starting, stopping and planning drills."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from lib import wake
from lib.intervals import UnknownZone, load_zone
from notifications.lifecycle import sources
from notifications.models import Delivery, DeliveryKind, DeliveryState
from oncall.drafts import Refused
from oncall.drills.lifecycle import next_state
from oncall.drills.messages import group_of, subject_of
from oncall.drills.timing import WEEKS, next_time
from oncall.models import Drill, DrillPerson, DrillPlan, DrillState, EscalationPolicy, ReachState

# The bell of the pump that sweeps drills (config.pumps).
DRILLS = "drills"
SHORTEST, USUAL, LONGEST = timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=24)


@transaction.atomic
def start_drill(
    *,
    actor: User | None,
    now: datetime,
    policy: EscalationPolicy | None = None,
    user: User | None = None,
    lasts: timedelta = USUAL,
    plan: DrillPlan | None = None,
) -> Drill:
    """A drill of a policy or of one person that begins at once and waits for answers `lasts` long. Raises Refused."""
    if (policy is None) == (user is None):
        raise Refused("", _("A drill is of a policy or of one person."))
    if not SHORTEST <= lasts <= LONGEST:
        raise Refused("lasts", _("A drill waits from five minutes to a day for its answers."))
    _lock_what_is_drilled(policy, user)
    if Drill.objects.open().filter(policy=policy, user=user).exists():
        raise Refused("", _("Such a drill is running already. Stop it first, or wait for its end."))
    drill = Drill.objects.create(
        plan=plan,
        policy=policy,
        user=user,
        title=str(policy or user)[:160],
        lasts=lasts,
        next_at=now,
        created_at=now,
        created_by=actor,
    )
    transaction.on_commit(partial(wake.ring, DRILLS))
    return drill


def _lock_what_is_drilled(policy: EscalationPolicy | None, user: User | None) -> None:
    """Two who press at once start one drill."""
    if policy:
        EscalationPolicy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    if user:
        User.objects.select_for_update(no_key=True).get(pk=user.pk)


@transaction.atomic
def stop_drill(*, actor: User, now: datetime, drill_id: int) -> Drill:
    """Nothing more is sent and nobody is waited for. Raises IllegalTransition for one that is over."""
    drill = lock(drill_id)
    state = next_state(drill.state, "stop")
    _close(drill, state, now, note=_("Stopped by %(name)s.") % {"name": actor})
    return drill


def lock(drill_id: int) -> Drill:
    """The drill, held until the transaction ends; always before its deliveries."""
    return Drill.objects.select_for_update(of=("self",)).get(pk=drill_id)


def finish(drill: Drill, now: datetime) -> None:
    """It is over: whoever has not answered was not reached. Runs under the drill's lock."""
    drill.people.filter(state=ReachState.WAITING).update(state=ReachState.MISSED)
    _close(drill, next_state(drill.state, "finish"), now)


def finish_if_answered(drill: Drill, now: datetime) -> None:
    """Nobody is waited for any more, so it is over."""
    if not drill.people.filter(state=ReachState.WAITING).exists():
        finish(drill, now)


def _close(drill: Drill, state: DrillState, now: datetime, note: str = "") -> None:
    drill.state, drill.ended_at, drill.next_at = state, now, None
    drill.note = (note or drill.note)[:300]
    drill.save(update_fields=["state", "ended_at", "next_at", "note"])
    take_back(drill.pk, now, reason=_("the drill is over"))


def take_back(drill_id: int, now: datetime, *, reason: str, person: DrillPerson | None = None) -> None:
    """Cancel what no provider has yet, of one person or of the whole drill."""
    waiting = Delivery.objects.about(subject_of(drill_id)).filter(
        kind=DeliveryKind.DRILL, state__in=sources("cancel")
    )
    if person:
        waiting = waiting.filter(group=group_of(drill_id, person.user_id))
    waiting.update(state=DeliveryState.CANCELLED, settled_at=now, outcome=reason[:500])


@transaction.atomic
def save_plan(
    *,
    actor: User,
    now: datetime,
    policy: EscalationPolicy | None = None,
    user: User | None = None,
    rhythm: str,
    first_on: date,
    at: time,
    zone: str,
) -> DrillPlan:
    """A drill that comes again, at `at` on the clock of `zone`, first on that day or on the next turn that is not
    past. Raises Refused."""
    if (policy is None) == (user is None):
        raise Refused("", _("A drill is of a policy or of one person."))
    if rhythm not in WEEKS:
        raise Refused("rhythm", _("Choose how often."))
    try:
        clock = load_zone(zone)
    except UnknownZone as error:
        raise Refused("zone", _("Choose a time zone.")) from error
    return DrillPlan.objects.create(
        policy=policy,
        user=user,
        rhythm=rhythm,
        first_on=first_on,
        at=at,
        zone=zone,
        next_at=next_time(first_on=first_on, at=at, zone=clock, rhythm=rhythm, after=now),
        created_by=actor,
        created_at=now,
    )


def delete_plan(*, actor: User, now: datetime, plan: DrillPlan) -> None:
    """It comes no more; drills that it began stay in the record."""
    plan.delete()


def move_on(plan: DrillPlan, now: datetime) -> None:
    """Set its timer to the next turn."""
    plan.next_at = next_time(
        first_on=plan.first_on, at=plan.at, zone=load_zone(plan.zone), rhythm=plan.rhythm, after=now
    )
    plan.save(update_fields=["next_at"])
