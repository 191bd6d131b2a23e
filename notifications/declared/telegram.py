"""What Tocsin must know of a Telegram bot."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from notifications import providers

API_URL = "https://api.telegram.org"
TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")
USERNAME = re.compile(r"@?[A-Za-z][A-Za-z0-9_]{3,31}")
SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


class Telegram(providers.Declared):
    def check(self, values: Mapping[str, str]) -> dict[str, str]:
        """BotFather's forms, so that a slip is found here and not at 3 am."""
        wrong: dict[str, str] = {}
        if not TOKEN.fullmatch(values.get("token", "").strip()):
            wrong["token"] = str(_("A bot's token is digits, a colon and a long word."))
        if not USERNAME.fullmatch(values.get("username", "").strip()):
            wrong["username"] = str(_("The bot's user name has letters, digits and underscores."))
        secret = values.get("secret_token", "").strip()
        if secret and not SECRET.fullmatch(secret):
            wrong["secret_token"] = str(_("At least 16 letters, digits, underscores or dashes."))
        return wrong


DECLARED = Telegram(
    name="telegram",
    title=_("Telegram"),
    help=_(
        "Write /newbot to @BotFather in Telegram, and copy what it answers. Then tell Telegram where this "
        "installation is: it must be reachable from the internet by https."
    ),
    fields=(
        providers.Field("token", _("Bot's token"), _("123456789:AA…"), kind="secret"),
        providers.Field("username", _("Bot's user name"), _("Without the @; it ends in “bot”.")),
        providers.Field(
            "secret_token",
            _("Secret of the webhook"),
            _("What Telegram proves itself by. Leave it empty and Tocsin makes one."),
            kind="secret",
            required=False,
        ),
        providers.Field(
            "api_url",
            _("Address of the API"),
            _("Change it only for a Bot API server of your own, or a proxy."),
            kind="url",
            required=False,
            default=API_URL,
        ),
    ),
    callbacks=((_("Webhook"), "/hooks/telegram/webhook"),),
)
