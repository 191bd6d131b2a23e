"""The first start of an installation; harmless on every later one."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from config import bootstrap
from config.demo import load as load_demo


class Command(BaseCommand):
    """Prints one JSON object on its last line."""

    help = (
        "Make the first admin (TOCSIN_ADMIN_EMAIL, TOCSIN_ADMIN_PASSWORD), an API token, integrations and, "
        "unless --empty, the demo data."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="no demo data")

    def handle(self, *args: Any, **options: Any) -> None:
        email, password = (
            os.environ.get("TOCSIN_ADMIN_EMAIL", ""),
            os.environ.get("TOCSIN_ADMIN_PASSWORD", ""),
        )
        if not email or not password:
            raise CommandError("Set TOCSIN_ADMIN_EMAIL and TOCSIN_ADMIN_PASSWORD for the first admin.")
        now = timezone.now()
        # One transaction: a start that is interrupted here leaves nothing, and the next one shows the token.
        with transaction.atomic():
            admin, token = bootstrap.first_admin(email=email, password=password, now=now)
            if token and not options["empty"]:
                load_demo(admin=admin, now=now, clock=timezone.now)
            service = bootstrap.first_service(admin=admin, now=now)
            answer = bootstrap.summary(admin=admin, token=token, service=service, now=now)
        self.stdout.write(json.dumps(answer))
