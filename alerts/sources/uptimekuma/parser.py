"""Uptime Kuma: a heartbeat, the monitor that it is of, and a sentence.

The monitor's id is the identity. The test button and warnings about certificates send null for both: they are kept as
events, and make no alert.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Action, Parsed, Rejected, Signal
from lib.text import one_line
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

ACTIONS: Mapping[int, Action] = {0: "trigger", 1: "resolve"}
# Kuma tries again before it says "down", and a planned maintenance is no failure.
SAID_NOTHING = {2: "The monitor is pending: Uptime Kuma tries again.", 3: "The monitor is in maintenance."}
_FIELDS = frozenset(("heartbeat", "monitor", "msg"))


def check(obj: object, /) -> str:
    """Raise Rejected unless it has one of Uptime Kuma's three fields."""
    if not _FIELDS & set(values.mapping(obj)):
        raise Rejected("There is none of “heartbeat”, “monitor” and “msg”: is the body Uptime Kuma's own?")
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return the monitor's signal, or a note where nothing is said about one; `dedup_key` is not used."""
    found = values.mapping(obj)
    beat, monitor = values.mapping(found.get("heartbeat")), values.mapping(found.get("monitor"))
    said = one_line(found.get("msg"), 300)
    if not beat or not (monitor or "monitorID" in beat):
        return Parsed(notes=(f"A test or a warning without a monitor, no alert was made of it: {said}",))
    status = _status(beat.get("status"))
    if status not in ACTIONS:
        return Parsed(notes=(SAID_NOTHING.get(status, "The status of the heartbeat is not known."),))
    return Parsed((_signal(ACTIONS[status], beat, monitor, said, received_at),))


def _status(value: object) -> int:
    """0 down, 1 up, 2 pending, 3 maintenance; -1 for what is none of them."""
    text = values.name(value)
    return {"true": 1, "false": 0}.get(text, int(text) if text in ("0", "1", "2", "3") else -1)


def _signal(
    action: Action, beat: Mapping[str, Any], monitor: Mapping[str, Any], said: str, received_at: datetime
) -> Signal:
    name = values.name(monitor.get("name")) or f"Monitor {values.name(beat.get('monitorID'))}"
    identity = monitor.get("id", beat.get("monitorID"))
    details = _details(beat, monitor, said)
    return Signal(
        action=action,
        dedup_key=values.key(f"monitor/{values.name(identity)}")
        if identity is not None
        else values.hashed(name),
        happened_at=parse_lenient(beat.get("time"), default=received_at),
        summary=values.summary(_summary(name, action, beat), details),
        source=_target(monitor),
        severity="critical" if action == "trigger" else "info",
        rule=values.name(name, 200),
        labels=_labels(monitor),
        details=details,
        links=values.named_links([("Monitored address", monitor.get("url"))]),
        client="Uptime Kuma",
    )


def _summary(name: str, action: Action, beat: Mapping[str, Any]) -> str:
    why = values.name(beat.get("msg"))
    state = "is down" if action == "trigger" else "is up"
    return f"{name} {state}: {why}" if why else f"{name} {state}"


def _target(monitor: Mapping[str, Any]) -> str:
    """What is watched: an address, or a host with its port. Kuma sends "https://" for monitors without an address."""
    url, host, port = (values.name(monitor.get(name)) for name in ("url", "hostname", "port"))
    if host:
        return values.name(f"{host}:{port}" if port else host)
    return url if url not in ("http://", "https://") else ""


def _labels(monitor: Mapping[str, Any]) -> dict[str, str]:
    """The monitor's tags, with their values where they have some, and its type."""
    tags = map(values.mapping, values.items(monitor.get("tags")))
    named = {values.name(tag.get("name")): values.name(tag.get("value")) or "true" for tag in tags}
    return values.labels({"type": values.name(monitor.get("type")), **named})


def _details(beat: Mapping[str, Any], monitor: Mapping[str, Any], said: str) -> dict[str, Any]:
    shown = {
        name: beat.get(name) for name in ("msg", "ping", "duration", "retries") if beat.get(name) is not None
    }
    description = monitor.get("description")
    return {"message": said, **shown} | ({"description": description} if description else {})
