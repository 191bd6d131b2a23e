"""What Tocsin must know of a Slack app: its bot's token, and the secret that Slack signs with."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from notifications import providers

API_URL = "https://slack.com/api/"
SECRET = re.compile(r"[0-9A-Za-z]{16,128}")


class Slack(providers.Declared):
    def check(self, values: Mapping[str, str]) -> dict[str, str]:
        """A token of another kind and a truncated secret are the usual slips."""
        wrong: dict[str, str] = {}
        if not values.get("bot_token", "").strip().startswith("xoxb-"):
            wrong["bot_token"] = str(
                _("The bot token begins with xoxb-. The app's other tokens do not work.")
            )
        if not SECRET.fullmatch(values.get("signing_secret", "").strip()):
            wrong["signing_secret"] = str(_("The signing secret has letters and digits only."))
        return wrong


DECLARED = Slack(
    name="slack",
    title=_("Slack"),
    help=_(
        "Make an app at api.slack.com/apps from the manifest in docs/channels/slack.md, install it to your "
        "workspace, and copy these two values."
    ),
    fields=(
        providers.Field(
            "bot_token",
            _("Bot token"),
            _("“OAuth & Permissions”, Bot User OAuth Token: xoxb-…"),
            kind="secret",
        ),
        providers.Field(
            "signing_secret",
            _("Signing secret"),
            _("“Basic Information”, App Credentials. Proves that a pressed button comes from Slack."),
            kind="secret",
        ),
        providers.Field(
            "api_url",
            _("Address of the API"),
            _("Change it only where Slack is reached through a proxy."),
            kind="url",
            required=False,
            default=API_URL,
        ),
    ),
    callbacks=(
        (_("Interactivity"), "/hooks/slack/interactive"),
        (_("Slash command /tocsin"), "/hooks/slack/command"),
        (_("Event subscriptions"), "/hooks/slack/events"),
    ),
)
