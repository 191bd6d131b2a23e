"""Small organisations in the stack's own database; prints the keys as JSON. Run as a program with the stack's
environment."""

from __future__ import annotations

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up before models are imported
from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from tests import making  # noqa: E402
from tests.browser.push_seed import pushed  # noqa: E402
from tests.browser.seed import search  # noqa: E402
from tests.loop.seed import payments  # noqa: E402


class QuickHasher(PBKDF2PasswordHasher):
    """What it makes is read by the real one, which makes it anew at the first sign in."""

    iterations = 1


def main() -> None:
    """Static files; Payments for the scenario of the whole loop, Search for the tests of pages and acts."""
    settings.PASSWORD_HASHERS = [f"{__name__}.{QuickHasher.__name__}"]
    call_command("collectstatic", interactive=False, verbosity=0)
    now = timezone.now()
    made = {**payments(now), **search(now), **pushed(now), "password": making.PASSWORD}
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main()
