"""What monitoring tools tell: integrations with their keys, raw events, alerts (one per dedup key while open), and the
rules that stand between an event and a page."""

from alerts.models.alerts import Alert, AlertHour, AlertQuerySet, AlertState, EndedBy
from alerts.models.events import Event
from alerts.models.integrations import (
    Heartbeat,
    HeartbeatQuerySet,
    HeartbeatState,
    IntakeMinute,
    Integration,
    IntegrationQuerySet,
)
from alerts.models.rules import AlertSeverity, Mute, MuteQuerySet, Outcome, Route, RouteQuerySet

__all__ = [
    "Alert",
    "AlertHour",
    "AlertQuerySet",
    "AlertSeverity",
    "AlertState",
    "EndedBy",
    "Event",
    "Heartbeat",
    "HeartbeatQuerySet",
    "HeartbeatState",
    "IntakeMinute",
    "Integration",
    "IntegrationQuerySet",
    "Mute",
    "MuteQuerySet",
    "Outcome",
    "Route",
    "RouteQuerySet",
]
