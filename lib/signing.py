"""Sign what we send by Standard Webhooks: https://www.standardwebhooks.com (spec, "Signature scheme")."""

import base64
import binascii
import hashlib
import hmac
import secrets as random
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
_FEWEST_BYTES, _MOST_BYTES = 24, 64


class BadSecret(ValueError):
    """A signing secret is not `whsec_` and the base64 of 24 to 64 bytes."""


def new_secret() -> str:
    """Return a new signing secret: `whsec_` and the base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(random.token_bytes(32)).decode()


def sign(secrets: Sequence[str], msg_id: str, timestamp: datetime, body: bytes) -> dict[str, str]:
    """Return the three webhook headers over `msg_id.timestamp.body`.

    With several secrets there is a signature for each, so that a receiver may change its secret without a
    gap. The id stays the same when a message is sent again, the timestamp (aware) is that of the sending.
    Raises BadSecret.
    """
    seconds = str(int(timestamp.timestamp()))
    signed = f"{msg_id}.{seconds}.".encode() + body
    signatures = [f"v1,{_signature(_key(secret), signed)}" for secret in secrets]
    if not signatures:
        raise BadSecret("There is no secret to sign with.")
    return {
        "webhook-id": msg_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(signatures),
    }


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecret("A signing secret must be whsec_ and base64.") from error
    if not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise BadSecret(f"A signing secret must hold {_FEWEST_BYTES} to {_MOST_BYTES} bytes.")
    return key
