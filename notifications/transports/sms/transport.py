"""Text messages, by Twilio or by any gateway with an HTTP API."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from notifications import providers
from notifications.transports.base import Carries, Envelope, PermanentFailure, Receipt, Transport
from notifications.transports.sms.text import sms
from notifications.transports.telephone import gateway
from notifications.transports.telephone.numbers import clean_number
from notifications.transports.telephone.reports import report_url


class SmsTransport(Transport):
    name = "sms"
    title = _("Text message")
    address_label = _("Mobile number")
    address_help = _("With the country: +49 151 23456789. You answer by replying with a letter.")
    carries = Carries(answers=True, receipts=True, reply_codes=True, wakes=True)
    providers = ("twilio", "gateway-sms")
    throttle = timedelta(seconds=30)

    def clean_address(self, raw: str) -> str:
        return clean_number(raw)

    def send(self, envelope: Envelope) -> Receipt:
        """Hand over one text of at most two segments."""
        found = providers.first_of(self.providers)
        if found is None:
            raise PermanentFailure("no provider of text messages is set up")
        name, values = found
        text = sms(envelope, can_reply=name == "twilio" or bool(values.get("inbound_secret")))
        callback = report_url(self.name, name, envelope.delivery)
        if name == "twilio":
            return _by_twilio(values, envelope.address, text, callback)
        parts = {"to": envelope.address, "text": text, "id": envelope.key, "callback": callback}
        return gateway.hand_over(values, parts)


def _by_twilio(values: dict[str, str], to: str, text: str, callback: str) -> Receipt:
    from notifications.transports.telephone import account  # noqa: PLC0415 - brings twilio, loaded at first use

    service = values.get("messaging_service_sid", "").strip()
    sender = {"messaging_service_sid": service} if service else {"from_": values["from_number"].strip()}
    return account.create(
        values,
        lambda client: client.messages.create(to=to, body=text, status_callback=callback, **sender),
    )


TRANSPORT = SmsTransport()
