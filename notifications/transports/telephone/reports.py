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
from notifications.actions.methods import switch_off
from notifications.actions.reports import confirm, confirm_early
from notifications.models import Delivery, DeliveryState
from notifications.transports.telephone import errors

SALT = "tocsin.report"

DELIVERED = frozenset({"delivered", "delivrd", "success", "ok", "completed", "answered"})
READ = frozenset({"read", "seen"})
ANSWERED_BY_MACHINE = "answered by a machine"
FAILED = frozenset(
    {
        ANSWERED_BY_MACHINE,
        *("failed", "undelivered", "undeliverable", "undeliv", "rejected", "rejectd", "expired", "error"),
        *("busy", "no-answer", "noanswer", "canceled", "cancelled", "unanswered", "timeout"),
    }
)


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

    One that overtakes the provider's own answer is found by its address, which names the delivery. A status from a
    former attempt counts for nothing: it has another provider's id. A number that is dead is switched off.
    """
    state = meaning(status)
    if not state:
        return False
    number = int(code) if code.isascii() and code.isdigit() and len(code) < 7 else 0
    detail = errors.words(number) if number else ""
    reason = " ".join(part for part in (f"{who}:", one_line(status, 30).lower(), detail) if part)
    taken = _taken(delivery, provider_id=provider_id, state=state, reason=reason, now=now)
    if taken and state == "failed" and number in errors.DEAD and delivery.method_id:
        switch_off(method_id=delivery.method_id, reason=reason, now=now)
    return taken


def _taken(delivery: Delivery, *, provider_id: str, state: str, reason: str, now: datetime) -> bool:
    if delivery.state in (DeliveryState.PENDING, DeliveryState.SENDING):
        early = confirm_early(
            delivery_id=delivery.pk, provider_id=provider_id, state=state, reason=reason, now=now
        )
        if early:
            return True
        delivery.refresh_from_db(fields=["state", "provider_id"])
    known = provider_id or delivery.provider_id
    if known != delivery.provider_id:
        return False
    return confirm(transport=delivery.transport, provider_id=known, state=state, reason=reason, now=now)
