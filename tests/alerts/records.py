"""Recorded requests: one file each in payloads/<kind>/, and how they are sent through the door.

A record is {"method", "path", "headers", "body", "says"} and, where needed, "secret" and "options" of the integration,
"stored": false (answered, but nothing is kept) and "status" (else any 2xx). `body` is a JSON value, or a string for
what is not JSON. `{key}` stands for the integration's key and `{basic}` for the Basic credentials with it as password;
what depends on the body is added by tests.alerts.signing. `says` are the actions of the signals in their order, then
"change" for each change and "ping" for each ping.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.test import Client

from alerts.models import Event, Integration
from alerts.sources.base import Parsed, Stored
from alerts.sources.registry import reader
from catalog.models import Service
from tests.alerts.payloads import FOLDER
from tests.making import make_integration

ENTRIES = frozenset({"method", "path", "headers", "body", "says", "secret", "options", "stored", "status"})


@dataclass(frozen=True)
class Record:
    """One recorded request. `body` is as it stands in the file."""

    kind: str
    name: str
    path: str
    body: Any
    says: tuple[str, ...]
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    stored: bool = True
    status: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    def with_body(self, body: Any) -> Record:
        """The same request with another body."""
        return replace(self, body=body)


@dataclass(frozen=True)
class Wire:
    """A request as it goes over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def with_headers(self, **headers: str) -> Wire:
        """With more headers; an underscore stands for a dash."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})


def record(path: Path) -> Record:
    """Read one file."""
    found = json.loads(path.read_text(encoding="utf-8"))
    unknown = set(found) - ENTRIES
    if unknown:
        raise ValueError(f"{path}: unknown entries {sorted(unknown)}")
    found["says"] = tuple(found["says"])
    return Record(kind=path.parent.name, name=path.stem, **found)


@cache
def records(kind: str = "*") -> tuple[Record, ...]:
    """All recorded requests, or those of one kind."""
    return tuple(record(path) for path in sorted(FOLDER.glob(f"{kind}/*.json")))


def wire(record: Record, key: str) -> Wire:
    """The request with the key filled in, not signed yet."""
    basic = base64.b64encode(f"tocsin:{key}".encode()).decode()

    def filled(text: str) -> str:
        return text.replace("{key}", key).replace("{basic}", basic)

    text = record.body if isinstance(record.body, str) else json.dumps(record.body, ensure_ascii=False)
    headers = {name: filled(value) for name, value in record.headers.items()}
    body = b"" if record.body is None else filled(text).encode("utf-8", "surrogatepass")
    return Wire(record.method, filled(record.path), headers, body)


def send(request: Wire) -> HttpResponse:
    """Through the HTTP door, as the tool would."""
    headers = {"Content-Type": "application/json", **request.headers}
    content_type = headers.pop("Content-Type")
    answer: HttpResponse = Client().generic(  # type: ignore[assignment]
        request.method, request.path, request.body, content_type=content_type, headers=headers
    )
    return answer


def door(service: Service, record: Record) -> tuple[Integration, str]:
    """An integration of the record's kind, with its secret and options, and the key."""
    return make_integration(service, record.kind, secret=record.secret, options=dict(record.options))


def parsed(event: Event, received_at: datetime) -> Parsed:
    """What the source reads of a stored event, as if it had come then."""
    stored = Stored(
        text=event.body,
        received_at=received_at,
        context=event.context,
        dedup_key=event.dedup_key,
        options=event.integration.options,
    )
    return reader(event.integration.kind, event.endpoint)(stored)


def said(found: Parsed) -> list[str]:
    """As in a record's `says`."""
    changes, pings = ["change"] * len(found.changes), ["ping"] * len(found.pings)
    return [signal.action for signal in found.signals] + changes + pings


def found(kind: str, name: str) -> Record:
    """The record of that kind and name."""
    return next(each for each in records(kind) if each.name == name)


def reading(kind: str, name: str, *, now: datetime, context: Mapping[str, Any] | None = None) -> Parsed:
    """What a kind reads of a record's body alone, without the door."""
    body = found(kind, name).body
    text = body if isinstance(body, str) else json.dumps(body)
    return reader(kind)(Stored(text=text, received_at=now, context=context or {}))
