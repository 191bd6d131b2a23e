"""Every change to mutes. What a mute held back is looked at again by alerts.muting, in the workers, once it is over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from alerts.condition_words import tidied
from alerts.matching import BadMatcher
from alerts.models import Mute
from alerts.recurring import BadRecurrence, Spec, checked, spec_of, state_at
from catalog.models import Service
from lib import wake
from lib.text import one_line
from oncall.drafts import Refused

__all__ = ["DUE", "MuteValues", "Refused", "change_mute", "end_mute", "make_mute"]

# The bell of the pump that moves mutes on.
DUE = "rules"
MOST_SERVICES = 200


class MuteValues(TypedDict, total=False):
    """What a mute is made of. Instants are in UTC; `recurrence` is an RRULE that is read in `zone`."""

    name: str
    team: Team | None
    matchers: Sequence[Mapping[str, Any]]
    services: Collection[Service]
    with_dependents: bool
    starts_at: datetime
    ends_at: datetime
    recurrence: str
    zone: str
    until: datetime | None
    is_maintenance: bool


@transaction.atomic
def make_mute(
    *, actor: User | None, now: datetime, created_by_name: str = "", **values: Unpack[MuteValues]
) -> Mute:
    """A mute that holds at once where its time has come. `actor` is None where a tool made it, which names its author
    by `created_by_name`. Alerts that have an incident already keep it. Raises Refused."""
    row = Mute(created_by=actor, created_by_name=one_line(created_by_name, 120), created_at=now)
    _fill(row, values, now)
    row.save()
    row.services.set(values.get("services", ()))
    _ring()
    return row


@transaction.atomic
def change_mute(*, actor: User | None, mute: Mute, now: datetime, **values: Unpack[MuteValues]) -> Mute:
    """The mute becomes what is given; what is not given stays. What it held back and covers no more is
    placed within a second. Raises
    Refused, also where it is over."""
    row = Mute.objects.select_for_update(of=("self",)).get(pk=mute.pk)
    if row.ended_at is not None:
        raise Refused("", _("This mute is over. Make a new one."))
    _fill(row, values, now)
    row.due_at = now  # the workers ask again what it held back
    row.save()
    if "services" in values:
        row.services.set(values["services"])
    _ring()
    return row


@transaction.atomic
def end_mute(*, actor: User | None, mute: Mute, now: datetime) -> Mute:
    """It is over for good; what it held back and fires still is placed within a second. A second time changes
    nothing."""
    row = Mute.objects.select_for_update(of=("self",)).get(pk=mute.pk)
    if row.ended_at is None:
        # It stays due until the workers have examined what it held back.
        row.ended_at, row.ended_by, row.due_at = now, actor, now
        row.save(update_fields=["ended_at", "ended_by", "due_at"])
        _ring()
    return row


def _fill(row: Mute, values: MuteValues, now: datetime) -> None:
    """Everything but the services, which need a row."""
    if "matchers" in values:
        row.matchers = [dict(each) for each in values["matchers"]]
    for name in ("team", "with_dependents", "starts_at", "ends_at", "recurrence", "zone", "until"):
        if name in values:
            setattr(row, name, values[name])
    row.is_maintenance = values.get("is_maintenance", row.is_maintenance)
    row.name = _name(values["name"]) if "name" in values else row.name
    _check_cover(row, values)
    spec = _spec(row)
    row.recurrence, row.until = spec.recurrence, spec.until
    row.is_open, row.due_at = state_at(spec, now)
    if row.due_at is None:
        raise Refused("ends_at", _("This would be over already."))


def _spec(row: Mute) -> Spec:
    try:
        return checked(spec_of(row))
    except BadRecurrence as bad:
        raise Refused(bad.field, bad.message) from bad


def _name(given: str) -> str:
    name = one_line(given, 301)
    if not name or len(name) > 300:
        raise Refused("name", _("Say in up to 300 characters what it is for."))
    return name


def _check_cover(row: Mute, values: MuteValues) -> None:
    try:
        row.matchers = tidied(row.matchers)
    except BadMatcher as bad:
        raise Refused("matchers", str(bad)) from bad
    services = values.get("services")
    if services is None:
        covers = row.pk is not None and row.services.exists()
    else:
        covers = bool(services)
        if len(services) > MOST_SERVICES:
            raise Refused("services", _("At most %(most)d services.") % {"most": MOST_SERVICES})
    if not covers and not row.matchers:
        raise Refused(
            "matchers", _("Name services or conditions: one of everything would silence everything.")
        )


def _ring() -> None:
    transaction.on_commit(lambda: wake.ring(DUE), robust=True)
