"""From a stored call to signals. The verb and the alert's alias stand in the event's context.

What Tocsin has no state for (snoozed, assigned, unacknowledged) is written on the incident's timeline, where the people
who work on it see it. Source: Opsgenie's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Action, Parsed, Severity, Signal, Stored
from alerts.sources.plain import body_of

PRIORITIES: Mapping[str, Severity] = {
    "P1": "critical",
    "P2": "error",
    "P3": "warning",
    "P4": "info",
    "P5": "info",
}
_KEPT = ("description", "responders", "visibleTo", "actions", "tags", "user", "priority")
_SAID_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One stored call, read."""

    alias: str
    body: Mapping[str, Any]
    at: datetime
    name: str = ""

    @property
    def by(self) -> str:
        """Who did it, as far as that is said."""
        return values.name(self.body.get("user") or self.body.get("source"), 120)

    @property
    def note(self) -> str:
        """The words that came with it."""
        return values.name(self.body.get("note"), _SAID_LENGTH)

    def signal(self, action: Action, **fields: Any) -> Signal:
        """What it says of its alert."""
        return Signal(action=action, dedup_key=self.alias, happened_at=self.at, **fields)

    def update(self, **fields: Any) -> Signal:
        """New words; how bad it is stays, unless that is what is new."""
        return self.signal("update", **{"keeps_severity": True, **fields})

    def say(self, what: str) -> Signal:
        """A sentence for the timeline: what was done, by whom, with whose words."""
        told = f"{what} by {self.by}" if self.by else what
        return self.signal("note", summary=values.name(f"{told}: {self.note}" if self.note else told, 1024))


def read(stored: Stored) -> Parsed:
    """Return what the call says; a call without context is a create, as from the integration's page."""
    context = stored.context
    body = values.mapping(body_of(stored)) if stored.text.strip() else {}
    call = Call(
        alias=values.key(context.get("alias")) or stored.dedup_key or values.hashed(stored.text),
        body={**values.mapping(context.get("given")), **body},
        at=stored.received_at,
        name=values.name(context.get("name")),
    )
    saying = _VERBS.get(str(context.get("verb", "create")))
    if saying is None:
        return Parsed(notes=("This call is not one that we know.",))
    notes = ("Alert does not exist.",) if context.get("unknown") else ()
    return Parsed(tuple(saying(call)), notes=notes)


def _create(call: Call) -> list[Signal]:
    body = call.body
    details = {name: body[name] for name in _KEPT if body.get(name) not in (None, "", [], {})}
    details |= values.details(body.get("details"), "details")
    tags = values.items(body.get("tags"))
    # Without a priority nothing is known of how bad it is: such an alert pages, as it does in Opsgenie.
    given = body.get("priority")
    first = call.signal(
        "trigger",
        summary=values.summary(_message(body), details) or "Alert from Opsgenie’s API",
        source=values.name(body.get("source")),
        severity=_severity(given, details) if given else "error",
        component=values.name(body.get("entity")),
        rule=values.name(_rule(body), 200),
        labels=values.tagged(tags) | values.labels(body.get("details")),
        details=details,
        links=values.named_links([("Source", body.get("source"))]),
        client=values.name(body.get("source")),
        client_url=values.url(body.get("source")),
    )
    return [first, call.signal("note", summary=call.note)] if call.note else [first]


def _message(body: Mapping[str, Any]) -> object:
    texts = (body.get(name) for name in ("message", "description", "alias"))
    return next((text for text in texts if values.name(text)), "")


def _rule(body: Mapping[str, Any]) -> object:
    """Opsgenie has no rules, but what talks to it often says which one fired."""
    found = values.mapping(body.get("details"))
    names = ("alertname", "rule", "monitor", "check")
    return next((found[name] for name in names if values.name(found.get(name))), "")


def _severity(given: object, details: dict[str, Any]) -> Severity:
    return PRIORITIES.get(values.name(given).upper()) or values.severity(given, details)


def _acknowledge(call: Call) -> list[Signal]:
    return [*_told(call, "Acknowledged"), call.signal("acknowledge")]


def _close(call: Call) -> list[Signal]:
    """The words come first: they belong to what is still open."""
    return [*_told(call, "Closed"), call.signal("resolve")]


def _told(call: Call, what: str) -> list[Signal]:
    """Who did it and why, where that is said; that it was done is on the timeline anyway."""
    return [call.say(what)] if call.note or call.body.get("user") else []


def _delete(call: Call) -> list[Signal]:
    return [call.say("Deleted"), call.signal("resolve")]


def _message_set(call: Call) -> list[Signal]:
    details: dict[str, Any] = {}
    return [call.update(summary=values.summary(call.body.get("message"), details), details=details)]


def _description_set(call: Call) -> list[Signal]:
    return [call.update(details={"description": call.body.get("description")})]


def _priority_set(call: Call) -> list[Signal]:
    details: dict[str, Any] = {"priority": call.body.get("priority")}
    severity = _severity(details["priority"], details)
    return [call.update(severity=severity, details=details, keeps_severity=False)]


def _tags(call: Call) -> list[Signal]:
    tags = _texts(call.body.get("tags"))
    return [call.update(details={"tags": tags}), call.say(f"Tags added ({', '.join(tags)})")]


def _details(call: Call) -> list[Signal]:
    found = values.mapping(call.body.get("details"))
    return [call.update(details=found), call.say(f"Details added ({', '.join(found)})")]


def _notes(call: Call) -> list[Signal]:
    by = f"{call.by}: " if call.by else ""
    return [call.signal("note", summary=values.name(by + call.note, 1024))]


def _saying(what: str, field: str = "") -> Callable[[Call], list[Signal]]:
    """A verb that is only told; `field` is whom or what it is about."""

    def said(call: Call) -> list[Signal]:
        about = ", ".join(_texts(call.body.get(field))) if field else call.name
        return [call.say(f"{what} {about}" if about else what)]

    return said


def _texts(given: object) -> list[str]:
    """Texts of a list, of texts with commas between, or of an object that names somebody."""
    found = given if isinstance(given, list) else given.split(",") if isinstance(given, str) else [given]
    named = (_named(each) for each in found)
    return [each.strip() for each in named if each.strip()]


def _named(entry: object) -> str:
    who = values.mapping(entry)
    return values.name(who.get("username") or who.get("name") or who.get("id") if who else entry)


_VERBS: Mapping[str, Callable[[Call], list[Signal]]] = {
    "create": _create,
    "acknowledge": _acknowledge,
    "close": _close,
    "delete": _delete,
    "message": _message_set,
    "description": _description_set,
    "priority": _priority_set,
    "tags": _tags,
    "details": _details,
    "notes": _notes,
    "unacknowledge": _saying("Unacknowledged"),
    "snooze": _saying("Snoozed until", "endTime"),
    "escalate": _saying("Escalated to", "escalation"),
    "assign": _saying("Assigned to", "owner"),
    "responders": _saying("Responder added:", "responder"),
    "untag": _saying("Tags removed:", "tags"),
    "forget": _saying("Details removed:", "keys"),
    "actions": _saying("Action run:"),
}
