"""Calls that read a page out and take a digit, by Twilio or by any gateway with an HTTP API."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from notifications import providers
from notifications.transports.base import Carries, Envelope, PermanentFailure, Receipt, Transport
from notifications.transports.chats.words import may_answer
from notifications.transports.telephone import gateway
from notifications.transports.telephone.numbers import clean_number
from notifications.transports.telephone.reports import report_url
from notifications.transports.voice.speech import how_to_answer, said_first

# Seconds: most mailboxes pick up after it.
RINGS = 25


class VoiceTransport(Transport):
    name = "voice"
    title = _("Voice call")
    address_label = _("Telephone number")
    address_help = _("With the country: +49 151 23456789. You answer by pressing 4 or 6.")
    carries = Carries(answers=True, quiet=False, receipts=True, wakes=True)
    providers = ("twilio", "gateway-voice")
    throttle = timedelta(seconds=60)

    def clean_address(self, raw: str) -> str:
        return clean_number(raw)

    def is_available(self) -> bool:
        return _served(self.providers) is not None

    def send(self, envelope: Envelope) -> Receipt:
        """Let it ring; what comes of it is told later."""
        found = _served(self.providers)
        if found is None:
            raise PermanentFailure("no provider of calls is set up")
        name, values = found
        callback = report_url(self.name, name, envelope.delivery)
        if name == "twilio":
            return _by_twilio(values, envelope, callback)
        parts = {
            "to": envelope.address,
            "text": _text(envelope),
            "id": envelope.key,
            "callback": callback,
        }
        return gateway.hand_over(values, parts)


def _served(names: tuple[str, ...]) -> tuple[str, dict[str, str]] | None:
    """The first that can call: a Twilio account without a number only sends texts."""
    for name in names:
        values = providers.values(name)
        if values is not None and (name != "twilio" or values.get("from_number", "").strip()):
            return name, values
    return None


def _asks(envelope: Envelope) -> bool:
    return bool(envelope.token) and may_answer(envelope.message)


def _text(envelope: Envelope) -> str:
    first = said_first(envelope.message)
    return f"{first} {how_to_answer()}" if _asks(envelope) else first


def _by_twilio(values: dict[str, str], envelope: Envelope, callback: str) -> Receipt:
    from notifications.transports.telephone import account  # noqa: PLC0415 - brings twilio, loaded at first use
    from notifications.transports.voice import twiml  # noqa: PLC0415 - the same

    says = (
        {"url": f"{settings.SITE_URL}/hooks/voice/call/{envelope.token}/1", "method": "POST"}
        if _asks(envelope)
        else {"twiml": twiml.telling(envelope.message)}
    )
    listens = (
        {
            "machine_detection": "Enable",
            "async_amd": "true",
            "async_amd_status_callback": callback,
            "async_amd_status_callback_method": "POST",
        }
        if values.get("detect_machines", "yes") == "yes"
        else {}
    )
    return account.create(
        values,
        lambda client: client.calls.create(
            to=envelope.address,
            from_=values["from_number"].strip(),
            status_callback=callback,
            status_callback_method="POST",
            timeout=RINGS,
            **says,
            **listens,
        ),
    )


TRANSPORT = VoiceTransport()
