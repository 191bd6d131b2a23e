"""New Relic's notification channel from before workflows: one incident and its current_state.

Shape: current_state open|acknowledged|closed, incident_id, incident_url, condition_name, policy_name, details,
severity, targets [{name, link, labels, …}], timestamp in epoch milliseconds, runbook_url, owner, account_name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Action, Parsed, Signal
from lib.times import parse_lenient

_ACTIONS: dict[str, Action] = {"acknowledged": "acknowledge", "closed": "resolve"}
_KEPT = (
    "details",
    "owner",
    "account_name",
    "event_type",
    "duration",
    "condition_id",
    "closed_violations_count",
    "targets",
)


def parse(incident: dict[str, Any], received_at: datetime) -> Parsed:
    """Return one signal; the incident's number is its identity."""
    details = {name: incident[name] for name in _KEPT if incident.get(name) not in (None, "", [], {})}
    target = next((each for each in values.items(incident.get("targets")) if isinstance(each, dict)), {})
    condition, policy = (
        values.name(incident.get("condition_name"), 200),
        values.name(incident.get("policy_name")),
    )
    said = values.name(incident.get("details"), values.WHOLE)
    signal = Signal(
        action=_ACTIONS.get(values.name(incident.get("current_state")).lower(), "trigger"),
        dedup_key=values.key(incident.get("incident_id")) or values.hashed(condition, policy),
        happened_at=parse_lenient(incident.get("timestamp"), default=received_at),
        summary=values.summary(
            ": ".join(each for each in (condition, said) if each) or "New Relic incident", details
        ),
        source=values.name(target.get("name")) or "New Relic",
        severity=values.severity(incident.get("severity"), details),
        component=policy,
        rule=condition,
        labels=values.labels(
            {**values.mapping(target.get("labels")), "condition": condition, "policy": policy}
        ),
        details=details,
        links=values.named_links(
            [("Runbook", incident.get("runbook_url")), ("Incident", incident.get("incident_url"))]
        ),
        images=values.images(
            [{"src": incident.get("violation_chart_url"), "href": incident.get("incident_url")}]
        ),
        client="New Relic",
    )
    return Parsed((signal,))
