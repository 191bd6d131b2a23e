"""Usual policies, as the steps that make them. A template is where somebody begins: all of it can be changed after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, TeamRole, User
from oncall.conditions import Condition, Otherwise
from oncall.drafts import Aim, StepDraft
from oncall.models import LayerRole, Schedule, Which
from oncall.rotation import Restriction

_OFFICE = tuple(Restriction(time(9), timedelta(hours=8), day) for day in range(5))
_MINOR = frozenset({4})
_OTHERS = frozenset({0, 1, 2, 3})
Steps = tuple[StepDraft, ...]
Page = tuple[User | Schedule | Team | Aim, ...]


@dataclass(frozen=True, slots=True)
class Crew:
    """Whom a team's usual policy can page. `first` and `second` are in line for being on call, and empty where the team
    has nobody in that place; `managers` are those who can be paged."""

    team: Team
    zone: str
    first: Page
    second: Page
    managers: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class Usual:
    """A usual policy. A step of it without targets waits for somebody to choose them."""

    key: str
    title: str | Promise
    text: str | Promise
    steps: Callable[[Crew], Steps]


def crew_for(team: Team, zone: str) -> Crew:
    """The team's first schedule by name, whoever is second in it or in the team's next, and the managers. `zone` is
    that of whoever asks, for a team without a schedule."""
    schedules = list(Schedule.objects.filter(team=team).order_by("name", "id"))
    managers = User.objects.responders().filter(memberships__team=team, memberships__role=TeamRole.MANAGER)
    return Crew(
        team,
        schedules[0].time_zone if schedules else zone,
        tuple(schedules[:1]),
        _second(schedules),
        tuple(managers.order_by("name", "id")),
    )


def _second(schedules: list[Schedule]) -> Page:
    if schedules and schedules[0].layers.current().filter(role=LayerRole.SECONDARY).exists():
        return (Aim(schedule=schedules[0], which=Which.SECONDARY),)
    return tuple(schedules[1:2])


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def _second_in_line(crew: Crew) -> Steps:
    second = (StepDraft(crew.second, _minutes(10)),) if crew.second else ()
    return StepDraft(crew.first, _minutes(5)), *second, StepDraft((crew.team,), _minutes(15))


def _minor_waits(crew: Crew) -> Steps:
    minor = Condition(_MINOR, windows=_OFFICE, zone=crew.zone, otherwise=Otherwise.WAIT)
    return (
        StepDraft(crew.first, _minutes(60), minor),
        StepDraft(crew.first, _minutes(5), Condition(_OTHERS)),
        StepDraft((crew.team,), _minutes(15)),
    )


def _on_call_then_manager(crew: Crew) -> Steps:
    return StepDraft(crew.first, _minutes(10)), StepDraft(crew.managers, _minutes(15))


USUAL = (
    Usual(
        "second_in_line",
        _("Primary, then secondary, then the team"),
        _("Whoever is on call, the secondary after five minutes, everybody after fifteen."),
        _second_in_line,
    ),
    Usual(
        "minor_waits",
        _("Business hours for low severity"),
        _("SEV4 waits until the morning, Monday to Friday from nine; all else pages at once."),
        _minor_waits,
    ),
    Usual(
        "on_call_then_manager",
        _("Simple: on call, then manager"),
        _("Whoever is on call, and after ten minutes the team’s managers."),
        _on_call_then_manager,
    ),
)
BY_KEY = {usual.key: usual for usual in USUAL}
