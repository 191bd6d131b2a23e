"""Any JSON: an object, or a list of them, whose fields are found by the names that they usually have.

A tool that can post JSON at all then needs no adapter. What is not recognised is kept in the details.
"""

import json
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Action, Parsed, Rejected, Severity, Signal
from alerts.sources.generic.fields import Fields
from lib.text import one_line
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

MOST_SIGNALS = 1000

_ACKNOWLEDGE = frozenset(("acknowledge", "acknowledged", "ack", "acked"))
_RESOLVE = frozenset(
    (
        *("resolve", "resolved", "resolving", "recover", "recovered", "recovery", "close", "closed", "clear"),
        *("cleared", "ok", "up", "normal", "healthy", "operational", "passing", "inactive", "fixed"),
    )
)
_TRIGGER = frozenset(
    (
        *(
            "trigger",
            "triggered",
            "triggering",
            "firing",
            "fire",
            "alert",
            "alerting",
            "alarm",
            "active",
            "open",
        ),
        *("opened", "new", "create", "created", "problem", "down", "failed", "failure", "failing", "error"),
        *("warning", "warn", "critical", "unhealthy", "degraded"),
    )
)
_LINKS = {
    "url": "Source",
    "link": "Source",
    "href": "Source",
    "dashboard_url": "Dashboard",
    "runbook_url": "Runbook",
}


def check(obj: object, /) -> str:
    """Raise Rejected unless there is an object to read, or a list of up to 1000 with at least one."""
    if isinstance(obj, list):
        _check_list(obj)
    elif not isinstance(obj, dict):
        raise Rejected("The body must be a JSON object, or a list of them.")
    elif not obj:
        raise Rejected("The JSON object is empty: it needs at least a “summary”.")
    return ""


def _check_list(entries: list[Any]) -> None:
    if len(entries) > MOST_SIGNALS:
        raise Rejected(f"The list has {len(entries)} entries; at most {MOST_SIGNALS} are accepted.")
    if not any(map(values.mapping, entries)):
        raise Rejected("The list holds no JSON object with a field in it.")


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return a signal for each object; `dedup_key` is not used, it is in the fields or made from them."""
    entries = obj if isinstance(obj, list) else [obj]
    usable = [entry for entry in map(values.mapping, entries) if entry]
    notes: list[str] = []
    if len(usable) < len(entries):
        notes.append(f"{len(entries) - len(usable)} entries of the list were not objects and are left out.")
    signals = tuple(signal_of(Fields(entry), received_at, notes) for entry in usable)
    return Parsed(signals, notes=tuple(dict.fromkeys(notes)))


def signal_of(fields: Fields, received_at: datetime, notes: list[str]) -> Signal:
    """Read one object by the names that its fields usually have; what is worth knowing is added to `notes`."""
    whole = fields.whole()
    status = values.name(fields.take("status", "state", "action", "event_action")).lower()
    given = _severity(fields, status)
    title = fields.take("summary", "title", "message", "msg", "text", "subject", "description")
    source = values.name(fields.take("source", "host", "hostname", "instance", "client", "origin"))
    found = values.key(
        fields.take("dedup_key", "id", "key", "alias", "fingerprint", "alert_id", "incident_key")
    )
    when = fields.take("timestamp", "time", "happened_at", "occurred_at", "starts_at", "date", "ts")
    component = values.name(fields.take("service", "component"))
    links = _links(fields)
    labels = values.labels(fields.peek("labels") or fields.peek("tags"))
    rule = values.name(fields.peek("rule") or fields.peek("alertname") or fields.peek("check"), 200)
    details = fields.rest()
    summary = values.summary(title, details) or one_line(json.dumps(whole, ensure_ascii=False), 200)
    if not found:
        notes.append("There is no “dedup_key”, so alerts are told apart by their summary and source.")
    return Signal(
        action=action_of(status, notes),
        dedup_key=found or values.hashed(summary, source),
        happened_at=parse_lenient(when, default=received_at),
        summary=summary,
        source=source,
        severity=values.severity(given, details),
        component=component,
        rule=rule,
        labels=labels,
        details=details,
        links=links,
    )


def action_of(status: str, notes: list[str]) -> Action:
    """What a word of state means; one that is not known fires, and is noted."""
    if status in _RESOLVE:
        return "resolve"
    if status in _ACKNOWLEDGE:
        return "acknowledge"
    if status and status not in _TRIGGER:
        notes.append(f"The status “{status[:60]}” is not known and was taken as a trigger.")
    return "trigger"


def _severity(fields: Fields, status: str) -> object:
    """The severity's own fields, else what a status like "warning" or a type like "info" says about it."""
    given = fields.take("severity", "priority", "level", "urgency")
    if given is not None:
        return given
    kind = fields.peek("type")
    if values.known_severity(kind):
        return fields.take("type")
    return _from_status(status)


def _from_status(status: str) -> Severity | None:
    return values.known_severity(status) if status in _TRIGGER and status != "alert" else None


def _links(fields: Fields) -> list[dict[str, str]]:
    single = [(text, fields.take_if(name, values.url)) for name, text in _LINKS.items()]
    return values.named_links(single) + values.links(fields.take_if("links", values.links))
