"""Slack's signature v0 (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

FRESH = 300


def is_signed(secret: str, *, timestamp: str, signature: str, raw: bytes, now: datetime) -> bool:
    """Whether `raw`, as it came over the wire, was signed with `secret` within five minutes. Constant time."""
    if not (secret and timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > FRESH:
        return False
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), signature.encode("utf-8", "replace"))


def once(timestamp: str, signature: str) -> str:
    """The name of one signed request: the same again is a replay."""
    return "sig:" + hashlib.sha256(f"{timestamp}:{signature}".encode("utf-8", "replace")).hexdigest()[:48]
