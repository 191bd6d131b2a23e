"""Gates whose sender signs: the signature is looked at before the body is."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from alerts.sources.base import Accepted, Answer, Arrived, Door, Gate, Rejected

# Raises Rejected where the request does not prove its sender.
Verify = Callable[[Arrived, Door], None]
MISSING = "The request is not signed, and this integration takes only signed ones."
WRONG = "The signature does not fit: compare the secret here with the one at the sender."


def signed(gate: Gate, verify: Verify) -> Gate:
    """The same gate, which lets in only what `verify` passes."""
    return replace(gate, take=partial(_take, verify, gate.take))


def hmac_fits(secret: str, text: bytes, signature: str) -> bool:
    """Whether `signature` is the hex HMAC-SHA256 of `text`, compared in constant time."""
    expected = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode())


def require(signature: str, fits: bool) -> None:
    """Raise Rejected (401) where there is no signature, or a wrong one."""
    if not signature:
        raise Rejected(MISSING, status=401)
    if not fits:
        raise Rejected(WRONG, status=401)


def _take(
    verify: Verify, take: Callable[[Arrived, Door], Accepted | Answer], arrived: Arrived, door: Door
) -> Accepted | Answer:
    verify(arrived, door)
    return take(arrived, door)
