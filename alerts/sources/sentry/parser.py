"""Sentry's webhooks: {action, data, installation, actor}; the header Sentry-Hook-Resource says what `data` is.

Source: Sentry's pages "Webhooks". Issues, their alerts and errors share the key of the issue, so that resolving it in
Sentry ends what any of them began. The body of the old WebHooks plugin (no `data`) is read as an issue alert.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Parsed, Rejected, Signal, Stored
from alerts.sources.sentry import issues, metrics
from lib.jsonbody import parse as parse_body

__all__ = ["answer", "check", "read", "refusal", "unreadable"]

_GROWTH = 4  # see plain.GROWTH


def check(obj: object, /) -> None:
    """Raise Rejected for what is no object, or an empty one."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object.")
    if not obj:
        raise Rejected("The JSON object is empty.")


def read(stored: Stored, /) -> Parsed:
    """What a stored request says; raises BadBody for what is not JSON."""
    raw = stored.text.encode()
    body = values.mapping(parse_body(raw, max_bytes=max(_GROWTH * len(raw), 1)))
    data = values.mapping(body.get("data"))
    resource = values.name(stored.context.get("resource")).lower() or _guessed(body, data)
    if resource == "plugin":
        return Parsed((issues.of_plugin(body, stored.received_at),))
    return _READERS.get(resource, _nothing)(resource, body, data, stored.received_at)


_Read = Callable[[str, dict[str, Any], dict[str, Any], datetime], Parsed]


def _guessed(body: dict[str, Any], data: dict[str, Any]) -> str:
    """A proxy may have dropped the header: what is in `data` tells as much."""
    if "data" not in body:
        return "plugin"
    names = {
        "metric_alert": "metric_alert",
        "event": "event_alert",
        "issue": "issue",
        "error": "error",
        "comment": "comment",
    }
    return next((resource for name, resource in names.items() if name in data), "")


def _issue(resource: str, body: dict[str, Any], data: dict[str, Any], now: datetime) -> Parsed:
    action = values.name(body.get("action")).lower()
    return _either(issues.of_issue(action, values.mapping(data.get("issue")), body, now), resource, body)


def _event(resource: str, body: dict[str, Any], data: dict[str, Any], now: datetime) -> Parsed:
    event = values.mapping(data.get("error" if resource == "error" else "event"))
    return Parsed((issues.of_event(event, values.name(data.get("triggered_rule")), now),))


def _metric(resource: str, body: dict[str, Any], data: dict[str, Any], now: datetime) -> Parsed:
    return Parsed((metrics.of_metric(values.name(body.get("action")).lower(), data, now),))


def _comment(resource: str, body: dict[str, Any], data: dict[str, Any], now: datetime) -> Parsed:
    created = values.name(body.get("action")).lower() == "created"
    return _either(issues.of_comment(data, body, now) if created else None, resource, body)


def _nothing(resource: str, body: dict[str, Any], data: dict[str, Any], now: datetime) -> Parsed:
    """An installation, or what Sentry will think of next."""
    return _either(None, resource or "unknown", body)


def _either(signal: Signal | None, resource: str, body: dict[str, Any]) -> Parsed:
    if signal:
        return Parsed((signal,))
    action = values.name(body.get("action"), 60) or "no action"
    return Parsed(notes=(f"{resource[:60]}, {action}: that neither fires nor resolves.",))


_READERS: Mapping[str, _Read] = {
    "issue": _issue,
    "event_alert": _event,
    "error": _event,
    "metric_alert": _metric,
    "comment": _comment,
}
