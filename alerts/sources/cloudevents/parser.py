"""From events to signals and changes. Data that is an object is read as plain JSON is; the envelope says the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Change, Parsed, Severity, Signal
from alerts.sources.cloudevents.envelope import Envelope
from alerts.sources.cloudevents.meaning import action, change_kind
from alerts.sources.generic.fields import Fields
from alerts.sources.generic.parser import signal_of
from lib.times import parse_lenient

KEYS = ("dedup_key", "alert_id", "fingerprint", "incident_key", "key")
SERVICES = ("service", "service_name", "serviceName", "component", "application", "app")


def read(events: list[Envelope], received_at: datetime) -> Parsed:
    """All events in their order."""
    signals: list[Signal] = []
    changes: list[Change] = []
    notes: list[str] = []
    for event in events:
        kind = change_kind(event.type)
        if kind:
            changes.append(_change(event, kind, received_at))
        else:
            signals.append(_signal(event, received_at, notes))
    return Parsed(tuple(signals), tuple(changes), tuple(dict.fromkeys(notes)))


def _signal(event: Envelope, received_at: datetime, notes: list[str]) -> Signal:
    data = values.mapping(event.data)
    heard: list[str] = []
    base = signal_of(Fields(dict(data)), received_at, heard)
    said, stem = action(event.type)
    states = any(data.get(name) for name in ("status", "state", "action", "event_action"))
    notes += [note for note in heard if "status" in note]
    details = _details(event, base.details if data else {})
    return replace(
        base,
        action=base.action if states or said is None else said,
        dedup_key=_key(event, data, stem),
        happened_at=parse_lenient(event.time, default=base.happened_at),
        summary=_summary(event, base if data else None, details),
        source=base.source or values.name(event.source),
        severity=_severity(event, base, details),
        rule=base.rule or values.name(stem, 200),
        labels=values.labels({**base.labels, "type": event.type, "source": event.source, **_plain(event)}),
        details=details,
    )


def _key(event: Envelope, data: dict[str, Any], stem: str) -> str:
    """What the data calls it, else the source with the subject, else with the type but for its last word."""
    named = next((data[name] for name in KEYS if values.key(data.get(name))), None)
    return values.key(named) or values.key(f"{event.source} {event.subject or stem}")


def _summary(event: Envelope, base: Signal | None, details: dict[str, Any]) -> str:
    """What the data says in words; else the type and what it is about."""
    titled = any(
        values.mapping(event.data).get(name)
        for name in ("summary", "title", "message", "msg", "text", "subject", "description")
    )
    if base and titled:
        return base.summary
    said = event.data if isinstance(event.data, str) and event.data.strip() else ""
    return values.summary(said or " ".join((event.type, event.subject)).strip(), details)


def _severity(event: Envelope, base: Signal, details: dict[str, Any]) -> Severity:
    """An extension attribute's word counts before the data's."""
    given = event.more.get("severity") or event.more.get("severitytext")
    return values.severity(given, details) if given else base.severity


def _details(event: Envelope, said: Any) -> dict[str, Any]:
    extra = {} if isinstance(event.data, dict | str | None) else values.details(event.data, "data")
    return {**dict(said), **extra, "id": event.id, "type": event.type} | (
        {"subject": event.subject} if event.subject else {}
    )


def _plain(event: Envelope) -> dict[str, Any]:
    return {name: each for name, each in event.more.items() if isinstance(each, str | int | float)}


def _change(event: Envelope, kind: Any, received_at: datetime) -> Change:
    data = values.mapping(event.data)
    details = _details(event, data)
    subject = values.mapping(data.get("subject"))  # CDEvents puts what it is about into the data
    content = values.mapping(subject.get("content"))
    about = values.name(event.subject or subject.get("id"))
    said = next((data[name] for name in ("summary", "title", "message") if data.get(name)), None)
    links = [("Source", data.get(name)) for name in ("url", "link", "html_url")] + [
        ("Source", subject.get("source"))
    ]
    return Change(
        summary=values.summary(said or _told(event.type, about), details),
        happened_at=parse_lenient(event.time, default=received_at),
        kind=kind,
        service=next((values.name(data[name]) for name in SERVICES if data.get(name)), "")
        or _service_of(event, content, about),
        source=values.name(event.source),
        details=details,
        links=values.named_links(links)[:1],
    )


def _told(kind: str, about: str) -> str:
    """ "dev.cdevents.service.deployed.0.1.1" of "shop" is "service deployed: shop"."""
    bare = kind.removeprefix("dev.cdevents.")
    plain = " ".join(each for each in bare.split(".") if not each[:1].isdigit())
    return f"{plain}: {about}" if about else plain


def _service_of(event: Envelope, content: dict[str, Any], about: str) -> str:
    """In CDEvents the subject of an event about a service is the service."""
    if event.type.startswith("dev.cdevents.service."):
        return about
    return values.name(content.get("service"))
