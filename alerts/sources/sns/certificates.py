"""Whether SNS has signed a message, by the certificate that it names: fetched from SNS's own hosts only, and kept.

TLS proves the host that the certificate came from; that it is Amazon's and in force is looked at besides.
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from alerts.sources.base import Rejected
from alerts.sources.sns.envelope import Envelope
from lib import http

TIMEOUT = 3.0  # seconds; SNS waits about 15 for our answer
FRESH_FOR, FAILED_FOR = 24 * 3600.0, 10.0
MOST = 50

_HOST = re.compile(r"sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?")
_PATH = re.compile(r"/[A-Za-z0-9._/-]+\.pem")
_SIGNERS = {
    # SNS's own choice for version 1, until a topic asks for 2.
    "1": SHA1(),  # noqa: S303
    "2": SHA256(),
}

_known: dict[str, tuple[float, x509.Certificate | None]] = {}
_lock = threading.Lock()


def forget() -> None:
    """Fetch every certificate anew."""
    _known.clear()


def verify(envelope: Envelope) -> None:
    """Raise Rejected unless SNS has signed it: 403 for a wrong signature, 503 while there is no certificate."""
    fields = envelope.fields
    hashing = _SIGNERS.get(fields.get("SignatureVersion", ""))
    if hashing is None:
        raise Rejected("The message has no signature of SNS of version 1 or 2.", status=403)
    certificate = _certificate(fields.get("SigningCertURL", ""))
    _check_ours(certificate, datetime.now(UTC))
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or not _fits(key, fields.get("Signature", ""), envelope, hashing):
        raise Rejected("The signature does not fit the message.", status=403)


def is_at_sns(url: str) -> bool:
    """Whether an address is at one of SNS's own hosts, over https, at the usual port, without a name before it."""
    try:
        parts = urlsplit(url)
        usual = parts.port in (None, 443) and parts.username is None and parts.password is None
    except ValueError:
        return False
    # urlsplit drops what another reader of the same address may not.
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    return plain and parts.scheme == "https" and usual and bool(_HOST.fullmatch(parts.hostname or ""))


def _fits(key: RSAPublicKey, signature: str, envelope: Envelope, hashing: HashAlgorithm) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, envelope.signed_text(), PKCS1v15(), hashing)
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def _check_ours(certificate: x509.Certificate, now: datetime) -> None:
    issuers = certificate.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    if [each.value for each in issuers] != ["Amazon"]:
        raise Rejected("The certificate that signed the message is not from Amazon.", status=403)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Rejected("The certificate that signed the message is not in force.", status=403)


def _certificate(url: str) -> x509.Certificate:
    """The certificate at that address, from memory when it was seen before."""
    if not is_at_sns(url) or not _PATH.fullmatch(urlsplit(url).path):
        raise Rejected("The signing certificate's address is not one of SNS.", status=403)
    cached = _known.get(url)
    if cached is None or cached[0] <= time.monotonic():
        cached = _remembered(url, _fetched(url))
    if cached[1] is None:
        raise Rejected("SNS's certificate could not be fetched. Send the message again.", status=503)
    return cached[1]


def _remembered(url: str, found: x509.Certificate | None) -> tuple[float, x509.Certificate | None]:
    """A failure too, for a moment: SNS sends again at once, and each try would hold a thread."""
    entry = (time.monotonic() + (FRESH_FOR if found else FAILED_FOR), found)
    with _lock:
        if len(_known) >= MOST:
            _known.clear()
        _known[url] = entry
    return entry


def _fetched(url: str) -> x509.Certificate | None:
    try:
        response = http.request("GET", url, timeout=TIMEOUT)
        return x509.load_pem_x509_certificate(response.body) if response.status == 200 else None
    except (http.OutboundFailed, http.OutboundRefused, ValueError):
        return None
