"""Cloud Monitoring's webhook: one incident, version 1.2 (1.1 and "test" too).

Shape: {version, incident: {incident_id, state open|closed in any case, started_at and ended_at in epoch seconds,
summary, url, policy_name, condition_name, severity, resource, metric, policy_user_labels, documentation, …}}.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Link, Parsed, Rejected, Signal
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

TEST_LASTS = timedelta(minutes=15)
_NO_SEVERITY = ("", "no severity", "no_severity", "severity_unspecified")
_SOURCES = ("instance_name", "instance_id", "host", "cluster_name", "service_name", "database_id")
_LEFT_OUT = frozenset(("incident_id", "summary", "url", "state", "started_at", "ended_at"))


def check(obj: object, /) -> str:
    """Raise Rejected for what holds no incident."""
    if not isinstance(values.mapping(obj).get("incident"), dict):
        raise Rejected("The body is not Cloud Monitoring's webhook: it has no object “incident”.")
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return one signal; `dedup_key` is not used, an incident has its own."""
    whole = values.mapping(obj)
    incident = values.mapping(whole.get("incident"))
    test = values.name(whole.get("version")).lower() == "test"
    notes = ("This is Cloud Monitoring's test; it ends by itself after 15 minutes.",) if test else ()
    return Parsed((_signal(incident, test, received_at),), notes=notes)


def _signal(incident: dict[str, Any], test: bool, received_at: datetime) -> Signal:
    over = values.name(incident.get("state")).lower() == "closed"
    labels = _labels(incident)
    details = {
        name: each for name, each in incident.items() if name not in _LEFT_OUT and each not in (None, "", {})
    }
    policy = values.name(incident.get("policy_name"))
    given = values.name(incident.get("severity"))
    severity = values.severity("" if given.lower() in _NO_SEVERITY else given, details)
    return Signal(
        action="resolve" if over else "trigger",
        dedup_key=values.key(incident.get("incident_id")) or _identity(incident),
        happened_at=parse_lenient(incident.get("ended_at" if over else "started_at"), default=received_at),
        summary=_summary(incident, details),
        source=_source(incident, labels),
        severity="info" if test else severity,
        component=values.name(incident.get("condition_name")),
        group=values.name(incident.get("scoping_project_id")),
        class_=values.name(values.mapping(incident.get("metric")).get("type")),
        rule=values.name(policy, 200),
        labels=labels,
        details=details,
        links=_links(incident),
        client="Google Cloud Monitoring",
        expires_at=received_at + TEST_LASTS if test and not over else None,
    )


def _identity(incident: dict[str, Any]) -> str:
    return values.hashed(
        *(incident.get(name) for name in ("policy_name", "condition_name", "resource_name", "resource"))
    )


def _summary(incident: dict[str, Any], details: dict[str, Any]) -> str:
    subject = values.mapping(incident.get("documentation")).get("subject")
    found = (
        values.name(each, values.WHOLE)
        for each in (incident.get("summary"), subject, incident.get("policy_name"))
    )
    return values.summary(next((each for each in found if each), "Cloud Monitoring incident"), details)


def _labels(incident: dict[str, Any]) -> dict[str, str]:
    """The policy's own over those of the metric and the resource."""
    parts = (
        values.mapping(values.mapping(incident.get(name)).get("labels")) for name in ("resource", "metric")
    )
    found: dict[str, Any] = {name: text for part in parts for name, text in part.items()}
    return values.labels(found | values.mapping(incident.get("policy_user_labels")))


def _source(incident: dict[str, Any], labels: dict[str, str]) -> str:
    named: Iterable[object] = (incident.get("resource_display_name"), incident.get("resource_name"))
    found = (values.name(each) for each in (*named, *(labels.get(name) for name in _SOURCES)))
    return next((each for each in found if each), "Google Cloud")


def _links(incident: dict[str, Any]) -> list[Link]:
    """The runbook's links first, which stand in the policy's documentation."""
    listed = map(values.mapping, values.items(values.mapping(incident.get("documentation")).get("links")))
    named = [(values.name(each.get("displayName")) or "Documentation", each.get("url")) for each in listed]
    return values.named_links([*named, ("Incident", incident.get("url"))])[: values.MOST_LINKS]
