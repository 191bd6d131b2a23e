"""The envelope: an event's attributes and its data, from whichever of the three modes it came in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from alerts.sources import values
from alerts.sources.base import Rejected
from lib.text import clean

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
REQUIRED = ("id", "source", "type")
PREFIX = "ce-"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One event. `more` are the extension attributes; `data` is a JSON value, or text where it is none."""

    id: str
    source: str
    type: str
    subject: str
    time: object
    data: Any
    more: Mapping[str, Any]

    @property
    def identity(self) -> str:
        """What two deliveries of one event share, hashed."""
        return hashlib.sha256(json.dumps([self.source, self.id]).encode()).hexdigest()


KNOWN = frozenset(
    (*REQUIRED, "specversion", "subject", "time", "datacontenttype", "dataschema", "data", "data_base64")
)


def check(event: object, place: str = "The event") -> None:
    """Raise Rejected unless it is an object with the required attributes, of version 1.x."""
    found = values.mapping(event)
    missing = [name for name in REQUIRED if not values.name(found.get(name))]
    if missing:
        raise Rejected(f"{place} lacks {', '.join(f'“{name}”' for name in missing)}.")
    version = values.name(found.get("specversion"))
    if not version.startswith("1."):
        raise Rejected(f"{place} is of specversion “{version[:20]}”; 1.0 is read.")


def opened(event: object) -> Envelope:
    """Read an event of the structured mode; never raises."""
    found = values.mapping(event)
    text = {name: clean(found.get(name), 1000) for name in (*REQUIRED, "subject")}
    more = {name: each for name, each in found.items() if name not in KNOWN}
    return Envelope(**text, time=found.get("time"), data=_data(found), more=more)


def attributes(headers: Mapping[str, str]) -> dict[str, str]:
    """The attributes that the binary mode sends as headers, percent-decoded as the specification says."""
    return {
        name.removeprefix(PREFIX): unquote(value)
        for name, value in headers.items()
        if name.startswith(PREFIX)
    }


def _data(found: Mapping[str, Any]) -> Any:
    coded = found.get("data_base64")
    if not isinstance(coded, str) or found.get("data") is not None:
        return found.get("data")
    try:
        raw = base64.b64decode(coded, validate=False)
    except (binascii.Error, ValueError):
        return coded
    return as_data(raw)


def as_data(raw: bytes) -> Any:
    """Bytes as a JSON value where they are one, else as text; empty is None."""
    text = raw.decode("utf-8", "replace")
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        return text
