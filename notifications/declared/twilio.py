"""What Tocsin must know of a Twilio account: it carries text messages and calls."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from notifications import providers
from notifications.transports.telephone.numbers import clean_number

API_URL = "https://api.twilio.com"
SID = re.compile(r"AC[0-9a-fA-F]{32}")


class Twilio(providers.Declared):
    def check(self, values: Mapping[str, str]) -> dict[str, str]:
        """The usual slips: an API key in place of the account, a number without its country."""
        wrong: dict[str, str] = {}
        if not SID.fullmatch(values.get("account_sid", "").strip()):
            wrong["account_sid"] = str(_("The account SID is AC and 32 digits and letters from a to f."))
        number = values.get("from_number", "").strip()
        try:
            if clean_number(number) != number:
                wrong["from_number"] = str(_("Write it without spaces: +15005550006."))
        except ValidationError as error:
            wrong["from_number"] = error.messages[0]
        return wrong


DECLARED = Twilio(
    name="twilio",
    title=_("Twilio"),
    help=_(
        "Text messages and calls by an account of your own at twilio.com. Buy a number there that can do both, and "
        "enter the address below as its messaging webhook."
    ),
    fields=(
        providers.Field("account_sid", _("Account SID"), _("AC…, on the first page of the console.")),
        providers.Field(
            "auth_token",
            _("Auth token"),
            _("The primary one. It also proves that an answer comes from Twilio."),
            kind="secret",
        ),
        providers.Field("from_number", _("Number to send from"), _("As +15005550006.")),
        providers.Field(
            "api_url",
            _("Address of the API"),
            _(
                "Change it only where Twilio is reached through a proxy, or for a service that speaks as Twilio."
            ),
            kind="url",
            required=False,
            default=API_URL,
        ),
    ),
    callbacks=((_("A message comes in"), "/hooks/sms/twilio"),),
)
