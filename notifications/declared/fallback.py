"""Where pages go for somebody who has no usable method: one address for the whole installation."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from notifications import transports
from notifications.providers import Declared, Field


class Fallback(Declared):
    """Its address is one of the chosen channel's."""

    def check(self, values: Mapping[str, str]) -> dict[str, str]:
        """What the channel says to its address."""
        try:
            transports.get(values.get("transport", "")).clean_address(values.get("address", ""))
        except transports.UnknownTransport:
            return {"transport": str(_("There is no such channel."))}
        except ValidationError as error:
            return {"address": " ".join(error.messages)}
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
            choices=(("email", _("E-mail")), ("slack", "Slack"), ("ntfy", "ntfy"), ("webhook", _("Webhook"))),
        ),
        Field("address", _("Address"), help=_("As it would be typed for a person.")),
    ),
)
