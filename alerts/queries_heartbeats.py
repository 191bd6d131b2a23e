"""Reads about heartbeats for the pages: which is wrong, and what each said lately."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from accounts.models import User
from alerts.expecting import took
from alerts.heartbeats import dedup_key, slug_of
from alerts.models import Alert, Event, Heartbeat, HeartbeatState, Integration
from alerts.processing import read
from alerts.sources.base import PING, Ping

SHOWN_PINGS = 40
# A heartbeat's pings lie among its integration's events; so far back they are looked for.
LOOK_BACK = 3000
WRONG_FIRST = (
    HeartbeatState.DOWN,
    HeartbeatState.LATE,
    HeartbeatState.NEW,
    HeartbeatState.UP,
    HeartbeatState.PAUSED,
)


@dataclass(frozen=True, slots=True)
class Pinged:
    """One sign of life. `took` where it ended a run whose start was told."""

    event: Event
    what: str
    said: str
    took: timedelta | None = None


def listed(chosen: dict[str, Any]) -> QuerySet[Heartbeat]:
    """What is wrong first, then what never came, then by when it is due. `chosen` may name a `service` and a `team` by
    slug, an `integration` by its number, and a `state`."""
    whens = [When(state=state, then=Value(place)) for place, state in enumerate(WRONG_FIRST)]
    found = Heartbeat.objects.select_related("integration__service__team").order_by(
        Case(*whens, output_field=IntegerField()), "due_at", "name", "pk"
    )
    if chosen.get("service"):
        found = found.filter(integration__service__slug=chosen["service"])
    if chosen.get("team"):
        found = found.filter(integration__service__team__slug=chosen["team"])
    if chosen.get("integration"):
        found = found.filter(integration=chosen["integration"])
    if chosen.get("state"):
        found = found.filter(state=chosen["state"])
    return found


def readable() -> QuerySet[Heartbeat]:
    """Everybody who is signed in reads."""
    return Heartbeat.objects.select_related("integration__service__team")


def changeable_by(user: User) -> QuerySet[Heartbeat]:
    """For managers of the service's team, and admins."""
    return readable().filter(integration__in=Integration.objects.changeable_by(user))


def alert_of(row: Heartbeat) -> Alert | None:
    """Its open alert."""
    found = Alert.objects.open().filter(integration=row.integration_id, dedup_key=dedup_key(row.pk))
    return found.select_related("incident").first()


def recent_pings(row: Heartbeat, limit: int = SHOWN_PINGS) -> list[Pinged]:
    """What it said last, newest first, as far as it stands among the newest events of its integration."""
    events = Event.objects.filter(integration=row.integration_id).order_by("-pk")
    oldest = events.values_list("pk", flat=True)[LOOK_BACK : LOOK_BACK + 1].first() or 0
    theirs = Q(endpoint=PING, context__slug=row.slug) | Q(context__verb="ping")
    told = [
        (event, ping)
        for event in events.filter(theirs, pk__gt=oldest)[:limit]
        for ping in _pings(row.integration, event)
        if slug_of(ping.slug) == row.slug
    ]
    return _with_lengths(told)


def _pings(integration: Integration, event: Event) -> Iterable[Ping]:
    return read(integration, event).pings


def _with_lengths(told: list[tuple[Event, Ping]]) -> list[Pinged]:
    """From newest-first to newest-first, each end with its length."""
    started: datetime | None = None
    ended: datetime | None = None
    found = []
    for event, ping in reversed(told):
        length = None
        if ping.what == "start":
            started = ping.happened_at
        elif ping.what in ("ok", "fail"):
            length, ended = took(started, ended, ping.happened_at), ping.happened_at
        found.append(Pinged(event, ping.what, ping.said, length))
    return found[::-1]
