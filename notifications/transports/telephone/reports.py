"""Reports about a message that was sent: whose it is, who may tell, what it says.

The address of a report holds a signed name of the delivery and of what carries it, so a gateway that signs nothing can
report on its own messages and on no other. Twilio has to sign as well.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core import signing

from lib.text import one_line
from notifications.acks import VALID_FOR, BadLink
from notifications.actions.reports import confirm
from notifications.models import Delivery, DeliveryState

SALT = "tocsin.report"

DELIVERED = frozenset({"delivered", "delivrd", "success", "ok", "completed", "answered"})
READ = frozenset({"read", "seen"})
FAILED = frozenset(
    {
        *("failed", "undelivered", "undeliverable", "undeliv", "rejected", "rejectd", "expired", "error"),
        *("busy", "no-answer", "noanswer", "canceled", "cancelled", "unanswered", "timeout"),
    }
)


class TooEarly(Exception):
    """The report came before we wrote down that the message was sent; it has to come again."""


def report_url(transport: str, provider: str, delivery: int) -> str:
    """Where a provider reports on one message."""
    token = signing.TimestampSigner(salt=SALT, sep="~").sign(f"{delivery}-{transport}-{provider}")
    return f"{settings.SITE_URL}/hooks/{transport}/status/{token}"


def read_token(token: str, transport: str) -> tuple[Delivery, str]:
    """The delivery and the provider's name. Raises BadLink."""
    try:
        text = signing.TimestampSigner(salt=SALT, sep="~").unsign(token, max_age=VALID_FOR)
        number, channel, provider = text.split("-", 2)
        found = Delivery.objects.select_related("user", "method").filter(pk=int(number)).first()
    except (signing.BadSignature, ValueError) as error:
        raise BadLink(str(error)) from error
    if found is None or channel != transport or found.transport != transport:
        raise BadLink("unknown")
    return found, provider


def meaning(status: str) -> str:
    """ "delivered", "read", "failed", or empty for what is under way."""
    word = status.strip().lower().replace("_", "-")
    if word in DELIVERED:
        return "delivered"
    if word in READ:
        return "read"
    return "failed" if word in FAILED else ""


def report(
    delivery: Delivery, *, provider_id: str, status: str, code: str = "", who: str, now: datetime
) -> bool:
    """Take it down; False when nothing changed, which is so for all that comes late, twice or out of order.

    Raises TooEarly. A status from a former attempt counts for nothing: it has another provider's id.
    """
    state = meaning(status)
    if not state:
        return False
    if delivery.state in (DeliveryState.PENDING, DeliveryState.SENDING):
        raise TooEarly
    known = provider_id or delivery.provider_id
    if known != delivery.provider_id:
        return False
    detail = one_line(code, 20) if code.isalnum() else ""
    reason = " ".join(part for part in (f"{who}:", one_line(status, 30).lower(), detail) if part)
    return confirm(transport=delivery.transport, provider_id=known, state=state, reason=reason, now=now)
