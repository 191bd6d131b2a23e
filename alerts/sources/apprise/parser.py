"""Apprise's own notification: a title, a message, and one of four types.

A failure or warning fires, a success ends, an info fires as info. Apprise names no condition, so the title does:
a success ends the alert whose title is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Parsed, Rejected, Severity, Signal
from lib.text import clean

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

SEVERITIES: Mapping[str, Severity] = {
    "failure": "error",
    "warning": "warning",
    "info": "info",
    "success": "info",
}


def check(obj: object, /) -> str:
    """Raise Rejected unless there is an object with a title or a message."""
    found = values.mapping(obj)
    if not found:
        raise Rejected("The body must be what apprise posts: an object with title, message and type.")
    if not (values.name(found.get("title")) or values.name(found.get("message"))):
        raise Rejected("There is neither a “title” nor a “message”.")
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return the one signal; `dedup_key` is not used, the title is the key."""
    found = values.mapping(obj)
    kind = values.name(found.get("type")).lower()
    message = clean(found.get("message"), values.WHOLE).strip()
    details = _details(found, message)
    title = values.summary(found.get("title"), details) or values.summary(message.partition("\n")[0], details)
    signal = Signal(
        action="resolve" if kind == "success" else "trigger",
        dedup_key=values.key(title) or values.hashed("apprise"),
        happened_at=received_at,
        summary=title or "Notification",
        severity=_severity(kind, details),
        details=details,
        client="Apprise",
    )
    return Parsed((signal,))


def _severity(kind: str, details: dict[str, Any]) -> Severity:
    return SEVERITIES[kind] if kind in SEVERITIES else values.severity(kind, details)


def _details(found: Mapping[str, Any], message: str) -> dict[str, Any]:
    """The message and what was added to the address; attachments by name, their contents stay outside."""
    rest = {
        name: each
        for name, each in found.items()
        if name not in ("version", "title", "message", "type", "attachments", "files")
    }
    names = [
        values.name(values.mapping(each).get("filename")) for each in values.items(found.get("attachments"))
    ]
    names += [values.name(each) for each in values.items(found.get("files"))]
    attached = [name for name in names if name]
    return ({"message": message} if message else {}) | rest | ({"attachments": attached} if attached else {})
