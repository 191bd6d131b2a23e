"""Encrypt the few secrets that we must be able to use again: webhook secrets, keys shown in setup snippets.

What we only compare is hashed instead (lib.secrets.digest).
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_INFO = b"tocsin sealing v1"


class BadSeal(Exception):
    """The token was not sealed by this installation's keys, or was changed."""


def seal(text: str) -> str:
    """Return `text` encrypted and authenticated under SECRET_KEY (Fernet), as ASCII."""
    return _box().encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """Return what was sealed. Keys in SECRET_KEY_FALLBACKS still open; raises BadSeal where none does."""
    try:
        return _box().decrypt(token.encode()).decode()
    except (InvalidToken, UnicodeError) as error:
        raise BadSeal("This secret cannot be opened with the current SECRET_KEY or its fallbacks.") from error


def _box() -> MultiFernet:
    return _box_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=8)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    """A key of its own, so that a sealed value says nothing about Django's other uses of SECRET_KEY."""
    # SECRET_KEY has the entropy of a random key already: HKDF spreads it, no salt or slow hash is needed.
    material = HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(key.encode())
    return base64.urlsafe_b64encode(material)
