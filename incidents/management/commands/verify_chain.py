"""Prove that no timeline was changed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidents.queries.chain import broken_links


class Command(BaseCommand):
    """Recomputes every hash from the rows, and compares the newest with what the incident remembers."""

    help = "Recompute the hash chain of every incident's timeline (or of those named) and name the first broken link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("incidents", nargs="*", type=int, help="numbers; all when none is given")

    def handle(self, *args: Any, **options: Any) -> None:
        broken, checked = [], 0
        for number, problem in broken_links(options["incidents"]):
            checked += 1
            if problem:
                broken.append(f"#{number}: {problem}")
        for line in broken:
            self.stderr.write(line)
        if broken:
            raise CommandError(f"{len(broken)} of {checked} timelines are broken.")
        self.stdout.write(f"{checked} timelines are whole.")
