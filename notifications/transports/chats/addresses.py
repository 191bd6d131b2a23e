"""Addresses that are web addresses, and often secrets."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lib.outbound import OutboundRefused, read_url


def web_address(raw: str) -> SplitResult:
    """An absolute http or https address, its host in lower case and without fragment; raises ValidationError.

    Whether the host may be reached is seen when something is sent: names change.
    """
    text = raw.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        read_url(text)
        parts = urlsplit(text)
    except OutboundRefused as error:
        raise ValidationError(error.reason) from error
    return parts._replace(netloc=parts.netloc.lower(), fragment="")


def host_of(address: str) -> str:
    """The name in an address, empty where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def start_of(secret: str, kept: int = 4) -> str:
    """Enough of a secret to tell it from another, too little to use it."""
    return f"{secret[:kept]}…" if len(secret) > 2 * kept else "…"


def not_an_address(what: str) -> ValidationError:
    """An address of the wrong kind; `what` is an example of a right one."""
    return ValidationError(_("This is not such an address. It looks like %(what)s"), params={"what": what})
