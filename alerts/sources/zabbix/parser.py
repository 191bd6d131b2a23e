"""What our media type for Zabbix posts (tocsin.yaml): its parameters, with Zabbix's macros filled in.

The problem's id names the condition, in its recovery and its updates too. A macro that Zabbix could not fill in stays
as it is, or is "*UNKNOWN*", and counts as empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Action, Link, Parsed, Rejected, Severity, Signal
from lib.text import clean

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

SEVERITIES: Mapping[str, Severity] = {
    "0": "info",
    "1": "info",
    "2": "warning",
    "3": "error",
    "4": "error",
    "5": "critical",
}
NAMES = ("Not classified", "Information", "Warning", "Average", "High", "Disaster")
DISCOVERY, REGISTRATION = "1", "2"
_UNFILLED = re.compile(r"\{[$#?]?[A-Z][A-Z0-9._:\"-]*\}|\*UNKNOWN\*|\*UNKNOWN_MACRO\*")
_ACKNOWLEDGED = re.compile(r"(?<!un)acknowledged", re.IGNORECASE)
_COMMENTED = re.compile("commented", re.IGNORECASE)
_SHOWN = ("operational_data", "host_ip", "message", "update_action", "update_message", "user", "trigger_name")


def check(obj: object, /) -> str:
    """Raise Rejected unless there is a problem's id and what it is called."""
    found = values.mapping(obj)
    if not found:
        raise Rejected("The body must be the object that the media type posts.")
    if not _filled(found, "event_id"):
        raise Rejected("“event_id” is empty: import the media type from the integration's page anew.")
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return the one signal; `dedup_key` is not used, the problem's id is the key."""
    found = {name: _filled(values.mapping(obj), name) for name in map(str, values.mapping(obj))}
    if found.get("event_source") in (DISCOVERY, REGISTRATION):
        return Parsed(notes=("Discovery and registration of hosts make no alert.",))
    details: dict[str, Any] = {name: found[name] for name in _SHOWN if found.get(name)}
    action = _action(found)
    signal = Signal(
        action=action,
        dedup_key=values.key(found.get("event_id")) or values.hashed("zabbix"),
        happened_at=received_at,
        summary=_summary(action, found, details),
        source=values.name(found.get("host")),
        severity=_severity(found.get("severity", ""), details),
        rule=values.name(found.get("trigger_name") or found.get("name"), 200),
        labels=_labels(found.get("tags", ""), found.get("host", "")),
        details=details,
        links=_links(found),
        client="Zabbix",
        client_url=values.url(found.get("zabbix_url")),
    )
    return Parsed((signal,))


def _filled(found: Mapping[str, Any], name: str) -> str:
    """A parameter's text; empty where Zabbix left a macro in it that it could not fill in."""
    text = clean(found.get(name), values.WHOLE).strip()
    return "" if _UNFILLED.fullmatch(text) else text


def _action(found: Mapping[str, str]) -> Action:
    if found.get("event_value") == "0":
        return "resolve"
    if found.get("update_status") != "1":
        return "trigger"
    done = found.get("update_action", "")
    if _ACKNOWLEDGED.search(done):
        return "acknowledge"
    return "note" if _COMMENTED.search(done) else "update"


def _summary(action: Action, found: Mapping[str, str], details: dict[str, Any]) -> str:
    if action == "note":
        said = f"{found.get('user') or 'Somebody'} in Zabbix: {found.get('update_message', '')}"
        return values.summary(said, details)
    named = found.get("name") or found.get("subject") or f"Zabbix event {found.get('event_id', '')}"
    return values.summary(named, details)


def _severity(given: str, details: dict[str, Any]) -> Severity:
    if given not in SEVERITIES:
        return values.severity(given, details)
    details["severity_given"] = NAMES[int(given)]
    return SEVERITIES[given]


def _labels(tags: str, host: str) -> dict[str, str]:
    """The problem's tags and its host; a tag without a value is "true"."""
    try:
        listed = values.items(json.loads(tags or "[]"))
    except (ValueError, RecursionError):
        listed = []
    entries = [values.mapping(entry) for entry in listed]
    named = {values.name(each.get("tag")): values.name(each.get("value")) or "true" for each in entries}
    return values.labels({"host": host, **named})


def _links(found: Mapping[str, str]) -> list[Link]:
    base = values.url(found.get("zabbix_url")).rstrip("/")
    asked = urlencode({"triggerid": found.get("trigger_id", ""), "eventid": found.get("event_id", "")})
    problem = f"{base}/tr_events.php?{asked}" if base and found.get("trigger_id") else ""
    return values.named_links([("Problem in Zabbix", problem), ("Trigger", found.get("trigger_url"))])
