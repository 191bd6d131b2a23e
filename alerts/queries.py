"""Reads for the pages: what arrives where, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    Count,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)

from accounts.models import User
from alerts.arrivals import Arrivals, counted
from alerts.models import Alert, AlertSeverity, AlertState, Event, Integration
from incidents.models import Incident

SHOWN_EVENTS = 50
# An event that ended an alert is told from its alert only for alerts that began within so many events before the
# oldest one shown: there is no index on an alert's last event, since that would slow down every repeat.
LOOK_BACK = 20_000

HOURLY = """
    SELECT integration_id, floor(extract(epoch FROM %(now)s - received_at) / 3600)::int AS age, count(*),
           count(*) FILTER (WHERE problem <> ''), count(*) FILTER (WHERE processed_at IS NULL)
    FROM alerts_event
    WHERE received_at > %(now)s - interval '24 hours' AND integration_id = ANY(%(ids)s)
    GROUP BY integration_id, age
"""


def listed(filters: dict[str, Any]) -> QuerySet[Integration]:
    """Integrations with `last_event_at`, by service and name. `filters` may name a `service` and a `team` by slug."""
    newest = Event.objects.filter(integration=OuterRef("pk")).order_by("-pk").values("received_at")[:1]
    found = Integration.objects.select_related("service__team").annotate(last_event_at=Subquery(newest))
    if filters.get("service"):
        found = found.filter(service__slug=filters["service"])
    if filters.get("team"):
        found = found.filter(service__team__slug=filters["team"])
    return found


def arrivals(integration_ids: Collection[int], now: datetime) -> dict[int, Arrivals]:
    """The last 24 hours of each, in one grouped statement."""
    rows: defaultdict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(HOURLY, {"now": now, "ids": list(integration_ids)})
        for key, *row in cursor.fetchall():
            rows[key].append(tuple(row))
    return {key: counted(rows[key]) for key in integration_ids}


@dataclass(frozen=True, slots=True)
class Outcome:
    """An alert that an event is the first or the last one of; `what` says which."""

    alert: Alert
    what: str


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the list, without its body, and what became of it."""

    event: Event
    outcomes: list[Outcome]


def recent_events(integration: Integration, limit: int = SHOWN_EVENTS) -> list[Told]:
    """The newest events, newest first, each with the alerts that it opened or last changed."""
    newest = Event.objects.filter(integration=integration).defer("body").order_by("-pk")
    events = list(newest[:limit])
    outcomes = _outcomes(integration, [event.pk for event in events])
    return [Told(event, outcomes[event.pk]) for event in events]


def _outcomes(integration: Integration, ids: Sequence[int]) -> defaultdict[int, list[Outcome]]:
    found: defaultdict[int, list[Outcome]] = defaultdict(list)
    if not ids:
        return found
    could_be = Q(first_event__gte=min(ids) - LOOK_BACK) | ~Q(state=AlertState.RESOLVED)
    alerts = (
        Alert.objects.filter(
            could_be, Q(first_event__in=ids) | Q(last_event__in=ids), integration=integration
        )
        .select_related("incident")
        .order_by("pk")
    )
    for alert in alerts:
        for event_id, what in _said_by(alert):
            found[event_id].append(Outcome(alert, what))
    return found


def _said_by(alert: Alert) -> Iterable[tuple[int, str]]:
    """Which events said what about the alert: "opened", "ended", "acknowledged" or "repeated"."""
    last = {AlertState.RESOLVED.value: "ended", AlertState.ACKNOWLEDGED.value: "acknowledged"}
    if alert.first_event_id:
        yield alert.first_event_id, "opened"
    if alert.last_event_id and alert.last_event_id != alert.first_event_id:
        yield alert.last_event_id, last.get(alert.state, "repeated")


def alerts_of_event(event: Event, dedup_keys: Collection[str]) -> dict[str, Alert]:
    """The alert of each key that the event belongs to, as far as there is one, by key."""
    could_be = Q(first_event__gte=event.pk - LOOK_BACK) | ~Q(state=AlertState.RESOLVED)
    alerts = Alert.objects.filter(
        could_be,
        integration=event.integration_id,
        dedup_key__in=list(dedup_keys),
        first_event__lte=event.pk,
        last_event__gte=event.pk,
    ).select_related("incident")
    return {alert.dedup_key: alert for alert in alerts.order_by("pk")}


def alerts_of(incident: Incident) -> QuerySet[Alert]:
    """Those that still fire first, then the worst, then those that were seen last."""
    return (
        Alert.objects.filter(incident=incident)
        .select_related("integration", "service", "route", "mute")
        .order_by(_place("state", AlertState), _place("severity", AlertSeverity), "-last_seen_at", "-pk")
    )


def _place(name: str, order: type[TextChoices]) -> Case:
    """Sorts by a column's place among its choices."""
    whens = [When(**{name: value}, then=Value(place)) for place, value in enumerate(order.values)]
    return Case(*whens, default=Value(len(whens)), output_field=IntegerField())


def may_change(user: User, integration: Integration) -> bool:
    """Whether `user` manages the team of its service, or is an admin."""
    return Integration.objects.changeable_by(user).filter(pk=integration.pk).exists()


def count_of(condition: Q) -> Count:
    """An aggregate: how many rows it holds for; all rows where it says nothing."""
    return Count("pk", filter=condition or None)
