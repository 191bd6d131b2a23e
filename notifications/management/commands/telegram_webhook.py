"""Telling Telegram, from a terminal, where this installation is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.transports.telegram.bot import NotSetUp
from notifications.transports.telegram.setup import SetupFailed, register_webhook


class Command(BaseCommand):
    """Prints the address that Telegram was told."""

    help = "Have the Telegram bot's updates sent to this installation (TOCSIN_URL)."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(register_webhook())
        except NotSetUp as error:
            raise CommandError("Set up Telegram under Settings, Providers first.") from error
        except SetupFailed as error:
            raise CommandError(str(error)) from error
