"""Calls that read a page out and take a digit, by Twilio or by any gateway with an HTTP API."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from notifications import providers
from notifications.transports.base import Carries, Envelope, Receipt
from notifications.transports.chats.words import may_answer
from notifications.transports.telephone.base import TWILIO, Telephone
from notifications.transports.voice.speech import how_to_answer, said_first

# Seconds: most mailboxes pick up after it.
RINGS = 25


class VoiceTransport(Telephone):
    name = "voice"
    icon = "phone"
    title = _("Voice call")
    address_label = _("Telephone number")
    address_help = _("With the country: +49 151 23456789. You answer by pressing 4 or 6.")
    carries = Carries(answers=True, quiet=False, receipts=True, wakes=True)
    providers = ("twilio", "gateway-voice")
    throttle = timedelta(seconds=60)

    def served(self) -> tuple[str, dict[str, str]] | None:
        """The first that can call: a Twilio account without a number only sends texts."""
        found = providers.first_of(self.providers)
        if found and found[0] == TWILIO and not found[1].get("from_number", "").strip():
            return providers.first_of(self.providers[1:])
        return found

    def text(self, values: dict[str, str], envelope: Envelope) -> str:
        first = said_first(envelope.message)
        return f"{first} {how_to_answer()}" if _asks(envelope) else first

    def by_twilio(self, values: dict[str, str], envelope: Envelope, callback: str) -> Receipt:
        """Let it ring."""
        from notifications.transports.telephone import account  # noqa: PLC0415 - brings twilio, loaded at first use

        more = {**_says(envelope), **_listens(values, callback)}
        return account.create(
            values,
            lambda client: client.calls.create(
                to=envelope.address,
                from_=values["from_number"].strip(),
                status_callback=callback,
                status_callback_method="POST",
                timeout=RINGS,
                **more,
            ),
        )


TRANSPORT = VoiceTransport()


def _asks(envelope: Envelope) -> bool:
    return bool(envelope.token) and may_answer(envelope.message)


def _says(envelope: Envelope) -> dict[str, str]:
    from notifications.transports.voice import twiml  # noqa: PLC0415 - brings twilio, loaded at first use

    if not _asks(envelope):
        return {"twiml": twiml.telling(envelope.message)}
    return {"url": f"{settings.SITE_URL}/hooks/voice/call/{envelope.token}/1", "method": "POST"}


def _listens(values: dict[str, str], callback: str) -> dict[str, str]:
    """While it talks Twilio listens whether a machine picked up, so that nobody waits for that."""
    if values.get("detect_machines", "yes") != "yes":
        return {}
    return {
        "machine_detection": "Enable",
        "async_amd": "true",
        "async_amd_status_callback": callback,
        "async_amd_status_callback_method": "POST",
    }
