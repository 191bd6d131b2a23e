"""What Opsgenie's clients ask: one alert, a list, a count, what became of a request, a heartbeat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from alerts.heartbeats import slug_of
from alerts.models import Alert, AlertState, Event, Heartbeat, HeartbeatState, Integration
from alerts.sources import values
from alerts.sources.base import Answer, Arrived, Rejected
from alerts.sources.opsgenie import ids
from alerts.sources.opsgenie.answers import found, instant
from alerts.sources.opsgenie.query import condition

NOT_THERE = "Alert does not exist"
_PRIORITY = {"critical": "P1", "error": "P2", "warning": "P3", "info": "P5"}
_DONE = {
    "create": ("Create", "Created alert"),
    "acknowledge": ("Acknowledge", "Acknowledged alert"),
    "close": ("Close", "Closed alert"),
    "delete": ("Delete", "Deleted alert"),
    "notes": ("AddNote", "Added note"),
}
_SORTS = {
    "createdAt": "started_at",
    "updatedAt": "last_seen_at",
    "lastOccurredAt": "last_seen_at",
    "tinyId": "pk",
    "count": "count",
    "message": "summary",
    "alias": "dedup_key",
}
_MOST, _USUAL = 100, 20


def one(integration_id: int, identifier: str, kind: str) -> Answer:
    """The newest alert so named."""
    alert = named(integration_id, identifier, kind)
    if alert is None:
        raise Rejected(NOT_THERE, status=404)
    return found(shown(alert, Integration.objects.get(pk=integration_id), whole=True))


def listed(integration_id: int, arrived: Arrived) -> Answer:
    """A page of the integration's alerts, newest first unless `sort` and `order` say otherwise."""
    limit = _number(arrived.query.get("limit"), _USUAL, most=_MOST)
    offset = _number(arrived.query.get("offset"), 0, most=1_000_000)
    column = _SORTS.get(arrived.query.get("sort", ""), "started_at")
    sign = "" if arrived.query.get("order", "").lower() == "asc" else "-"
    rows = asked_for(integration_id, arrived).order_by(sign + column, sign + "pk")[offset : offset + limit]
    integration = Integration.objects.get(pk=integration_id)
    return found([shown(alert, integration) for alert in rows])


def counted(integration_id: int, arrived: Arrived) -> Answer:
    """How many alerts the query finds."""
    return found({"count": asked_for(integration_id, arrived).count()})


def asked_for(integration_id: int, arrived: Arrived) -> QuerySet[Alert]:
    """The integration's alerts that `query` finds."""
    return Alert.objects.filter(condition(arrived.query.get("query", "")), integration=integration_id)


def named(integration_id: int, identifier: str, kind: str) -> Alert | None:
    """The newest alert that `identifier` names as an id, a tiny id or an alias. An id that is none of ours is taken
    for an alias: some tools use their own alias without saying so."""
    mine = Alert.objects.filter(integration=integration_id).order_by("-pk")
    number = int(identifier) if kind == "tiny" and identifier.isascii() and identifier.isdigit() else None
    if kind not in ("alias", "tiny"):
        number = ids.alert_key(identifier)
    if number is not None and number < 1 << 63:
        return mine.filter(pk=number).first()
    return mine.filter(dedup_key=values.key(identifier)).first()


def outcome(integration_id: int, request: str) -> Answer:
    """What became of a request; 404 until it was worked through, as clients that ask again expect."""
    number = ids.event_id(request)
    event = Event.objects.filter(pk=number, integration=integration_id).first() if number else None
    if event is None or event.processed_at is None:
        raise Rejected("Request not found. It might not be processed, yet.", status=404)
    context: Mapping[str, Any] = event.context
    verb = str(context.get("verb", "create"))
    action, done = _DONE.get(verb, (verb.capitalize(), f"Done: {verb}"))
    alert = None if event.problem else _touched(event, values.key(context.get("alias")) or event.dedup_key)
    said = done if alert else (event.problem or NOT_THERE)
    data = {
        "success": alert is not None,
        "isSuccess": alert is not None,
        "action": action,
        "processedAt": instant(event.processed_at),
        "integrationId": str(integration_id),
        "status": said,
        "alertId": ids.alert_id(alert.pk) if alert else "",
        "alias": alert.dedup_key if alert else "",
    }
    return found(data)


def _touched(event: Event, alias: str) -> Alert | None:
    """The alert that was open under this alias when the event was worked through."""
    was_open = (
        ~Q(state=AlertState.RESOLVED) | Q(last_event__gte=event.pk) | Q(resolved_at__gt=event.received_at)
    )
    alerts = Alert.objects.filter(
        was_open, integration=event.integration_id, dedup_key=alias, first_event__lte=event.pk
    )
    return alerts.order_by("-pk").first()


def heartbeat(integration_id: int, name: str) -> Answer:
    """One heartbeat, by its name."""
    row = Heartbeat.objects.filter(integration=integration_id, slug=slug_of(name)).first()
    if row is None:
        raise Rejected(f"Heartbeat with name [{values.name(name, 60)}] not found", status=404)
    return found(heartbeat_shown(row))


def heartbeats(integration_id: int) -> Answer:
    """All of the integration's."""
    rows = Heartbeat.objects.filter(integration=integration_id).order_by("name")
    return found({"heartbeats": [heartbeat_shown(row) for row in rows]})


def heartbeat_shown(row: Heartbeat) -> dict[str, Any]:
    """A heartbeat in Opsgenie's words; a cron expression has no interval."""
    minutes = int(row.period.total_seconds() // 60) if row.period else 0
    data: dict[str, Any] = {
        "name": row.name,
        "description": row.cron,
        "interval": minutes,
        "intervalUnit": "minutes",
        "enabled": row.state != HeartbeatState.PAUSED,
        "expired": row.state in (HeartbeatState.LATE, HeartbeatState.DOWN),
        "alertPriority": _PRIORITY.get(row.severity, "P3"),
    }
    return data | ({"lastPingTime": instant(row.last_ping_at)} if row.last_ping_at else {})


def shown(alert: Alert, integration: Integration, *, whole: bool = False) -> dict[str, Any]:
    """An alert as lists show it; `whole` adds what only the question for one shows."""
    details = alert.details
    data: dict[str, Any] = {
        "id": ids.alert_id(alert.pk),
        "tinyId": str(alert.pk),
        "alias": alert.dedup_key,
        "message": alert.summary,
        "status": "closed" if alert.state == AlertState.RESOLVED else "open",
        "acknowledged": alert.state == AlertState.ACKNOWLEDGED,
        "isSeen": alert.state != AlertState.OPEN,
        "tags": values.items(details.get("tags")),
        "snoozed": False,
        "count": alert.count,
        "lastOccurredAt": instant(alert.last_seen_at),
        "createdAt": instant(alert.started_at),
        "updatedAt": instant(alert.resolved_at or alert.last_seen_at),
        "source": alert.source,
        "owner": "",
        "priority": _priority(alert),
        "teams": [],
        "responders": values.items(details.get("responders")),
        "integration": {"id": str(integration.pk), "name": integration.name, "type": "API"},
    }
    return data | _rest(alert) if whole else data


def _rest(alert: Alert) -> dict[str, Any]:
    kept = {"description", "responders", "visibleTo", "actions", "tags", "user", "priority", "component"}
    return {
        "actions": values.items(alert.details.get("actions")),
        "entity": str(alert.details.get("component") or ""),
        "description": str(alert.details.get("description") or ""),
        "details": {name: values.name(each) for name, each in alert.details.items() if name not in kept},
    }


def _priority(alert: Alert) -> str:
    """The one that was given, as long as a route has not made it another severity."""
    given = values.name(alert.details.get("priority")).upper()
    return given if given in ("P4", "P5") and alert.severity == "info" else _PRIORITY[alert.severity]


def _number(text: str | None, usual: int, *, most: int) -> int:
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 9:
        return usual
    return min(int(text), most)
