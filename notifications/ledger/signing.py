"""Signatures under exports: Ed25519 (RFC 8032) with a key that this installation makes once and keeps."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from notifications.keys import KeyPair, kept_key, signing_key
from notifications.ledger.documents import FORMAT
from notifications.models import KeyPurpose

ALGORITHM = "Ed25519"
RAW_LENGTH = 32


class BadKey(ValueError):
    """What was given is no Ed25519 public key."""


@dataclass(frozen=True, slots=True)
class Signature:
    """`key` names the public key that fits, `value` is base64."""

    key: str
    value: str
    algorithm: str = ALGORITHM


def sign(content: bytes) -> Signature:
    """By this installation's key. Raises notifications.keys.NoKey."""
    pair = kept_key(KeyPurpose.LEDGER)
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(pair.private))
    return Signature(key_id(_raw(pair.public)), base64.b64encode(private.sign(content)).decode())


def fits(content: bytes, signature: str, public: Ed25519PublicKey) -> bool:
    """Whether the signature (base64) was made over exactly these bytes by the owner of `public`."""
    try:
        public.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def statement(about: str, digest: str) -> bytes:
    """What is signed where only a line fits, such as in a PDF: the subject and the digest of its lines."""
    return f"{FORMAT} {about} {digest}".encode()


def public_key() -> Ed25519PublicKey:
    """Of this installation. Raises notifications.keys.NoKey."""
    return Ed25519PublicKey.from_public_bytes(_raw(kept_key(KeyPurpose.LEDGER).public))


def pem_of(public: Ed25519PublicKey) -> str:
    """As openssl reads it."""
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def text_of(public: Ed25519PublicKey) -> str:
    """Its 32 bytes in base64."""
    return base64.b64encode(_bytes(public)).decode()


def id_of(public: Ed25519PublicKey) -> str:
    """By which name signatures call it."""
    return key_id(_bytes(public))


def read_key(text: str) -> Ed25519PublicKey:
    """From PEM, or from its 32 bytes in base64. Raises BadKey."""
    try:
        if "BEGIN" in text:
            found = load_pem_public_key(text.encode())
        else:
            found = Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip(), validate=True))
    except (ValueError, binascii.Error) as error:
        raise BadKey("This is no public key: PEM or base64 of 32 bytes is needed.") from error
    if not isinstance(found, Ed25519PublicKey):
        raise BadKey("This is a key of another kind: Ed25519 is needed.")
    return found


def key_id(raw: bytes) -> str:
    """The first 16 hex digits of the SHA-256 of the public key's 32 bytes."""
    return hashlib.sha256(raw).hexdigest()[:16]


def make_key(now: datetime) -> None:
    """Unless there is one: it is never replaced. Called when tables are made, so that no reading writes."""
    signing_key(purpose=KeyPurpose.LEDGER, make=_new, now=now)


def _new() -> KeyPair:
    private = Ed25519PrivateKey.generate()
    return KeyPair(text_of(private.public_key()), base64.b64encode(private.private_bytes_raw()).decode())


def _raw(text: str) -> bytes:
    return base64.b64decode(text)


def _bytes(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)
