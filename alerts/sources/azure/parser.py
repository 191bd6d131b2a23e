"""Azure Monitor's common alert schema: data.essentials, the same for all, and data.alertContext, by the kind of signal.

Source: Microsoft's page "Common alert schema". Keyed by alertId, which a fired alert keeps until it is resolved;
service and resource health get a new one with every event, so these have keys of their own (health.py). Activity log
alerts never resolve. A body without the common schema is read as far as it goes (uncommon.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.azure import health, uncommon
from alerts.sources.base import Link, Parsed, Rejected, Severity, Signal
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

# Azure's own meaning: Sev1 is Error, Sev4 is Verbose.
_SEVERITIES: dict[str, Severity] = {
    "sev0": "critical",
    "sev1": "error",
    "sev2": "warning",
    "sev3": "info",
    "sev4": "info",
}
_KEPT = (
    "alertId",
    "monitoringService",
    "signalType",
    "alertTargetIDs",
    "description",
    "severity",
    "originAlertId",
)


def check(obj: object, /) -> str:
    """Raise Rejected for what has no data."""
    if not isinstance(values.mapping(obj).get("data"), dict):
        raise Rejected("The body is not Azure Monitor's: it has no object “data”.")
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return one signal, or a note; `dedup_key` is not used."""
    whole = values.mapping(obj)
    data = values.mapping(whole.get("data"))
    essentials = values.mapping(data.get("essentials"))
    if not essentials:
        return uncommon.parse(whole, received_at)
    context = values.mapping(data.get("alertContext"))
    health_said = health.read(essentials, context)
    if health_said and health_said.note:
        return Parsed(notes=(health_said.note,))
    return Parsed((_signal(data, essentials, context, health_said, received_at),))


def _signal(
    data: dict[str, Any],
    essentials: dict[str, Any],
    context: dict[str, Any],
    said: health.Health | None,
    received_at: datetime,
) -> Signal:
    details = {name: essentials[name] for name in _KEPT if essentials.get(name) not in (None, "", [])}
    details |= {"alertContext": context} if context else {}
    over = said.over if said else values.name(essentials.get("monitorCondition")).lower() == "resolved"
    rule = values.name(essentials.get("alertRule"))
    return Signal(
        action="resolve" if over else "trigger",
        dedup_key=(said and said.key) or values.key(essentials.get("alertId")) or _identity(essentials),
        happened_at=_when(essentials, over, received_at),
        summary=_summary(rule, essentials, said, details),
        source=_source(essentials),
        severity=said.severity if said else _severity(essentials, details),
        component=values.name(essentials.get("monitoringService")),
        class_=values.name(essentials.get("signalType")),
        rule=values.name(rule, 200),
        labels=_labels(data, essentials),
        details=details,
        links=_links(essentials, context),
        client="Azure Monitor",
    )


def _identity(essentials: dict[str, Any]) -> str:
    return values.hashed(*(essentials.get(name) for name in ("originAlertId", "alertRule", "alertTargetIDs")))


def _when(essentials: dict[str, Any], over: bool, received_at: datetime) -> datetime:
    name = "resolvedDateTime" if over else "firedDateTime"
    fired = parse_lenient(essentials.get("firedDateTime"), default=received_at)
    return parse_lenient(essentials.get(name), default=received_at if over else fired)


def _summary(
    rule: str, essentials: dict[str, Any], said: health.Health | None, details: dict[str, Any]
) -> str:
    description = values.name(essentials.get("description"), values.WHOLE)
    words = (said and said.words) or description
    return values.summary(": ".join(each for each in (rule, words) if each) or "Azure alert", details)


def _source(essentials: dict[str, Any]) -> str:
    """The name at the end of the first resource's path."""
    named = values.items(essentials.get("configurationItems"))
    paths = values.items(essentials.get("alertTargetIDs"))
    found = [values.name(each) for each in named] + [values.name(each).rpartition("/")[2] for each in paths]
    return next((each for each in found if each), "Azure")


def _severity(essentials: dict[str, Any], details: dict[str, Any]) -> Severity:
    given = values.name(essentials.get("severity"))
    found = _SEVERITIES.get(given.lower())
    return found or values.severity(given, details)


def _labels(data: dict[str, Any], essentials: dict[str, Any]) -> dict[str, str]:
    """The rule's custom properties, and what Azure sorts alerts by."""
    own = {
        "monitoringService": essentials.get("monitoringService"),
        "signalType": essentials.get("signalType"),
        "targetResourceGroup": essentials.get("targetResourceGroup"),
        "targetResourceType": essentials.get("targetResourceType"),
    }
    return values.labels(own | values.mapping(data.get("customProperties")))


def _links(essentials: dict[str, Any], context: dict[str, Any]) -> list[Link]:
    """The search's results for a log alert, and where it is looked into."""
    condition = values.mapping(context.get("condition"))
    found = map(values.mapping, values.items(condition.get("allOf")))
    results = [("Results", each.get("linkToFilteredSearchResultsUI")) for each in found]
    more = [
        ("Results", context.get("LinkToFilteredSearchResultsUI")),
        ("Investigate", essentials.get("investigationLink")),
    ]
    return values.named_links([*results, *more])[: values.MOST_LINKS]
