"""Keys that come in the Authorization header."""

from __future__ import annotations

import base64
import binascii

from alerts.sources.base import Arrived


def bearer(arrived: Arrived, scheme: str = "bearer") -> str:
    """The key behind `Authorization: Bearer …` (or another scheme), else ""."""
    said, _, key = arrived.headers.get("authorization", "").strip().partition(" ")
    return key.strip() if said.lower() == scheme else ""


def password(arrived: Arrived) -> str:
    """The password of `Authorization: Basic …`, whatever the name before it, else ""."""
    try:
        pair = base64.b64decode(bearer(arrived, "basic"), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[2]
