"""Grafana OnCall's formatted webhook: alert_uid, title, image_url, state, link_to_upstream_details, message.

Source: grafana/oncall, config_integrations/formatted_webhook.py. Alerts are told apart by alert_uid and end with the
state "ok" in any case. A body with a list of `alerts` is what OnCall gets from Grafana alerting or Alertmanager (with
numFiring and numResolved), and is read as Grafana's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.answers import refusal, unreadable
from alerts.sources.base import Parsed, Rejected, Signal
from alerts.sources.grafana import parser as grafana

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

_TAKEN = ("alert_uid", "title", "image_url", "state", "link_to_upstream_details", "severity", "labels")


def answer(dedup_key: str, /) -> dict[str, object]:
    """Return the body of the 200."""
    return {"status": "ok"}


def check(obj: object, /) -> str:
    """Raise Rejected for what says nothing at all."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object.")
    if not obj:
        raise Rejected("The JSON object is empty: it needs at least a “title”.")
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return one signal, or one for each alert of a group; `dedup_key` is not used."""
    alert = values.mapping(obj)
    if isinstance(alert.get("alerts"), list):
        return grafana.parse(alert, received_at=received_at)
    signal = _signal(alert, received_at)
    notes = () if alert.get("alert_uid") else ("There is no “alert_uid”, so alerts are told apart by title.",)
    return Parsed((signal,), notes=notes)


def _signal(alert: dict[str, Any], received_at: datetime) -> Signal:
    details = {name: value for name, value in alert.items() if name not in _TAKEN and value not in (None, "")}
    said = values.name(alert.get("title"), values.WHOLE) or values.name(alert.get("message"), values.WHOLE)
    title = values.summary(said or "Alert without a title", details)
    link = alert.get("link_to_upstream_details")
    return Signal(
        action="resolve" if values.name(alert.get("state")).upper() == "OK" else "trigger",
        dedup_key=values.key(alert.get("alert_uid")) or values.hashed(title),
        happened_at=received_at,
        summary=title,
        severity=values.severity(alert.get("severity"), details),
        labels=values.labels(alert.get("labels")),
        details=details,
        links=values.named_links([("Details", link)]),
        images=values.images([{"src": alert.get("image_url"), "href": link}]),
    )
