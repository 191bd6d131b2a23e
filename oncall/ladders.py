"""Policies as ladders: minutes on the rungs, what each step pages, and who that is today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.models import Team, User
from oncall import conditions
from oncall.conditions import Condition, Otherwise
from oncall.models import EscalationPolicy, Schedule
from oncall.plan import SCHEDULES, Plan, Step, Target, TargetKind, horizon
from oncall.plan_rows import plan_of
from oncall.targets import Crew, crew_of


@dataclass(frozen=True, slots=True)
class Named:
    """One target: the thing that it names, words before it, and who that is now."""

    kind: str
    subject: User | Schedule | Team | None
    words: str
    people: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """A step: how long after the first page, whom it pages, when it applies, and whether now is outside of that."""

    after: timedelta
    targets: tuple[Named, ...]
    only: tuple[str, ...] = ()
    hours: str = ""
    waits: bool = False
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """A policy with its steps as they stand at a moment."""

    policy: EscalationPolicy
    rungs: tuple[Rung, ...]
    plan: Plan

    @property
    def end(self) -> timedelta:
        """When the fallback is paged, if nobody answers and no step waits."""
        return horizon(self.plan)

    @property
    def round(self) -> timedelta:
        """How long all steps take once."""
        return self.end / (self.plan.repeats + 1)


@dataclass(frozen=True, slots=True)
class _Known:
    crew: Crew
    people: Mapping[int, User]
    schedules: Mapping[int, Schedule]
    teams: Mapping[int, Team]
    at: datetime


def ladders(policies: Iterable[EscalationPolicy], at: datetime) -> list[Ladder]:
    """Each policy with its rungs, all names from a fixed number of queries."""
    plans = [(policy, plan_of(policy)) for policy in policies]
    targets = {target for _policy, plan in plans for step in plan.steps for target in step.targets}
    crew = crew_of(targets, at, at + timedelta.resolution)
    paged = {person for target in targets for person in crew.who(target, at)}
    known = _Known(
        crew,
        User.objects.in_bulk(paged | _ids(targets, TargetKind.USER)),
        Schedule.objects.in_bulk(_ids(targets, *SCHEDULES)),
        Team.objects.in_bulk(_ids(targets, TargetKind.TEAM)),
        at,
    )
    return [Ladder(policy, tuple(_rungs(plan, known)), plan) for policy, plan in plans]


def _ids(targets: Iterable[Target], *kinds: TargetKind) -> set[int]:
    return {target.id for target in targets if target.kind in kinds}


def _rungs(plan: Plan, known: _Known) -> list[Rung]:
    rungs, after = [], timedelta(0)
    for step in plan.steps:
        rungs.append(_rung(step, after, known))
        after += step.delay
    return rungs


def _rung(step: Step, after: timedelta, known: _Known) -> Rung:
    condition = step.condition
    return Rung(
        after,
        tuple(_named(target, known) for target in step.targets),
        only(condition),
        hours_of(condition),
        condition.otherwise == Otherwise.WAIT,
        condition.has_hours
        and bool(condition.zone)
        and not conditions.is_open(condition, known.at, condition.zone),
    )


def _named(target: Target, known: _Known) -> Named:
    people = tuple(known.people[each] for each in known.crew.who(target, known.at))
    if target.kind == TargetKind.USER:
        return Named(target.kind, known.people[target.id], "", people)
    if target.kind == TargetKind.TEAM:
        return Named(target.kind, known.teams[target.id], _("all of"), people)
    if target.kind == TargetKind.OWNER:
        return Named(target.kind, None, _("all of the team that owns the service"), ())
    words = {
        TargetKind.SCHEDULE: "",
        TargetKind.SECONDARY: _("secondary of"),
        TargetKind.EVERYBODY: _("primary and secondary of"),
        TargetKind.ROUND_ROBIN: _("in turn, one of"),
    }
    return Named(target.kind, known.schedules[target.id], words[target.kind], people)


def only(condition: Condition) -> tuple[str, ...]:
    """For which incidents a step is, in words; empty for all."""
    found: list[str] = []
    if condition.severities:
        names = [
            f"SEV{each}" if each else _("not declared yet")
            for each in sorted(condition.severities, key=lambda each: each or 9)
        ]
        found.append(_("severity %(names)s") % {"names": ", ".join(names)})
    if condition.tiers:
        found.append(
            _("tier %(names)s") % {"names": ", ".join(str(each) for each in sorted(condition.tiers))}
        )
    if condition.urgencies:
        names = [_("high") if each == "high" else _("low") for each in sorted(condition.urgencies)]
        found.append(_("%(names)s urgency") % {"names": ", ".join(names)})
    return tuple(found)


def hours_of(condition: Condition) -> str:
    """When a step applies, in words; empty for always."""
    return conditions.hours(condition) if condition.has_hours else ""
