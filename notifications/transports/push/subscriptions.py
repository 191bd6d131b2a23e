"""What a browser hands us when it subscribes (PushSubscription.toJSON, https://www.w3.org/TR/push-api/).

The endpoint is a secret: who knows it and the two keys can send. So it is kept sealed as a whole, and the address of
the contact method is only the push service's host and a digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from lib import jsonbody
from lib.outbound import OutboundRefused, networks, read_url

LARGEST = 4096
LONGEST_ENDPOINT = 2000
AUTH_BYTES = 16


class BadSubscription(Exception):
    """Not what a browser gives, or it leads to where we never send."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """`p256dh` is the browser's public key (a point of P-256, 65 bytes), `auth` a secret that is shared with it.

    `key` is our public key that it subscribed under: pushes signed by another one are refused.
    """

    endpoint: str
    p256dh: bytes
    auth: bytes
    key: str

    @property
    def origin(self) -> str:
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def address(self) -> str:
        """Short and unique, and of no use to anybody who reads it."""
        return f"{self.origin}/#{hashlib.sha256(self.endpoint.encode()).hexdigest()[:24]}"

    def stored(self) -> str:
        """As text to be sealed; `stored` reads it again."""
        return json.dumps(
            {
                "endpoint": self.endpoint,
                "keys": {"p256dh": _text(self.p256dh), "auth": _text(self.auth)},
                "key": self.key,
            }
        )


def read(raw: str, *, key: str) -> Subscription:
    """The subscription that a browser made under our public `key`. Raises BadSubscription."""
    try:
        given = jsonbody.parse(raw.encode("utf-8", "surrogatepass"), max_bytes=LARGEST, max_depth=4)
    except jsonbody.BadBody as error:
        raise BadSubscription(error.reason) from error
    return _made(given, key)


def stored(text: str) -> Subscription:
    """What `Subscription.stored` wrote. Raises BadSubscription."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise BadSubscription("nothing is stored") from error
    return _made(given, given.get("key", "") if isinstance(given, dict) else "")


def _made(given: object, key: str) -> Subscription:
    if not isinstance(given, dict) or not isinstance(given.get("keys"), dict):
        raise BadSubscription("no endpoint and keys")
    point, auth = _bytes(given["keys"], "p256dh"), _bytes(given["keys"], "auth")
    if len(auth) != AUTH_BYTES:
        raise BadSubscription("the authentication secret has not 16 bytes")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise BadSubscription("the public key is none") from error
    return Subscription(_endpoint(given.get("endpoint")), point, auth, key)


def _endpoint(given: object) -> str:
    """https only, save to hosts that the operator allowed by address."""
    if not isinstance(given, str) or len(given) > LONGEST_ENDPOINT:
        raise BadSubscription("no endpoint")
    try:
        target = read_url(given)
    except OutboundRefused as error:
        raise BadSubscription(error.reason) from error
    if target.scheme != "https" and not _is_allowed(target.host):
        raise BadSubscription("the endpoint is not https")
    return given


def _is_allowed(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in block for block in networks(settings.OUTBOUND_ALLOW))


def _bytes(given: Mapping[str, object], name: str) -> bytes:
    text = given.get(name)
    try:
        return base64.urlsafe_b64decode(f"{text}==") if isinstance(text, str) else b""
    except (binascii.Error, ValueError) as error:
        raise BadSubscription(f"{name} is not base64") from error


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
