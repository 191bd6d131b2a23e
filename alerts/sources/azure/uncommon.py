"""Azure's bodies from before the common schema: {schemaId, data: {status, context: {…}}}, read as far as they go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Parsed, Severity, Signal
from lib.times import parse_lenient

_NUMBERS: dict[str, Severity] = {"0": "critical", "1": "error", "2": "warning", "3": "info", "4": "info"}
_OVER = ("resolved", "deactivated", "closed")
_NOTE = "This is not the common alert schema: switch it on in the action group, to get severity and identity right."


def parse(whole: dict[str, Any], received_at: datetime) -> Parsed:
    """One signal, and a note on how to get a better one."""
    data = values.mapping(whole.get("data"))
    context = values.mapping(data.get("context")) or data
    context = values.mapping(context.get("activityLog")) or context
    status = values.name(data.get("status")).lower()
    details = dict(context)
    rule = values.name(context.get("name") or context.get("AlertRuleName") or data.get("AlertRuleName"), 200)
    said = values.name(context.get("description") or context.get("Description"), values.WHOLE)
    signal = Signal(
        action="resolve" if status in _OVER else "trigger",
        dedup_key=values.hashed(whole.get("schemaId"), _identity(context, rule)),
        happened_at=parse_lenient(context.get("timestamp"), default=received_at),
        summary=values.summary(": ".join(each for each in (rule, said) if each) or "Azure alert", details),
        source=values.name(context.get("resourceName")) or "Azure",
        severity=_severity(context, details),
        rule=rule,
        details=details,
        links=values.named_links([("Azure portal", context.get("portalLink"))]),
        client="Azure Monitor",
    )
    return Parsed((signal,), notes=(_NOTE,))


def _identity(context: dict[str, Any], rule: str) -> list[object]:
    return [context.get("id") or rule, context.get("resourceId")]


def _severity(context: dict[str, Any], details: dict[str, Any]) -> Severity:
    """A number from 0 to 4 for metrics; else nothing that counts."""
    given = values.name(context.get("severity"))
    return _NUMBERS.get(given) or values.severity("" if given.isdigit() else given, details)
