"""Policies as ladders: minutes on the rungs, what each step pages, who that is at a moment, and what of it waits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.models import Team, User
from lib.intervals import Interval
from oncall import condition_words, conditions, coverage
from oncall.conditions import Condition, Otherwise
from oncall.models import EscalationPolicy, RoundRobin, Schedule
from oncall.plan import SCHEDULES, Plan, Step, Target, TargetKind, horizon
from oncall.plan_rows import plan_of
from oncall.rotation import Segment
from oncall.targets import Crew, crew_of

AHEAD = timedelta(days=28)
"""How far "until when" looks."""
MOST_FACES = 8


@dataclass(frozen=True, slots=True)
class Named:
    """One target: the thing that it names, words before it, and who that is now. `until` is when that changes, if it
    was asked for and is near; `following` is whose turn it is where people are paged in turn."""

    kind: str
    subject: User | Schedule | Team | None
    words: str
    people: tuple[User, ...]
    until: datetime | None = None
    following: User | None = None

    @property
    def shown(self) -> tuple[User, ...]:
        """So many as a rung has room for."""
        return self.people[:MOST_FACES]

    @property
    def more(self) -> int:
        return len(self.people) - len(self.shown)


@dataclass(frozen=True, slots=True)
class Rung:
    """A step: how long after the first page, whom it pages, and when it applies.

    `state` is what becomes of it at this moment for an incident that it is for: "pages", "waits" until `opens`,
    "closed" (outside its hours, passed over) or "nobody" (the policy's rule for that applies).
    """

    after: timedelta
    targets: tuple[Named, ...]
    only: tuple[str, ...] = ()
    hours: str = ""
    waits: bool = False
    state: str = "pages"
    opens: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """A policy with its steps as they stand at a moment."""

    policy: EscalationPolicy
    rungs: tuple[Rung, ...]
    plan: Plan

    @property
    def end(self) -> timedelta:
        """When the fallback is paged, if nobody answers and every step pages somebody."""
        return horizon(self.plan)

    @property
    def round(self) -> timedelta:
        """How long all steps take once."""
        return self.end / (self.plan.repeats + 1)

    @property
    def skips(self) -> bool:
        """Whether some steps do not apply always, so that the minutes are those of the longest way."""
        return any(rung.only or rung.hours for rung in self.rungs)


@dataclass(frozen=True, slots=True)
class _Known:
    """All that was read, for every policy at once. `ends` are those of who stands in a target now."""

    crew: Crew
    at: datetime
    people: Mapping[int, User]
    schedules: Mapping[int, Schedule]
    teams: Mapping[int, Team]
    ends: Mapping[Target, datetime]
    dealt: Mapping[tuple[int, int], int]

    def who(self, target: Target) -> tuple[User, ...]:
        return tuple(self.people[each] for each in self.crew.who(target, self.at))


def ladders(policies: Iterable[EscalationPolicy], at: datetime, *, ends: bool = False) -> list[Ladder]:
    """Each policy with its rungs, all names from a fixed number of queries; with `ends` also until when."""
    plans = [(policy, plan_of(policy)) for policy in policies]
    targets = {target for _policy, plan in plans for step in plan.steps for target in step.targets}
    crew = crew_of(targets, at, at + (AHEAD if ends else timedelta.resolution))
    paged = {person for target in targets for person in crew.who(target, at)}
    known = _Known(
        crew,
        at,
        User.objects.in_bulk(paged | _ids(targets, TargetKind.USER)),
        Schedule.objects.in_bulk(_ids(targets, *SCHEDULES)),
        Team.objects.in_bulk(_ids(targets, TargetKind.TEAM)),
        _ends(targets, crew, at) if ends else {},
        _dealt(targets, [policy.pk for policy, _plan in plans]),
    )
    return [Ladder(policy, tuple(_rungs(policy, plan, known)), plan) for policy, plan in plans]


def _ids(targets: Iterable[Target], *kinds: TargetKind) -> set[int]:
    return {target.id for target in targets if target.kind in kinds}


def _dealt(targets: Iterable[Target], policies: Collection[int]) -> dict[tuple[int, int], int]:
    """How many escalations each policy has dealt out over each schedule: the next is that number's."""
    if not _ids(targets, TargetKind.ROUND_ROBIN):
        return {}
    rows = RoundRobin.objects.filter(policy__in=policies).values_list("policy_id", "schedule_id", "dealt")
    return {(policy, schedule): dealt for policy, schedule, dealt in rows}


def _ends(targets: Iterable[Target], crew: Crew, at: datetime) -> dict[Target, datetime]:
    """Until when those stay whom a schedule's target means now; none for what does not end within `AHEAD`."""
    span = Interval(at, at + AHEAD)
    finals = {key: coverage.final(schedule, span) for key, schedule in crew.schedules.items()}
    found = {}
    for target in targets:
        if target.id not in finals or target.kind not in SCHEDULES or not crew.who(target, at):
            continue
        end, people = at, crew.who(target, at)
        for segment in finals[target.id]:
            if segment.start != end or _meant(target, segment) != people:
                break
            end = segment.end
        if at < end < span.end:
            found[target] = end
    return found


def _meant(target: Target, segment: Segment) -> tuple[int, ...]:
    if target.kind == TargetKind.SECONDARY:
        return segment.secondary
    return segment.people if target.kind == TargetKind.SCHEDULE else (*segment.people, *segment.secondary)


def _rungs(policy: EscalationPolicy, plan: Plan, known: _Known) -> list[Rung]:
    rungs, after = [], timedelta(0)
    for step in plan.steps:
        targets = tuple(_named(policy, target, known) for target in step.targets)
        state, opens = _state(step, targets, known.at)
        waits = step.condition.otherwise == Otherwise.WAIT
        only, hours = condition_words.only(step.condition), condition_words.hours(step.condition)
        rungs.append(Rung(after, targets, only, hours, waits, state, opens))
        after += step.delay
    return rungs


def _named(policy: EscalationPolicy, target: Target, known: _Known) -> Named:
    people, kind = known.who(target), target.kind
    if kind == TargetKind.USER:
        return Named(kind, known.people[target.id], "", people)
    if kind == TargetKind.TEAM:
        return Named(kind, known.teams[target.id], _("all of"), people)
    if kind == TargetKind.OWNER:
        return Named(kind, None, _("all of the team that owns the service"), ())
    words = {
        TargetKind.SCHEDULE: "",
        TargetKind.SECONDARY: _("secondary of"),
        TargetKind.EVERYBODY: _("primary and secondary of"),
        TargetKind.ROUND_ROBIN: _("in turn, one of"),
    }
    turn = known.dealt.get((policy.pk, target.id), 0)
    following = people[turn % len(people)] if people and kind == TargetKind.ROUND_ROBIN else None
    return Named(kind, known.schedules[target.id], words[kind], people, known.ends.get(target), following)


def _state(step: Step, targets: Collection[Named], at: datetime) -> tuple[str, datetime | None]:
    """What becomes of the step now, and when its hours begin if it waits; see Rung."""
    condition = step.condition
    people = {person for target in targets for person in target.people}
    unknown = any(target.kind == TargetKind.OWNER for target in targets)
    zones = {condition.zone} if condition.zone else {person.time_zone for person in people}
    if zones and not any(conditions.is_open(condition, at, zone) for zone in zones):
        return _closed(condition, zones, at)
    return ("pages" if people or unknown else "nobody"), None


def _closed(condition: Condition, zones: Iterable[str], at: datetime) -> tuple[str, datetime | None]:
    openings = [opens for zone in zones if (opens := conditions.next_opening(condition, at, zone))]
    if condition.otherwise == Otherwise.WAIT and openings:
        return "waits", min(openings)
    return "closed", None
