"""Takes mails for integrations of the kind “E-mail”: `manage.py mail_in`."""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from alerts import limits
from alerts.mail_in.listener import serve, tls_context


class Command(BaseCommand):
    help = "Listen for mails to integrations (SMTP), until a stop signal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, if not where the settings say."""
        parser.add_argument("--listen", default=settings.INTAKE_MAIL_LISTEN, help="host:port")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT. Raises CommandError where it cannot listen."""
        host, _, port = str(options["listen"]).rpartition(":")
        if not port.isdigit():
            raise CommandError("The address must be host:port, for example 127.0.0.1:8025.")
        limits.start()
        try:
            asyncio.run(_listen(host.strip("[]") or "127.0.0.1", int(port)))
        except OSError as error:
            raise CommandError(f"Cannot take mail at {host}:{port}: {error}") from error


async def _listen(host: str, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    certificate, key = settings.INTAKE_MAIL_TLS_CERT, settings.INTAKE_MAIL_TLS_KEY
    tls = tls_context(Path(certificate), Path(key) if key else None) if certificate else None
    await serve(host=host, port=port, most_bytes=settings.INTAKE_MAIL_MAX_BYTES, tls=tls, stop=stop)
