"""One push on the wire: encrypted for the browser (RFC 8291), signed as ours (RFC 8292), with RFC 8030's headers."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from email.utils import parseaddr

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from notifications import providers
from notifications.keys import KeyPair
from notifications.transports.base import Message
from notifications.transports.push.subscriptions import Subscription

CLAIM_LIVES = timedelta(hours=12)
LOUD = {"page", "drill", "alarm"}
AWAITED = {"verification", "test"}
# How long a push service keeps a message for a device that is off. What is over by then is replaced by its notice,
# which has the same topic.
KEPT, KEPT_SHORT = timedelta(hours=4), timedelta(minutes=15)
SECTION = 4096


def encrypted(subscription: Subscription, payload: bytes) -> bytes:
    """The body in "aes128gcm": only the browser can read it, the push service can not."""
    import http_ece  # noqa: PLC0415 - loaded when the channel is first used

    body: bytes = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=subscription.p256dh,
        auth_secret=subscription.auth,
        rs=SECTION,
        version="aes128gcm",
    )
    return body


def authorization(origin: str, pair: KeyPair, now: datetime) -> str:
    """The signed claim that it is us, for one push service (its origin), valid for twelve hours."""
    from py_vapid import Vapid02  # noqa: PLC0415 - loaded when the channel is first used

    claims = {"aud": origin, "exp": int((now + CLAIM_LIVES).timestamp()), "sub": contact()}
    header: str = Vapid02.from_raw(pair.private.encode()).sign(claims)["Authorization"]
    return header


def contact() -> str:
    """Whom a push service can write to about us."""
    chosen = (providers.values("push") or {}).get("contact", "").strip()
    return f"mailto:{chosen or parseaddr(settings.DEFAULT_FROM_EMAIL)[1] or 'tocsin@localhost'}"


def headers(message: Message, tag: str) -> dict[str, str]:
    """How long it is kept, whether it wakes a phone, and what older message it stands in for."""
    kept = KEPT_SHORT if message.kind in AWAITED else KEPT
    return {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(int(kept.total_seconds())),
        "Urgency": "high" if is_urgent(message) or message.kind in AWAITED else "normal",
        "Topic": topic(tag),
    }


def is_urgent(message: Message) -> bool:
    """A page that is not of low urgency, a drill or an alarm: it may wake somebody."""
    is_low = (message.data or {}).get("urgency") == "low"
    return message.kind in LOUD and not message.quiet and not is_low


def topic(tag: str) -> str:
    """32 characters of the URL-safe alphabet, which is what push services take."""
    return base64.urlsafe_b64encode(hashlib.sha256(tag.encode()).digest())[:32].decode()
