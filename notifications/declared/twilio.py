"""What Tocsin must know of a Twilio account: it carries text messages and calls."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from notifications import providers
from notifications.transports.telephone.numbers import clean_number

API_URL = "https://api.twilio.com"
SIDS = {
    "account_sid": ("AC", _("The account SID is AC and 32 digits and letters from a to f.")),
    "api_key_sid": ("SK", _("The SID of an API key is SK and 32 digits and letters from a to f.")),
    "messaging_service_sid": ("MG", _("The SID of a messaging service is MG and 32 digits and letters.")),
}


class Twilio(providers.Declared):
    def check(self, values: Mapping[str, str]) -> dict[str, str]:
        """The usual slips: an API key in place of the account, half of a key, a number without its country."""
        given = {name: text.strip() for name, text in values.items()}
        wrong = {
            name: str(text)
            for name, (first, text) in SIDS.items()
            if (given.get(name) or name == "account_sid")
            and not re.fullmatch(first + "[0-9a-fA-F]{32}", given.get(name, ""))
        }
        if given.get("api_key_sid") and not given.get("api_key_secret"):
            wrong["api_key_secret"] = str(_("The secret that Twilio showed when the key was made."))
        if number := given.get("from_number", ""):
            try:
                if clean_number(number) != number:
                    wrong["from_number"] = str(_("Write it without spaces: +15005550006."))
            except ValidationError as error:
                wrong["from_number"] = error.messages[0]
        elif not given.get("messaging_service_sid"):
            wrong["from_number"] = str(_("A number, or a messaging service below. Calls need a number."))
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
        providers.Field(
            "api_key_sid",
            _("SID of an API key"),
            _("SK…. With a key of its own Tocsin signs in by that, and it can be taken back alone."),
            required=False,
        ),
        providers.Field("api_key_secret", _("Secret of the API key"), kind="secret", required=False),
        providers.Field(
            "from_number", _("Number to send from"), _("As +15005550006. Calls come from it."), required=False
        ),
        providers.Field(
            "messaging_service_sid",
            _("SID of a messaging service"),
            _("MG…. Text messages then go by it, from whichever of its numbers it chooses."),
            required=False,
        ),
        providers.Field(
            "detect_machines",
            _("Notice mailboxes"),
            _(
                "Twilio listens whether a machine picks up, for a small price a call. The person’s next method is "
                "then used at once."
            ),
            kind="choice",
            default="yes",
            choices=(("yes", _("Yes")), ("no", _("No"))),
        ),
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
