"""Alertmanager webhook version 4: a group of alerts, each with its own identity, state and times.

Source: prometheus/alertmanager, notify/webhook and template/template.go. Grafana alerting posts the same with
more fields (version "1"), which are read too. What `max_alerts` cut off is unknown, never resolved.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Parsed, Rejected, Signal
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

_SUMMARIES = ("summary", "title", "description", "message")
_SOURCES = ("instance", "host", "hostname", "node", "pod", "job")
_COMPONENTS = ("service", "component", "app", "job")
_GROUPS = ("cluster", "namespace", "environment", "env")
_LINKS = {
    "generatorURL": "Source",
    "dashboardURL": "Dashboard",
    "panelURL": "Panel",
    "silenceURL": "Silence",
}
_ANNOTATED_LINKS = {"runbook_url": "Runbook", "runbook": "Runbook", "dashboard_url": "Dashboard"}
_GRAFANA_DETAILS = ("values", "valueString")


def check(obj: object, /) -> str:
    """Raise Rejected for what is not a group of alerts. Go writes an empty list as null, so that passes."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object.")
    if "alerts" not in obj or not isinstance(obj["alerts"], list | None):
        raise Rejected(
            "The body is not Alertmanager's webhook: it has no list “alerts”."
            " Other JSON goes to a JSON integration."
        )
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return a signal for each alert of the group; `dedup_key` is not used, each alert has its own."""
    group = values.mapping(obj)
    alerts = values.items(group.get("alerts"))
    usable = [alert for alert in alerts if isinstance(alert, dict)]
    signals = tuple(_signal(alert, group, received_at) for alert in usable)
    return Parsed(signals, notes=tuple(_notes(group, len(alerts) - len(usable))))


def _notes(group: dict[str, Any], unusable: int) -> Iterable[str]:
    cut = group.get("truncatedAlerts")
    if cut:
        yield (
            f"Alertmanager cut {values.name(cut, 20)} more alerts off this group (max_alerts):"
            " whether they still fire is not known."
        )
    if unusable:
        yield f"{unusable} entries of “alerts” were not objects and are left out."


def _signal(alert: dict[str, Any], group: dict[str, Any], received_at: datetime) -> Signal:
    labels = values.mapping(alert.get("labels"))
    annotations = values.mapping(alert.get("annotations"))
    details = _details(alert, group, labels, annotations)
    resolved = _is_resolved(alert, group)
    when = parse_lenient(alert.get("endsAt" if resolved else "startsAt"), default=received_at)
    return Signal(
        action="resolve" if resolved else "trigger",
        dedup_key=values.key(alert.get("fingerprint")) or _identity(labels, group),
        happened_at=when,
        summary=values.summary(_first(annotations, _SUMMARIES, values.WHOLE) or _described(labels), details),
        source=_first(labels, _SOURCES) or "Alertmanager",
        severity=values.severity(labels.get("severity"), details),
        component=_first(labels, _COMPONENTS),
        group=_first(labels, _GROUPS),
        class_=values.name(labels.get("alertname")),
        rule=values.name(labels.get("alertname"), 200),
        labels=values.labels(labels),
        details=details,
        links=_links(alert, annotations),
        images=values.images([{"src": alert.get("imageURL")}]),
        client="Alertmanager",
        client_url=values.url(group.get("externalURL")),
    )


def _is_resolved(alert: dict[str, Any], group: dict[str, Any]) -> bool:
    """A group fires while one of its alerts does: the alert's own status counts, if it has one."""
    return values.name(alert.get("status") or group.get("status")).lower() == "resolved"


def _identity(labels: dict[str, Any], group: dict[str, Any]) -> str:
    """The label set is an alert's identity; without labels the group's key is all there is."""
    return values.hashed(labels) if labels else values.hashed("group", group.get("groupKey"))


def _first(fields: dict[str, Any], names: Iterable[str], limit: int = values.NAME_LENGTH) -> str:
    texts = (values.name(fields.get(name), limit) for name in names)
    return next((text for text in texts if text), "")


def _described(labels: dict[str, Any]) -> str:
    """Say "DiskFull (instance=db1, job=node)" for an alert without annotations."""
    alert = values.name(labels.get("alertname")) or "Alert"
    rest = sorted(name for name in labels if name not in ("alertname", "severity"))
    pairs = ", ".join(f"{name}={values.name(labels[name], 80)}" for name in rest)
    return f"{alert} ({pairs})" if pairs else alert


def _details(
    alert: dict[str, Any], group: dict[str, Any], labels: dict[str, Any], annotations: dict[str, Any]
) -> dict[str, Any]:
    found = {
        "labels": labels,
        "annotations": annotations,
        "groupKey": group.get("groupKey"),
        "externalURL": group.get("externalURL"),
        "receiver": group.get("receiver"),
        **{name: alert.get(name) for name in _GRAFANA_DETAILS},
    }
    return {name: value for name, value in found.items() if value not in (None, "", {})}


def _links(alert: dict[str, Any], annotations: dict[str, Any]) -> list[dict[str, str]]:
    """The runbook first: it is what a person who was paged needs."""
    annotated = [(text, annotations.get(name)) for name, text in _ANNOTATED_LINKS.items()]
    return values.named_links([*annotated, *((text, alert.get(name)) for name, text in _LINKS.items())])
