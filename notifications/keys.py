"""Key pairs of this installation, made with its tables and kept for good.

Browsers are bound to the public key that they subscribed with, and exports are checked with theirs: a key is never
made a second time, also not by two processes at once.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.http import Http404

from lib.sealing import seal, unseal
from notifications.models import KeyPurpose, SigningKey


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Both halves as text, in the form that their purpose uses."""

    public: str
    private: str


def signing_key(*, purpose: str, make: Callable[[], KeyPair], now: datetime) -> KeyPair:
    """The key of `purpose` (KeyPurpose); `make` is called only where there is none yet.

    Of several processes that make one at once the first to write wins, and all return what is stored. Raises
    lib.sealing.BadSeal when it was sealed under a SECRET_KEY that is gone: whoever runs the installation must decide.
    """
    row = SigningKey.objects.filter(purpose=purpose).first()
    if row is None:
        made = make()
        fresh = SigningKey(purpose=purpose, public=made.public, private=seal(made.private), created_at=now)
        SigningKey.objects.bulk_create([fresh], ignore_conflicts=True)
        row = SigningKey.objects.get(purpose=purpose)
    return KeyPair(public=row.public, private=unseal(row.private))


class NoKey(Http404):
    """There is none yet: `manage.py migrate` makes it. Whoever asks for it finds nothing."""


def kept_key(purpose: str) -> KeyPair:
    """The key of `purpose` as it stands. Raises NoKey, BadSeal."""
    row = SigningKey.objects.filter(purpose=purpose).first()
    if row is None:
        raise NoKey(purpose)
    return KeyPair(public=row.public, private=unseal(row.private))


def vapid_keys(now: datetime) -> KeyPair:
    """The P-256 pair by which push services know us (RFC 8292), both halves in URL-safe base64 without padding.

    `public` is the uncompressed point (65 bytes), which browsers subscribe with; `private` is the scalar (32 bytes).
    """
    return signing_key(purpose=KeyPurpose.VAPID, make=_new_vapid, now=now)


def _new_vapid() -> KeyPair:
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    scalar = key.private_numbers().private_value.to_bytes(32, "big")
    return KeyPair(public=_text(point), private=_text(scalar))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
