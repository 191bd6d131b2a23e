"""Where pages go for somebody who has no usable method: one address for the whole installation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lib.signing import BadSecret, sign
from notifications import transports
from notifications.providers import Declared, Field


class Fallback(Declared):
    """Its address is one of the chosen channel's."""

    def check(self, values: Mapping[str, str]) -> dict[str, str]:
        """What the channel says to its address, and whether it can send at all."""
        try:
            transport = transports.get(values.get("transport", ""))
            if not transport.is_available():
                return {"transport": str(_("Set this channel up first."))}
            transport.clean_address(values.get("address", ""))
        except transports.UnknownTransport:
            return {"transport": str(_("There is no such channel."))}
        except ValidationError as error:
            return {"address": " ".join(error.messages)}
        return _wrong_secret(values) if transport.needs_secret else {}

    def tidied(self, values: Mapping[str, str]) -> dict[str, str]:
        """With the address as its channel keeps it."""
        address = transports.get(values["transport"]).clean_address(values["address"])
        return {**values, "address": address}


def _wrong_secret(values: Mapping[str, str]) -> dict[str, str]:
    try:
        sign([values.get("secret", "")], "check", datetime.now(UTC), b"")
    except BadSecret:
        return {"secret": str(_("A webhook is signed: whsec_ and the base64 of 24 to 64 bytes."))}
    return {}


DECLARED = Fallback(
    name="fallback",
    title=_("Fallback"),
    help=_(
        "Somebody is on call and has no verified way to be reached, or every way of theirs failed: their pages go here "
        "as well, to an address that somebody always reads. The policy goes on to its next step all the same."
    ),
    fields=(
        Field(
            "transport",
            _("Channel"),
            kind="choice",
            default="email",
            choices=(
                ("email", _("E-mail")),
                ("sms", _("Text message")),
                ("voice", _("Voice call")),
                ("slack", "Slack"),
                ("ntfy", "ntfy"),
                ("webhook", _("Webhook")),
            ),
        ),
        Field(
            "address", _("Address"), help=_("As it would be typed for a person: +49 151 23456789 for a call.")
        ),
        Field(
            "secret",
            _("Signing secret"),
            _("For a webhook alone: whsec_ and the base64 of 24 to 64 bytes, as its receiver knows it."),
            kind="secret",
            required=False,
        ),
    ),
)
