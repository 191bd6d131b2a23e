"""Telling Telegram where this installation is."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from notifications.transports.base import PermanentFailure, TemporaryFailure
from notifications.transports.telegram import bot

UPDATES = ["message", "callback_query"]


class SetupFailed(Exception):
    """Telegram refused, or could not be asked; the message says which, fit for an admin."""


def register_webhook() -> str:
    """Have Telegram send updates here; returns the address that it was told. Raises bot.NotSetUp, SetupFailed."""
    values = bot.settings_of_bot()
    url = f"{settings.SITE_URL}/hooks/telegram/webhook"
    if not url.startswith("https://"):
        raise SetupFailed(_("Telegram sends updates to https addresses only; TOCSIN_URL is none."))
    try:
        bot.ask(
            "setWebhook",
            {"url": url, "secret_token": bot.webhook_secret(values), "allowed_updates": UPDATES},
        )
    except (TemporaryFailure, PermanentFailure) as error:
        raise SetupFailed(_("Telegram did not take it: %(reason)s") % {"reason": error}) from error
    return url
