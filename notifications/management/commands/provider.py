"""Setting up what carries messages from a terminal: `bin/manage provider set slack --by ada@example.org --stdin`.

A secret on a command line is read by everybody on the machine and stays in the shell's history. So secrets come by
stdin, or from the environment, and are never printed.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from notifications import providers
from notifications.actions.providers import NotYours, Wrong, remove_provider, save_provider
from notifications.providers import CLEAR, NAMES, Declared, declared


class Command(BaseCommand):
    """`set` keeps what it is not told; `show` says of a secret only whether it is there."""

    help = "Show, set or remove the settings of a provider that carries messages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        show = does.add_parser("show", help="What is set up; secrets are not printed.")
        show.add_argument("name", choices=NAMES, nargs="?")
        changes = does.add_parser("set", help="Set it up, or change some of it.")
        changes.add_argument("name", choices=NAMES)
        changes.add_argument("values", nargs="*", metavar="field=value", help="What is no secret.")
        changes.add_argument(
            "--stdin", action="store_true", help="Read further lines field=value, also secrets, from stdin."
        )
        remove = does.add_parser("remove", help="Forget it, with its secrets.")
        remove.add_argument("name", choices=NAMES)
        for each in (changes, remove):
            each.add_argument("--by", required=True, metavar="EMAIL", help="The admin who does it.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['does']}")(options)
        except NotYours as error:
            raise CommandError("Only admins set up providers.") from error
        except Wrong as wrong:
            raise CommandError("\n".join(f"{name}: {text}" for name, text in wrong.errors.items())) from wrong

    def _show(self, options: dict[str, Any]) -> None:
        for name in [options["name"]] if options["name"] else NAMES:
            found = providers.values(name)
            self.stdout.write(f"{name}: {'set up' if found is not None else 'not set up'}")
            for line in _told(declared(name), found or {}):
                self.stdout.write(f"  {line}")

    def _set(self, options: dict[str, Any]) -> None:
        about = declared(options["name"])
        given = _pairs(about, options["values"])
        if secret := {name for name in given.keys() & _secrets(about) if given[name]}:
            raise CommandError(
                f"{', '.join(sorted(secret))}: by --stdin or {_variable(about, 'FIELD')} only."
            )
        given |= _environment(about)
        if options["stdin"]:
            given |= _pairs(about, filter(None, (line.strip() for line in sys.stdin)))
        secrets = _secrets(about)
        emptied = {CLEAR + name: "yes" for name, value in given.items() if name in secrets and not value}
        known = providers.values(about.name) or {}
        values = {name: value for name, value in known.items() if name not in secrets} | given | emptied
        save_provider(actor=_admin(options["by"]), name=about.name, values=values, now=timezone.now())
        self.stdout.write(f"{about.name}: set up")

    def _remove(self, options: dict[str, Any]) -> None:
        gone = remove_provider(actor=_admin(options["by"]), name=options["name"], now=timezone.now())
        self.stdout.write(f"{options['name']}: {'removed' if gone else 'was not set up'}")


def _admin(email: str) -> User:
    person: User | None = User.objects.active().filter(email__iexact=email).first()
    if person is None:
        raise CommandError("Nobody here has this address.")
    return person


def _secrets(about: Declared) -> set[str]:
    return {field.name for field in about.fields if field.kind == "secret"}


def _told(about: Declared, values: dict[str, str]) -> list[str]:
    """Each field that has a value; of a secret that it has one."""
    secrets = _secrets(about)
    return [f"{name}: {'(kept)' if name in secrets else value}" for name, value in values.items() if value]


def _pairs(about: Declared, lines: Iterable[str]) -> dict[str, str]:
    """`field=value` by field. What was typed is not repeated in an error: it may be a secret."""
    known = {field.name for field in about.fields}
    found: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals or name.strip() not in known:
            raise CommandError(f"Write field=value; the fields are {', '.join(sorted(known))}.")
        found[name.strip()] = value.strip()
    return found


def _variable(about: Declared, field: str) -> str:
    return f"TOCSIN_{about.name}_{field}".replace("-", "_").upper()


def _environment(about: Declared) -> dict[str, str]:
    """What the environment says of its fields: TOCSIN_SLACK_BOT_TOKEN."""
    named = {field.name: os.environ.get(_variable(about, field.name), "") for field in about.fields}
    return {name: value for name, value in named.items() if value}
