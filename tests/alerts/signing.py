"""What tools add to a request that depends on its body, by kind: signatures, and the world that they are checked in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from alerts.sources.sns import certificates
from alerts.sources.sns.envelope import envelope_of
from lib import http
from tests.alerts.records import Record, Wire

# The request as it goes out, and the record that it was made of (for its secret).
Sign = Callable[[Wire, Record], Wire]
Surround = Callable[[pytest.MonkeyPatch], None]


def signed(wire: Wire, record: Record) -> Wire:
    """The request as its tool sends it."""
    sign = SIGN.get(record.kind)
    return sign(wire, record) if sign else wire


def surround(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put up what checking this kind's signatures needs."""
    if kind in SURROUNDINGS:
        SURROUNDINGS[kind](monkeypatch)


def hexed(secret: str, text: bytes) -> str:
    """The hex HMAC-SHA256."""
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def _grafana(wire: Wire, record: Record) -> Wire:
    if not record.secret:
        return wire
    name = record.options.get("timestamp_header")
    stamp = str(int(time.time())) if name else ""
    text = f"{stamp}:".encode() + wire.body if name else wire.body
    headers = {"X-Grafana-Alerting-Signature": hexed(record.secret, text)}
    return replace(wire, headers={**wire.headers, **headers, **({name: stamp} if name else {})})


def _sentry(wire: Wire, record: Record) -> Wire:
    found = hexed(record.secret, wire.body) if record.secret else ""
    return wire.with_headers(Sentry_Hook_Signature=found) if found else wire


# --- SNS: a key and a certificate of our own, which stand at Amazon's address


@cache
def sns_key() -> rsa.RSAPrivateKey:
    """The key that signs in tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sns_certificate(organization: str = "Amazon", *, days: int = 30, since: int = 1) -> bytes:
    """A certificate (PEM) of `sns_key`, in force from `since` days ago for so many days."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization)])
    begins = datetime.now(UTC) - timedelta(days=since)
    builder = (
        x509.CertificateBuilder(name, name, sns_key().public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
    )
    return builder.sign(sns_key(), SHA256()).public_bytes(Encoding.PEM)


@cache
def _standing() -> bytes:
    return sns_certificate()


def sns_signature(body: object) -> str:
    """The signature of an envelope, of the version that it names."""
    envelope = envelope_of(body)
    if envelope is None:
        return ""
    hashing = SHA256() if envelope.fields.get("SignatureVersion") == "2" else SHA1()  # noqa: S303 - as SNS does
    return base64.b64encode(sns_key().sign(envelope.signed_text(), PKCS1v15(), hashing)).decode()


def _sns(wire: Wire, record: Record) -> Wire:
    try:
        body = json.loads(wire.body)
        signature = sns_signature(body)
    except Exception:  # a mutated body that cannot be signed goes out as it is
        return wire
    return replace(wire, body=json.dumps({**body, "Signature": signature}).encode()) if signature else wire


class Amazon:
    """SNS's hosts: the certificate, and the confirmation of subscriptions. Keeps what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.certificate = _standing()
        self.status = 200

    def request(self, method: str, url: str, **options: Any) -> http.Response:
        """As lib.http.request."""
        self.asked.append(url)
        body = self.certificate if url.endswith(".pem") else b"<ConfirmSubscriptionResponse/>"
        return http.Response(200 if url.endswith(".pem") else self.status, {}, body, truncated=False)

    def stand(self, monkeypatch: pytest.MonkeyPatch) -> Amazon:
        """Answer in place of the network."""
        certificates.forget()
        monkeypatch.setattr(http, "request", self.request)
        return self


def _amazon(monkeypatch: pytest.MonkeyPatch) -> None:
    Amazon().stand(monkeypatch)


SIGN: Mapping[str, Sign] = {"grafana": _grafana, "sentry": _sentry, "sns": _sns}
# What is fetched while a signature is checked is answered here, for tests without a network.
SURROUNDINGS: Mapping[str, Surround] = {"sns": _amazon}
