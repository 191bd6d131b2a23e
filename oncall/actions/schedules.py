"""Making and changing schedules with their layers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Team, User
from lib.intervals import UnknownZone, load_zone
from oncall.drafts import LayerDraft, Refused, checked_name, computed
from oncall.models import EscalationPolicy, Layer, Restriction, Schedule, Slot


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
) -> Schedule:
    """A schedule of `team` with its layers from low to high. Raises Refused."""
    schedule = Schedule(team=team)
    _write(schedule, name, description, time_zone, layers, now)
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
) -> Schedule:
    """The schedule becomes what is given: layers whose id is named are changed, the others go. Overrides
    stay. Raises Refused, and then nothing was changed."""
    locked = Schedule.objects.select_for_update().get(pk=schedule.pk)
    _write(locked, name, description, time_zone, layers, now)
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


def _write(
    schedule: Schedule,
    name: str,
    description: str,
    time_zone: str,
    layers: Sequence[LayerDraft],
    now: datetime,
) -> None:
    schedule.name, schedule.description, schedule.time_zone = checked_name(name), description, time_zone
    if len(description) > 300:
        raise Refused("description", _("A description has at most 300 characters."))
    try:
        load_zone(time_zone)
    except UnknownZone as error:
        message = _("%(name)s is not a time zone. Choose one such as Europe/Berlin.") % {"name": time_zone}
        raise Refused("time_zone", message) from error
    computed(layers, time_zone, now)
    try:
        with transaction.atomic():
            schedule.save()
    except IntegrityError as error:
        raise Refused("name", _("This team has a schedule of this name already.")) from error
    _write_layers(schedule, layers, now)


def _write_layers(schedule: Schedule, drafts: Sequence[LayerDraft], now: datetime) -> None:
    known = {layer.pk: layer for layer in schedule.layers.all()}
    kept = [draft.id for draft in drafts if draft.id in known]
    if len(kept) != len(set(kept)):
        raise Refused("layers", _("A layer stands here twice. Open this page anew and try again."))
    schedule.layers.filter(~Q(id__in=kept)).delete()
    for place, draft in enumerate(drafts):
        layer = known.get(draft.id or 0) or Layer(schedule=schedule)
        _write_layer(layer, draft, place, now)


def _write_layer(layer: Layer, draft: LayerDraft, place: int, now: datetime) -> None:
    layer.position, layer.name = place, draft.name.strip()[:80]
    layer.starts_at, layer.ends_at = draft.starts_at or now, draft.ends_at
    layer.first_handoff_date, layer.handoff_time = draft.first_handoff.date(), draft.first_handoff.time()
    layer.turn_length, layer.turn_unit = draft.turn_length, draft.turn_unit
    layer.save()
    layer.slots.all().delete()
    Slot.objects.bulk_create(
        Slot(layer=layer, position=turn, user=person) for turn, person in enumerate(draft.people)
    )
    layer.restrictions.all().delete()
    Restriction.objects.bulk_create(
        Restriction(layer=layer, weekday=each.weekday, start=each.start, duration=each.duration)
        for each in draft.restrictions
    )
