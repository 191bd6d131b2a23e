"""Make, digest and compare secrets: API tokens, integration keys, one-time codes."""

import hashlib
import hmac
import secrets

from django.conf import settings

CODE_DIGITS = 6


def new_token(prefix: str) -> str:
    """Return `prefix_` and 192 random bits, URL-safe. The prefix tells people and scanners what it is."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"


def new_key() -> str:
    """Return 32 lower-case hex digits (128 bits): what PagerDuty's clients expect a routing key to be."""
    return secrets.token_hex(16)


def digest(token: str) -> str:
    """Return the SHA-256 (hex) under which a token is stored and looked up.

    Plain SHA-256 is right here: a token has at least 128 random bits, so there is nothing to guess that a
    slow or salted hash would protect. Never use it for passwords or short codes.
    """
    return hashlib.sha256(_bytes(token)).hexdigest()


def new_code() -> str:
    """Return six random decimal digits, leading zeros kept."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def code_digest(code: str, salt: str) -> str:
    """Return the HMAC-SHA256 (hex) of a short code under SECRET_KEY.

    A million codes are tried in a moment, so the digest is keyed: a leaked table alone gives nothing away.
    `salt` (the row's id) keeps equal codes from looking equal.
    """
    key = hashlib.sha256(b"tocsin one-time code" + _bytes(settings.SECRET_KEY)).digest()
    # The length in front keeps ("1", "23") and ("12", "3") apart.
    return hmac.new(key, _bytes(f"{len(salt)}:{salt}{code}"), hashlib.sha256).hexdigest()


def equal(left: str, right: str) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(_bytes(left), _bytes(right))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
