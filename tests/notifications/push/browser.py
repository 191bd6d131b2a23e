"""A browser as a push service sees it: it has keys of its own and reads what it is sent."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.notifications.chats.server import Request


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Browser:
    endpoint: str
    secret: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def subscription(self) -> dict[str, Any]:
        """What PushSubscription.toJSON gives."""
        point = self.secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {"p256dh": text(point), "auth": text(self.auth)},
        }

    @property
    def json(self) -> str:
        return json.dumps(self.subscription)

    def read(self, request: Request) -> dict[str, Any]:
        """What the worker in the browser would get."""
        opened = http_ece.decrypt(
            request.body, private_key=self.secret, auth_secret=self.auth, version="aes128gcm"
        )
        found: dict[str, Any] = json.loads(opened)
        return found
