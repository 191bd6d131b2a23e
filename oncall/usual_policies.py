"""Usual policies, as the steps that make them. A template is where somebody begins: all of it can be changed after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from oncall.conditions import Condition, Otherwise
from oncall.drafts import Aim, StepDraft
from oncall.models import Schedule, Which
from oncall.rotation import Restriction

_OFFICE = tuple(Restriction(time(9), timedelta(hours=8), day) for day in range(5))


@dataclass(frozen=True, slots=True)
class Usual:
    """A usual policy. `steps` makes it for a team and one of its schedules."""

    key: str
    title: str | Promise
    text: str | Promise
    steps: Callable[[Team, Schedule], tuple[StepDraft, ...]]


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def _on_call_then_team(team: Team, schedule: Schedule) -> tuple[StepDraft, ...]:
    return StepDraft((schedule,), _minutes(5)), StepDraft((team,), _minutes(10))


def _second_in_line(team: Team, schedule: Schedule) -> tuple[StepDraft, ...]:
    second = Aim(schedule=schedule, which=Which.SECONDARY)
    return (
        StepDraft((schedule,), _minutes(5)),
        StepDraft((second,), _minutes(10)),
        StepDraft((team,), _minutes(10)),
    )


def _minor_waits(team: Team, schedule: Schedule) -> tuple[StepDraft, ...]:
    minor = Condition(
        urgencies=frozenset({"low"}), windows=_OFFICE, zone=schedule.time_zone, otherwise=Otherwise.WAIT
    )
    return (StepDraft((schedule,), _minutes(30), minor), *_on_call_then_team(team, schedule))


USUAL = (
    Usual(
        "on_call_then_team",
        _("On call, then the team"),
        _("Whoever is on call; after five minutes everybody in the team."),
        _on_call_then_team,
    ),
    Usual(
        "second_in_line",
        _("Primary, secondary, team"),
        _("The primary, then the secondary, then everybody in the team."),
        _second_in_line,
    ),
    Usual(
        "minor_waits",
        _("Minor things wait"),
        _("What is not urgent waits for office hours, Monday to Friday from nine; the rest pages at once."),
        _minor_waits,
    ),
)
BY_KEY = {usual.key: usual for usual in USUAL}
