"""What the worker in the browser proves itself by; it has no session.

A report names one delivery and can only say that it arrived. A device names one contact method and may replace its
subscription by a newer one: it is given out once, over the encrypted push's own answer, and kept in the browser.
"""

from __future__ import annotations

from datetime import timedelta

from django.core import signing

from notifications.acks import BadLink

REPORT, DEVICE = "tocsin.push.report", "tocsin.push.device"
REPORT_LIVES = timedelta(days=2)


def report(delivery_id: int) -> str:
    return signing.TimestampSigner(salt=REPORT, sep="~").sign(str(delivery_id))


def reported(token: str) -> int:
    """The delivery's id. Raises acks.BadLink."""
    try:
        return int(signing.TimestampSigner(salt=REPORT, sep="~").unsign(token, max_age=REPORT_LIVES))
    except (signing.BadSignature, ValueError) as error:
        raise BadLink(str(error)) from error


def device(method_id: int) -> str:
    return signing.Signer(salt=DEVICE, sep="~").sign(str(method_id))


def method_of(token: str) -> int:
    """The contact method's id. Raises acks.BadLink."""
    try:
        return int(signing.Signer(salt=DEVICE, sep="~").unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise BadLink(str(error)) from error
