"""Text messages, by Twilio or by any gateway with an HTTP API."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from notifications.transports.base import Carries, Envelope, Receipt
from notifications.transports.sms.text import sms
from notifications.transports.telephone.base import Telephone


class SmsTransport(Telephone):
    """One text of at most two segments."""

    name = "sms"
    icon = "message"
    title = _("Text message")
    address_label = _("Mobile number")
    address_help = _("With the country: +49 151 23456789. You answer by replying with a letter.")
    carries = Carries(answers=True, receipts=True, reply_codes=True, wakes=True)
    providers = ("twilio", "gateway-sms")
    throttle = timedelta(seconds=30)

    def text(self, values: dict[str, str], envelope: Envelope) -> str:
        """Without a secret for replies none would reach us."""
        return sms(envelope, can_reply=bool(values.get("inbound_secret")))

    def by_twilio(self, values: dict[str, str], envelope: Envelope, callback: str) -> Receipt:
        from notifications.transports.telephone import account  # noqa: PLC0415 - brings twilio, loaded at first use

        service = values.get("messaging_service_sid", "").strip()
        sender = {"messaging_service_sid": service} if service else {"from_": values["from_number"].strip()}
        return account.create(
            values,
            lambda client: client.messages.create(
                to=envelope.address, body=sms(envelope), status_callback=callback, **sender
            ),
        )


TRANSPORT = SmsTransport()
