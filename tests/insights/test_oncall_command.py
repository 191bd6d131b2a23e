"""`oncall simulate` and `oncall assertions` from a terminal."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Team, User
from catalog.models import Service
from insights.actions import save_assertion
from tests.making import NOW


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("oncall", *arguments, stdout=out)
    return out.getvalue()


def test_the_ladder_is_on_the_clock_of_the_zone(service: Service) -> None:
    found = said(
        "simulate", "--service", service.slug, "--severity", "2", "--at", "2026-12-05T03:00", "--zone",
        "Europe/Berlin",
    )  # fmt: skip
    assert found.splitlines()[1:] == [
        "Sat 2026-12-05 03:00:00  Milan Member by E-mail at once (step 1, Payments primary)",
        "Sat 2026-12-05 03:05:00  Olga Owner by E-mail at once (step 2, by name)",
        "Sat 2026-12-05 03:10:00  Olga Owner by E-mail at once (the fallback, by name)",
    ]


def test_what_is_amiss_is_marked(service: Service, member: User) -> None:
    member.contact_methods.all().delete()
    found = said("simulate", "--service", service.slug)
    assert "! Step 1 has nobody: passed over at once" in found
    assert "! Milan Member cannot be reached" in found


def test_json_is_what_the_api_answers(service: Service) -> None:
    found = json.loads(
        said("simulate", "--service", service.slug, "--at", "2026-12-05T03:00:00+01:00", "--json")
    )
    assert (found["at"], found["severity"], found["urgency"]) == ("2026-12-05T02:00:00Z", None, "high")
    assert [rung["kind"] for rung in found["rungs"]] == ["step", "step", "fallback"]


@pytest.mark.parametrize(
    "wrong",
    [
        ["--service", "nope"],
        ["--service", "payments-api", "--zone", "Mars/Olympus"],
        ["--service", "payments-api", "--at", "tomorrow"],
        ["--service", "payments-api", "--at", "0001-01-01T00:00+14:00"],
        ["--service", "payments-api", "--severity", "5"],
        [],
    ],
)
def test_what_cannot_be_asked_fails_in_words(service: Service, wrong: list[str]) -> None:
    with pytest.raises(CommandError):
        said("simulate", *wrong)


def test_assertions_fail_the_command_when_one_fails(
    owner: User, member: User, team: Team, service: Service, other_team: Team
) -> None:
    assert said("assertions") == "0 are as expected.\n"
    save_assertion(
        actor=owner, now=NOW, assertion=None, team=team, name="Night", service=service, severity=1, at=NOW,
        expect={"never_empty": True},
    )  # fmt: skip
    assert said("assertions") == "holds  Payments: Night\n1 are as expected.\n"
    member.contact_methods.all().delete()
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 1 are not as expected"):
        call_command("oncall", "assertions", stdout=out)
    assert out.getvalue() == "FAILS  Payments: Night\n       Step 1 has nobody: passed over at once.\n"
    assert said("assertions", "--team", "search") == "0 are as expected.\n"
    with pytest.raises(CommandError, match="There is no team"):
        said("assertions", "--team", "serach")
