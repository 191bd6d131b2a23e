"""Addresses as a ledger shows them: enough to tell two apart, too little to write to."""

from __future__ import annotations

from urllib.parse import urlsplit

HIDDEN = "•••"


def mask(address: str) -> str:
    """ "j•••@example.org", "https://hooks.example.org/•••", "•••0199"; short ones vanish."""
    if "://" in address:
        return _masked_url(address)
    name, at, host = address.rpartition("@")
    if at and name:
        return f"{name[0]}{HIDDEN}@{host}"
    return HIDDEN + address[-4:] if len(address) > 7 else HIDDEN


def _masked_url(address: str) -> str:
    """The host stays; paths, queries and passwords of webhooks are secrets."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:  # an unclosed bracket of an IPv6 address
        return HIDDEN
    return f"{parts.scheme}://{host}/{HIDDEN}"
