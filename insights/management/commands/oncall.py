"""Who would be paged, and whether it is as expected, from a terminal."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rest_framework.renderers import JSONRenderer

from accounts.models import Team
from catalog.models import Service
from incidents.models import Severity
from insights.asserting import verdicts
from insights.models import Assertion
from insights.serializers.answers import shown
from insights.simulator import Answer, Question, Rung, answer
from insights.simulator.words import passed_in_words, reasons_in_words, step_in_words, ways_in_words
from lib.intervals import UnknownZone, load_zone, to_instant
from notifications.models import Urgency


class Command(BaseCommand):
    """`oncall simulate` prints an answer as a ladder, `oncall assertions` a line for each; it fails when one does."""

    help = "Ask who would be paged (simulate), or whether paging is as expected (assertions)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True)
        simulate = commands.add_parser("simulate", help="who is paged, when, how and why")
        simulate.add_argument("--service", required=True, help="its slug")
        simulate.add_argument("--severity", type=int, choices=Severity.values, help="none: not declared yet")
        simulate.add_argument(
            "--urgency", choices=Urgency.values, default=Urgency.HIGH, help="of an alert that is not declared"
        )
        simulate.add_argument("--at", help="such as 2026-12-05T03:00, on the clock of --zone; none: now")
        simulate.add_argument("--zone", default="UTC", help="such as Europe/Berlin")
        simulate.add_argument("--json", action="store_true", help="as the API answers")
        asserted = commands.add_parser("assertions", help="ask all; exit code 1 when one fails")
        asserted.add_argument("--team", help="only those of the team with this slug")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "assertions":
            return self._assertions(options["team"])
        found = answer(_question(options))
        if options["json"]:
            return self.stdout.write(json.dumps(json.loads(JSONRenderer().render(shown(found))), indent=2))
        return self.stdout.write("\n".join(_lines(found, options["zone"])))

    def _assertions(self, team: str | None) -> None:
        if team and not Team.objects.filter(slug=team).exists():
            raise CommandError(f"There is no team {team!r}: name it by its slug.")
        rows = Assertion.objects.select_related("team", "service").order_by("team__name", "name", "id")
        found = verdicts(list(rows.filter(team__slug=team) if team else rows), timezone.now())
        for each in found:
            mark = "holds" if each.holds else "FAILS"
            self.stdout.write(f"{mark}  {each.assertion.team}: {each.assertion.name}")
            for missed in each.missed:
                self.stdout.write(f"       {missed}")
        failing = sum(not each.holds for each in found)
        if failing:
            raise CommandError(f"{failing} of {len(found)} are not as expected.")
        self.stdout.write(f"{len(found)} are as expected.")


def _question(options: dict[str, Any]) -> Question:
    service = Service.objects.live().filter(slug=options["service"]).first()
    if service is None:
        raise CommandError(f"There is no service {options['service']!r}: name it by its slug.")
    return Question(service, _moment(options["at"], options["zone"]), options["severity"], options["urgency"])


def _moment(text: str | None, zone: str) -> datetime:
    try:
        clock = load_zone(zone)
        at = datetime.fromisoformat(text) if text else timezone.now()
    except UnknownZone as error:
        raise CommandError(str(error)) from error
    except ValueError as error:
        raise CommandError(f"{text!r} is no moment: write it as 2026-12-05T03:00.") from error
    if not 2000 <= at.year < 2100:
        raise CommandError("A time between the years 2000 and 2100 is needed.")
    return at if at.tzinfo else to_instant(at, clock)


def _lines(found: Answer, zone: str) -> list[str]:
    severity = f"SEV{found.question.severity}" if found.question.severity else "not declared"
    head = f"{found.question.service}, {severity}, {found.urgency} urgency, policy {found.policy_name}"
    lines = [f"{head}; times are those of {zone}"]
    for rung in found.rungs:
        at = f"{rung.at.astimezone(load_zone(zone)):%a %Y-%m-%d %H:%M:%S}"
        lines += [f"{at}  {line}" for line in _of_rung(rung)]
    return lines


def _of_rung(rung: Rung) -> list[str]:
    lines = [f"! {passed_in_words(each)}" if each.is_amiss else passed_in_words(each) for each in rung.passed]
    lines += [
        f"{each.person} by {ways_in_words(each.ways)} ({step_in_words(rung)}, {reasons_in_words(each)})"
        for each in rung.people
    ]
    mute = [*rung.unreachable, *(user for each in rung.passed for user in each.unreachable)]
    lines += [f"! {user} cannot be reached: no verified contact method" for user in mute]
    lines += [f"{user} is told, not waited for" for user in rung.told]
    if rung.kind == "fallback" and not rung.people:
        lines.append("! Nobody is left to page")
    return lines
