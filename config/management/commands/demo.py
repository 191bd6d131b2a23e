"""The demo company, loaded into an installation that already runs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from config.demo import CannotLoad, load
from incidents.models import Incident


class Command(BaseCommand):
    """Loads once; a second time it changes nothing and says so."""

    help = (
        "Load the demo company: people, services, schedules and ninety days of incidents, of which two are open."
        " One of these pages an admin at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="another number is another history")
        parser.add_argument(
            "--admin", default="", help="e-mail of the admin who is on call (default: the first)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        admin = _admin(options["admin"])
        try:
            load(admin=admin, now=timezone.now(), seed=options["seed"], clock=timezone.now)
        except CannotLoad as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Pellworth is loaded: {Incident.objects.count()} incidents, {Incident.objects.open().count()} open. "
            f"{admin} is on call for Payments and is being paged."
        )


def _admin(email: str) -> User:
    admins = User.objects.admins().order_by("pk")
    found: User | None = (admins.filter(email__iexact=email) if email else admins).first()
    if found is None:
        raise CommandError(f"There is no admin {email}." if email else "There is no admin. Make one first.")
    return found
