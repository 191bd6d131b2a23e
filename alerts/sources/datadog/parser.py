"""Datadog's webhook: the body is whatever the user wrote, with $VARIABLES filled in, as JSON or a form.

Ours (see setup.html): id ($ALERT_CYCLE_KEY, the same from trigger to recovery), monitor, title, body, transition,
priority, link, tags, scope, ts ($DATE, epoch milliseconds). Datadog's own default body has no transition and a new id
with every event: it is read too, by the words in brackets before its title.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Parsed, Rejected, Severity, Signal
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

_TRANSITIONS = "Re-Triggered|Triggered|Re-Warn|Warn|Re-No Data|No Data|Recovered|Renotify|Null"
_TITLE = re.compile(
    rf"\[(?:Monitor Alert\] ?\[)?({_TRANSITIONS})(?: on (\{{.*?\}}))?\]\s*(.*)", re.IGNORECASE
)
_UNFILLED = re.compile(r"\$[A-Z][A-Z0-9_.\[\]]*")
_TAKEN = frozenset(("id", "title", "transition", "priority", "link", "tags", "ts", "scope"))
_NO_PRIORITY = frozenset(("", "normal", "not defined", "undefined", "null"))


@dataclass(frozen=True, slots=True)
class _Title:
    """What stands in a title "[Triggered on {host:a}] CPU is high"."""

    transition: str
    scope: str
    words: str


def check(obj: object, /) -> str:
    """Raise Rejected for what is no object, or an empty one."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object. Copy the payload anew from the integration's page.")
    if not obj:
        raise Rejected("The payload is empty. Copy it anew from the integration's page.")
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return a signal, or only a note for what is no change of a monitor; `dedup_key` is not used."""
    event = {name: "" if _is_unfilled(value) else value for name, value in values.mapping(obj).items()}
    title = _title(event)
    transition = values.name(event.get("transition") or title.transition).lower()
    if transition == "null":
        return Parsed(notes=("The transition is Null: this event says nothing about a monitor.",))
    notes = [] if transition else ["There is no transition: this was taken as a trigger."]
    if not event.get("transition"):
        notes.append("This is not the payload of the integration's page: alerts are told apart by title.")
    return Parsed((_signal(event, title, transition, received_at),), notes=tuple(notes))


def _is_unfilled(value: object) -> bool:
    """Datadog leaves a variable that it does not know as it stands."""
    return isinstance(value, str) and bool(_UNFILLED.fullmatch(value.strip()))


def _title(event: dict[str, Any]) -> _Title:
    text = values.name(event.get("title"), values.WHOLE)
    found = _TITLE.fullmatch(text)
    return _Title(found[1], found[2] or "", found[3] or text) if found else _Title("", "", text)


def _signal(event: dict[str, Any], title: _Title, transition: str, received_at: datetime) -> Signal:
    tags = values.tagged([*_listed(event.get("tags")), *_listed(event.get("scope"))])
    details = {name: value for name, value in event.items() if name not in _TAKEN and value not in (None, "")}
    given = values.name(event.get("alert_title") or event.get("monitor_name"), 200)
    return Signal(
        action="resolve" if transition == "recovered" else "trigger",
        dedup_key=_key(event, title),
        happened_at=parse_lenient(event.get("ts") or event.get("date"), default=received_at),
        summary=values.summary(title.words or event.get("body") or "Datadog event", details),
        source=values.name(tags.get("host") or event.get("scope") or title.scope),
        severity=_severity(event, transition, details),
        component=values.name(tags.get("service")),
        group=values.name(tags.get("env")),
        rule=given or _monitor(event),
        labels=tags,
        details=details,
        links=values.named_links([("Datadog", event.get("link"))]),
        images=values.images([{"src": event.get("snapshot"), "href": event.get("link")}]),
        client="Datadog",
    )


def _monitor(event: dict[str, Any]) -> str:
    number = values.name(event.get("monitor"), 190)
    return f"monitor {number}" if number else ""


def _key(event: dict[str, Any], title: _Title) -> str:
    """The cycle's key; without a transition `id` is that of the event, new each time, and the title must do."""
    if event.get("transition") and values.key(event.get("id")):
        return values.key(event.get("id"))
    monitor, scope = event.get("monitor"), event.get("scope") or title.scope
    return values.hashed(monitor, scope) if monitor else values.hashed(title.words, scope)


def _severity(event: dict[str, Any], transition: str, details: dict[str, Any]) -> Severity:
    """The monitor's priority; a warning is never more than that."""
    given = values.name(event.get("priority"))
    found = values.severity("" if given.lower() in _NO_PRIORITY else given, details)
    if transition.endswith("warn"):
        return "info" if found == "info" else "warning"
    return found


def _listed(tags: object) -> list[object]:
    """$TAGS is one text with commas; a payload of one's own may have a list."""
    return (
        list(tags)
        if isinstance(tags, list)
        else [each for each in values.name(tags, 10_000).split(",") if each]
    )
