"""Making, changing, pausing and removing heartbeats. What they say, and what their silence brings about, stands in
alerts.actions.pinging."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from alerts import keys
from alerts.actions.integrations import create_integration
from alerts.actions.pinging import heard, say_over, sweep_late
from alerts.expecting import BadRhythm, Rhythm, checked, late_at
from alerts.heartbeats import RESERVED, rhythm_of, slug_of
from alerts.lifecycle import WRONG, IllegalTransition, next_state
from alerts.models import AlertSeverity, Heartbeat, HeartbeatState, Integration
from catalog.models import Service
from lib.sealing import seal
from lib.secrets import digest, new_key
from lib.text import one_line
from oncall.drafts import Refused

__all__ = [
    "IllegalTransition",
    "Refused",
    "change_heartbeat",
    "heard",
    "make_heartbeat",
    "make_heartbeat_on",
    "pause_heartbeat",
    "remove_heartbeat",
    "renew_heartbeat_key",
    "resume_heartbeat",
    "sweep_late",
]

KIND = "heartbeat"


class HeartbeatValues(TypedDict):
    """What a heartbeat is made of; `period` or `cron`, one of the two."""

    name: str
    period: timedelta | None
    cron: str
    zone: str
    grace: timedelta
    severity: str


@transaction.atomic
def make_heartbeat_on(
    *, actor: User, service: Service, now: datetime, **values: Unpack[HeartbeatValues]
) -> tuple[Heartbeat, str]:
    """A heartbeat behind the service's oldest integration for pings, which is made where there is none. Raises
    Refused."""
    return make_heartbeat(actor=actor, integration=_door(actor, service, now), now=now, **values)


@transaction.atomic
def make_heartbeat(
    *, actor: User | None, integration: Integration, now: datetime, **values: Unpack[HeartbeatValues]
) -> tuple[Heartbeat, str]:
    """A heartbeat behind that integration, and its own key. Nothing is expected of it until it was heard for the first
    time. Raises Refused."""
    rhythm = _rhythm(values, now)
    # Whoever makes two of one name at once gets two addresses.
    Integration.objects.select_for_update(no_key=True, of=("self",)).get(pk=integration.pk)
    key = str(UUID(hex=new_key()))
    row = Heartbeat(
        integration=integration,
        slug=_free_slug(integration, values["name"]),
        key_digest=digest(key),
        key_sealed=seal(key),
        created_at=now,
    )
    _fill(row, values, rhythm)
    row.save()
    keys.forget()
    return row, key


@transaction.atomic
def change_heartbeat(
    *, actor: User, heartbeat: Heartbeat, now: datetime, **values: Unpack[HeartbeatValues]
) -> Heartbeat:
    """Another name or rhythm; its addresses stay. The next sign of life is expected by the new rhythm, at the earliest
    one grace from now: nothing is late for having been changed. Raises Refused."""
    rhythm = _rhythm(values, now)
    row = _locked(heartbeat)
    _fill(row, values, rhythm)
    if row.due_at is not None:
        row.due_at = max(late_at(rhythm, row.last_ping_at or now), now + rhythm.grace)
    row.save()
    return row


@transaction.atomic
def pause_heartbeat(*, actor: User, heartbeat: Heartbeat, now: datetime) -> Heartbeat:
    """Nothing is expected until it is resumed; its open alert ends. Raises IllegalTransition."""
    row = _locked(heartbeat)
    if row.state in WRONG:
        say_over(row, f"“{row.name}” was paused by {actor.get_full_name()}", now)
    row.state, row.due_at = next_state(row.state, "pause"), None
    row.save(update_fields=["state", "due_at"])
    return row


@transaction.atomic
def resume_heartbeat(*, actor: User, heartbeat: Heartbeat, now: datetime) -> Heartbeat:
    """Expected again, as if it had been heard just now; one that was never heard waits for its first time. Raises
    IllegalTransition."""
    row = _locked(heartbeat)
    row.state = next_state(row.state, "resume")
    row.due_at = late_at(rhythm_of(row), now)
    if row.last_ping_at is None:
        row.state, row.due_at = HeartbeatState.NEW, None
    row.save(update_fields=["state", "due_at"])
    return row


@transaction.atomic
def renew_heartbeat_key(*, actor: User, heartbeat: Heartbeat) -> str:
    """A new key of its own; the old address stops working within seconds."""
    key = str(UUID(hex=new_key()))
    Heartbeat.objects.filter(pk=heartbeat.pk).update(key_digest=digest(key), key_sealed=seal(key))
    transaction.on_commit(keys.forget)
    return key


@transaction.atomic
def remove_heartbeat(*, actor: User, heartbeat: Heartbeat, now: datetime) -> None:
    """It is gone with its key, and its open alert ends. Events and alerts stay. A second time changes nothing."""
    row = Heartbeat.objects.select_for_update(of=("self",)).filter(pk=heartbeat.pk).first()
    if row is None:
        return
    if row.state in WRONG:
        say_over(row, f"“{row.name}” was removed by {actor.get_full_name()}", now)
    row.delete()
    transaction.on_commit(keys.forget)


def _door(actor: User, service: Service, now: datetime) -> Integration:
    found = Integration.objects.enabled().filter(service=service, kind=KIND).order_by("pk").first()
    if found:
        return found
    taken = set(Integration.objects.filter(service=service).values_list("name", flat=True))
    names = (_("Heartbeats"), *(_("Heartbeats %(n)d") % {"n": n} for n in range(2, len(taken) + 3)))
    name = next(name for name in names if name not in taken)
    row, _key = create_integration(actor=actor, kind=KIND, name=name, service=service, now=now)
    return row


def _locked(heartbeat: Heartbeat) -> Heartbeat:
    rows = Heartbeat.objects.select_for_update(no_key=True, of=("self",)).select_related("integration")
    return rows.get(pk=heartbeat.pk)


def _fill(row: Heartbeat, values: HeartbeatValues, rhythm: Rhythm) -> None:
    if values["severity"] not in AlertSeverity.values:
        raise Refused("severity", _("Choose a severity from the list."))
    row.name, row.severity = _name(values["name"]), values["severity"]
    row.period, row.cron, row.zone, row.grace = rhythm.period, rhythm.cron, rhythm.zone, rhythm.grace


def _rhythm(values: HeartbeatValues, now: datetime) -> Rhythm:
    try:
        return checked(Rhythm(values["grace"], values["period"], values["cron"], values["zone"]), now)
    except BadRhythm as bad:
        raise Refused(bad.field, bad.message) from bad


def _name(given: str) -> str:
    name = one_line(given, 101)
    if not name or len(name) > 100:
        raise Refused("name", _("A name has from one to 100 characters."))
    return name


def _free_slug(integration: Integration, name: str) -> str:
    base = slug_of(name)[:90] or slugify(KIND)
    taken = RESERVED | set(integration.heartbeats.values_list("slug", flat=True))
    if base.isdigit():
        base = f"job-{base}"
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(slug for slug in numbered if slug not in taken)
