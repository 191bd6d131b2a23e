"""Grafana alerting's webhook (version "1"): a group of alerts, each with its own identity, state and times.

Source: grafana/alerting, receivers/webhook/v1. It looks like Alertmanager's and says more; what has no `alerts` but a
rule and a state is the body of Grafana 7 and before (legacy.py). That a query brought no data, or failed, comes as an
alert named DatasourceNoData or DatasourceError, with the rule's own name in the label `rulename`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Link, Parsed, Rejected, Signal
from alerts.sources.grafana import legacy
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

NO_DATA, ERROR, TEST = "DatasourceNoData", "DatasourceError", "TestAlert"
TEST_LASTS = timedelta(minutes=15)

_PREFIXES = {NO_DATA: "No data: ", ERROR: "Query failed: "}
_SUMMARIES = ("summary", "title", "description", "message")
_SOURCES = ("instance", "host", "hostname", "node", "pod", "job")
_COMPONENTS = ("service", "component", "app")
_GROUPS = ("cluster", "namespace", "environment", "env", "grafana_folder")
_ANNOTATED_LINKS = {"runbook_url": "Runbook", "runbook": "Runbook"}
_LINKS = {
    "panelURL": "Panel",
    "dashboardURL": "Dashboard",
    "generatorURL": "Rule",
    "silenceURL": "Silence in Grafana",
}
_DETAILS = ("values", "valueString", "orgId", "ruleUID")


def check(obj: object, /) -> str:
    """Raise Rejected for what is neither a group of alerts nor a rule with its state."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object.")
    if isinstance(obj.get("alerts"), list) or ("alerts" in obj and obj["alerts"] is None):
        return ""
    if not legacy.is_one(obj):
        raise Rejected(
            "The body is not Grafana's webhook: it has no list “alerts”, and no rule with a state."
            " A payload of your own goes to a JSON integration."
        )
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return a signal for each alert of the group; `dedup_key` is not used, each alert has its own."""
    group = values.mapping(obj)
    if not isinstance(group.get("alerts"), list | None) or "alerts" not in group:
        return legacy.parse(group, received_at)
    alerts = values.items(group.get("alerts"))
    usable = [alert for alert in alerts if isinstance(alert, dict)]
    signals = tuple(_signal(alert, group, received_at) for alert in usable)
    return Parsed(signals, notes=tuple(_notes(group, signals, len(alerts) - len(usable))))


def _notes(group: dict[str, Any], signals: Iterable[Signal], unusable: int) -> Iterable[str]:
    cut = group.get("truncatedAlerts")
    if cut:
        yield (
            f"Grafana cut {values.name(cut, 20)} more alerts off this group: whether they still fire is not known."
        )
    if unusable:
        yield f"{unusable} entries of “alerts” were not objects and are left out."
    if any(signal.expires_at for signal in signals):
        yield "This came from Grafana's test button; it ends by itself after 15 minutes."


def _signal(alert: dict[str, Any], group: dict[str, Any], received_at: datetime) -> Signal:
    labels = values.mapping(alert.get("labels"))
    annotations = values.mapping(alert.get("annotations"))
    details = _details(alert, group, labels, annotations)
    resolved = values.name(alert.get("status") or group.get("status")).lower() in ("resolved", "ok")
    name = values.name(labels.get("alertname"))
    test = name == TEST and not resolved
    return Signal(
        action="resolve" if resolved else "trigger",
        dedup_key=values.key(alert.get("fingerprint")) or _identity(labels, group),
        happened_at=parse_lenient(alert.get("endsAt" if resolved else "startsAt"), default=received_at),
        summary=_summary(name, labels, annotations, details),
        source=_first(labels, _SOURCES) or "Grafana",
        severity=values.severity(labels.get("severity") or ("info" if test else ""), details),
        component=_first(labels, _COMPONENTS),
        group=_first(labels, _GROUPS),
        class_=name,
        rule=values.name(labels.get("rulename") if name in _PREFIXES else name, 200),
        labels=values.labels(labels),
        details=details,
        links=_links(alert, annotations),
        images=values.images([{"src": alert.get("imageURL"), "href": alert.get("panelURL")}]),
        client="Grafana",
        client_url=values.url(group.get("externalURL")),
        expires_at=received_at + TEST_LASTS if test else None,
    )


def _summary(name: str, labels: dict[str, Any], annotations: dict[str, Any], details: dict[str, Any]) -> str:
    """A rule's annotations tell of the condition; that the query itself failed must be seen at first sight."""
    said = _first(annotations, _SUMMARIES, values.WHOLE) or values.name(labels.get("rulename"))
    return values.summary(_PREFIXES.get(name, "") + (said or _described(name, labels)), details)


def _described(name: str, labels: dict[str, Any]) -> str:
    """Say "DiskFull (instance=db1)" for an alert without annotations."""
    rest = sorted(each for each in labels if each not in ("alertname", "severity", "grafana_folder"))
    pairs = ", ".join(f"{each}={values.name(labels[each], 80)}" for each in rest)
    return f"{name or 'Alert'} ({pairs})" if pairs else name or "Alert"


def _identity(labels: dict[str, Any], group: dict[str, Any]) -> str:
    """The label set is an alert's identity; without labels the group's key is all there is."""
    return values.hashed(labels) if labels else values.hashed("group", group.get("groupKey"))


def _first(fields: dict[str, Any], names: Iterable[str], limit: int = values.NAME_LENGTH) -> str:
    texts = (values.name(fields.get(name), limit) for name in names)
    return next((text for text in texts if text), "")


def _details(
    alert: dict[str, Any], group: dict[str, Any], labels: dict[str, Any], annotations: dict[str, Any]
) -> dict[str, Any]:
    found = {
        "labels": labels,
        "annotations": annotations,
        "groupKey": group.get("groupKey"),
        "receiver": group.get("receiver"),
        **{name: alert.get(name) for name in _DETAILS},
    }
    return {name: value for name, value in found.items() if value not in (None, "", {})}


def _links(alert: dict[str, Any], annotations: dict[str, Any]) -> list[Link]:
    """The runbook first: it is what a person who was paged needs."""
    annotated = [(text, annotations.get(name)) for name, text in _ANNOTATED_LINKS.items()]
    return values.named_links([*annotated, *((text, alert.get(name)) for name, text in _LINKS.items())])
