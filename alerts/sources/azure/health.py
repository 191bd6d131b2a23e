"""Service health and resource health: their alertId is new with every event, and monitorCondition is always "Fired".

What they are about, and whether it is over, stands in the context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alerts.sources import values
from alerts.sources.base import Severity

_OVER = frozenset(("resolved", "complete", "completed", "canceled", "cancelled"))
_INCIDENTS: dict[str, Severity] = {
    "incident": "error",
    "security": "error",
    "actionrequired": "warning",
    "maintenance": "info",
    "information": "info",
    "informational": "info",
}
_RESOURCES: dict[str, Severity] = {"unavailable": "error", "degraded": "warning", "unknown": "warning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a health event says. With a `note` it says nothing about the condition."""

    key: str = ""
    over: bool = False
    severity: Severity = "error"
    words: str = ""
    note: str = ""


def read(essentials: dict[str, Any], context: dict[str, Any]) -> Health | None:
    """None for an alert that is not about health."""
    service = values.name(essentials.get("monitoringService")).replace(" ", "").lower()
    properties = values.mapping(context.get("properties"))
    if service == "servicehealth":
        return _of_service(context, properties)
    return _of_resource(essentials, context, properties) if service == "resourcehealth" else None


def _of_service(context: dict[str, Any], properties: dict[str, Any]) -> Health:
    """Told apart by Azure's tracking id; the review that comes days later (stage RCA) changes nothing."""
    stage = values.name(properties.get("stage")).lower()
    kind = values.name(properties.get("incidentType")).replace(" ", "").lower()
    number = values.name(properties.get("trackingId"))
    status = values.name(context.get("status")).lower()
    if stage == "rca":
        return Health(note=f"The review of {number} has come: {values.name(properties.get('title'))}")
    return Health(
        key=values.key(f"servicehealth/{number}") if number else "",
        over=stage in _OVER or status in _OVER,
        severity=_INCIDENTS.get(kind, "error"),
        words=values.name(properties.get("title") or properties.get("defaultLanguageTitle"), values.WHOLE),
    )


def _of_resource(essentials: dict[str, Any], context: dict[str, Any], properties: dict[str, Any]) -> Health:
    """Told apart by the resource: it is available, or not."""
    targets = values.items(essentials.get("alertTargetIDs"))
    resource = values.name(targets[0] if targets else properties.get("resourceId"), values.WHOLE).lower()
    state = values.name(properties.get("currentHealthStatus"))
    over = state.lower() == "available" or values.name(context.get("status")).lower() in _OVER
    said = values.name(properties.get("details") or properties.get("title"), values.WHOLE)
    return Health(
        key=values.key(f"resourcehealth/{resource}") if resource else "",
        over=over,
        severity=_RESOURCES.get(state.lower(), "error"),
        words=": ".join(each for each in (state, said) if each),
    )
