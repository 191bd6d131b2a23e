"""Sentry's metric alerts: critical, warning, resolved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Signal
from lib.times import parse_lenient


def of_metric(action: str, data: dict[str, Any], now: datetime) -> Signal:
    """One signal; the alert's number is the identity, so that it may get worse and better before it ends."""
    alert = values.mapping(data.get("metric_alert"))
    rule = values.mapping(alert.get("alert_rule"))
    over = action == "resolved"
    details: dict[str, Any] = {"metric_alert": alert} if alert else {}
    if data.get("description_text"):
        details["description_text"] = data["description_text"]
    name = values.name(rule.get("name") or alert.get("title"), 200)
    projects = [values.name(each) for each in values.items(alert.get("projects"))]
    number = values.name(alert.get("id") or alert.get("identifier"))
    return Signal(
        action="resolve" if over else "trigger",
        dedup_key=values.key(f"metric/{number}") if number else values.hashed("metric", rule.get("id"), name),
        happened_at=parse_lenient(alert.get("date_closed" if over else "date_started"), default=now),
        summary=values.summary(data.get("description_title") or name or "Sentry metric alert", details),
        source=next((each for each in projects if each), "Sentry"),
        severity="error" if over else values.severity(action if action != "open" else "", details),
        rule=name,
        labels=values.labels({"project": ",".join(projects), "environment": rule.get("environment")}),
        details=details,
        links=values.named_links([("Sentry", data.get("web_url"))]),
        client="Sentry",
    )
