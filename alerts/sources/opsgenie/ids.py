"""The ids that Opsgenie's clients get from us, as UUIDs: of alerts, and of requests.

A request is a stored event. Its id says which event that is to us and to nobody else: eight bytes of a keyed hash of
the event's number, then the number, hidden under another one. So it needs no table to look up, and cannot be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from django.conf import settings

_WIDTH = 8
_MOST = 1 << 63


def request_id(event_id: int) -> str:
    """The id of the request that was stored as this event."""
    number = event_id.to_bytes(_WIDTH, "big")
    proof = _keyed(b"proof", number)
    return str(UUID(bytes=proof + _under(proof, number)))


def event_id(given: str) -> int | None:
    """The event of a request id that we gave; None for any other text."""
    found = _uuid(given)
    if found is None:
        return None
    proof, hidden = found.bytes[:_WIDTH], found.bytes[_WIDTH:]
    number = _under(proof, hidden)
    return int.from_bytes(number, "big") if hmac.compare_digest(proof, _keyed(b"proof", number)) else None


def alert_id(key: int) -> str:
    """The id of the alert with this primary key; the integration's key, not the id, opens it."""
    return str(UUID(int=key))


def alert_key(given: str) -> int | None:
    """The primary key in an alert's id; None for any other text."""
    found = _uuid(given)
    return found.int if found is not None and found.int < _MOST else None


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _under(proof: bytes, number: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(_keyed(b"mask", proof), number, strict=True))


def _keyed(purpose: bytes, message: bytes) -> bytes:
    key = hashlib.sha256(b"tocsin opsgenie request " + purpose + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, message, hashlib.sha256).digest()[:_WIDTH]
