"""Making and changing schedules with their layers, and taking the last change back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from lib.intervals import Interval, UnknownZone, load_zone
from oncall import changes, coverage, revisions
from oncall.actions.layers import Edit, change_layers, first_layers, still_to_come
from oncall.bridge import schedule_of
from oncall.drafts import LayerDraft, Refused, checked_name, computed
from oncall.models import EscalationPolicy, Revision, Schedule
from oncall.revisions import ScheduleValues


@transaction.atomic
def create_schedule(
    *,
    actor: User,
    now: datetime,
    team: Team,
    name: str,
    time_zone: str,
    description: str = "",
    layers: Sequence[LayerDraft] = (),
    wants_secondary: bool = False,
    warns_of_gaps: bool = True,
) -> Schedule:
    """A schedule of `team` with its layers from low to high. Raises Refused."""
    schedule = Schedule(team=team)
    values = _values(schedule, name, description, time_zone, layers, wants_secondary, warns_of_gaps)
    _describe(schedule, values, now)
    first_layers(schedule, layers, now)
    after = revisions.snapshot(schedule)
    revisions.record(subject=schedule, actor=actor, now=now, before={}, after=after)
    changes.announce("schedule", schedule.pk)
    return schedule


@transaction.atomic
def update_schedule(
    *,
    actor: User,
    now: datetime,
    schedule: Schedule,
    name: str,
    time_zone: str,
    description: str = "",
    layers: Sequence[LayerDraft] = (),
    wants_secondary: bool | None = None,
    warns_of_gaps: bool | None = None,
    seen: int | None = None,
) -> Schedule:
    """The schedule becomes what is given: layers whose id is named are changed, the others go. Overrides stay, and
    who was on call until `now` stays who it was.

    None leaves a choice as it is. `seen` is the number of the last change that the actor knew of (0 when there was
    none): who changes something that somebody else has changed since is told so. Raises Refused, and then nothing
    was changed.
    """
    locked = Schedule.objects.select_for_update().get(pk=schedule.pk)
    _check_seen(locked, seen)
    values = _values(locked, name, description, time_zone, layers, wants_secondary, warns_of_gaps)
    _change(locked, values, actor, now)
    return locked


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What an update would make of a schedule in a span; whether it would change anything at all, also later."""

    value: coverage.Schedule
    is_change: bool


def rehearse_update(*, schedule: Schedule, now: datetime, span: Interval, **values: Any) -> Rehearsal:
    """`update_schedule` with these values, read and taken back: nothing is stored. Raises Refused as that does."""
    with transaction.atomic():
        before = revisions.snapshot(schedule)
        changed = update_schedule(schedule=schedule, now=now, **values)
        found = Rehearsal(schedule_of(changed, span), revisions.snapshot(changed) != before)
        transaction.set_rollback(True)
    return found


@transaction.atomic
def undo_last_change(
    *, actor: User, now: datetime, schedule: Schedule, number: int | None = None
) -> Schedule:
    """The schedule becomes from now on what it was before its last change; what happened in between stays. Undoing
    once more does again what was undone.

    `number` is that of the change that is meant; when another one came after it, it is refused. Raises Refused, and
    then nothing was changed.
    """
    locked = Schedule.objects.select_for_update().get(pk=schedule.pk)
    last = revisions.last_of(locked)
    if last is None or not last.before:
        raise Refused("", _("There is no change to undo: this is the schedule as it was made."))
    if number is not None:
        _check_seen(locked, number)
    try:
        values = revisions.drafts_from(last.before)
        values["layers"] = still_to_come(locked, values["layers"], now)
        _change(locked, values, actor, now, undoes=last)
    except Refused as refused:
        raise Refused("", _("This cannot be undone: %(why)s") % {"why": refused.message}) from refused
    return locked


@transaction.atomic
def delete_schedule(*, actor: User, now: datetime, schedule: Schedule) -> None:
    """The schedule goes with its layers and overrides. Refused while a policy pages by it."""
    locked = Schedule.objects.select_for_update().get(pk=schedule.pk)
    users = EscalationPolicy.objects.filter(steps__targets__schedule=locked).distinct()
    names = ", ".join(policy.name for policy in users)
    if names:
        raise Refused(
            "", _("These policies page it: %(names)s. Take it out of them first.") % {"names": names}
        )
    locked.delete()


def _values(
    schedule: Schedule,
    name: str,
    description: str,
    time_zone: str,
    layers: Sequence[LayerDraft],
    wants_secondary: bool | None,
    warns_of_gaps: bool | None,
) -> ScheduleValues:
    return {
        "name": name,
        "description": description,
        "time_zone": time_zone,
        "layers": layers,
        "wants_secondary": schedule.wants_secondary if wants_secondary is None else wants_secondary,
        "warns_of_gaps": schedule.warns_of_gaps if warns_of_gaps is None else warns_of_gaps,
    }


def _change(
    locked: Schedule, values: ScheduleValues, actor: User, now: datetime, undoes: Revision | None = None
) -> None:
    before, zone_before = revisions.snapshot(locked), locked.time_zone
    _describe(locked, values, now)
    change_layers(Edit(locked, now, zone_before), values["layers"])
    after = revisions.snapshot(locked)
    revisions.record(subject=locked, actor=actor, now=now, before=before, after=after, undoes=undoes)
    changes.announce("schedule", locked.pk)


def _describe(schedule: Schedule, values: ScheduleValues, now: datetime) -> None:
    """Checks all and stores what stands in the schedule's own row."""
    schedule.name, schedule.description = checked_name(values["name"]), values["description"]
    schedule.time_zone = values["time_zone"]
    schedule.wants_secondary = values["wants_secondary"]
    schedule.warns_of_gaps = values["warns_of_gaps"]
    if len(schedule.description) > 300:
        raise Refused("description", _("A description has at most 300 characters."))
    _check_zone(schedule.time_zone)
    computed(values["layers"], schedule.time_zone, now)
    try:
        with transaction.atomic():
            schedule.save()
    except IntegrityError as error:
        raise Refused("name", _("This team has a schedule of this name already.")) from error


def _check_zone(name: str) -> None:
    try:
        load_zone(name)
    except UnknownZone as error:
        message = _("%(name)s is not a time zone. Choose one such as Europe/Berlin.") % {"name": name}
        raise Refused("time_zone", message) from error


def _check_seen(locked: Schedule, seen: int | None) -> None:
    last = revisions.last_of(locked)
    if seen is None or last is None or last.number == seen:
        return
    message = _(
        "%(name)s has changed this schedule since you opened it. Open it anew, so that neither change is lost."
    )
    raise Refused("", message % {"name": last.actor or _("Somebody")})
