"""What a change of a policy does for whom: both plans played through for each severity, now and in the coming night."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from lib import moments
from lib.intervals import to_instant, to_wall
from oncall.conditions import UNDECLARED, Facts, misfit
from oncall.models import EscalationPolicy, RoundRobin
from oncall.plan import Plan, Target, TargetKind, bound, targets_of
from oncall.simulation import Moment, simulate
from oncall.targets import Crew, crew_of

NIGHT, DAY = time(3), time(11)
_WORKING_HOURS = (time(8), time(18))
_AHEAD = timedelta(days=70)
"""Hours that do not begin within sixty days are not waited for (oncall.conditions)."""
_LINES = 40
_TIERS = range(1, 5)
_ANY_TIER, _ANY_URGENCY = 0, ""
"""Where no step asks for them."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy as it shall be and is not yet: what panels of the review get as their subject."""

    policy: EscalationPolicy
    plan: Plan


@dataclass(frozen=True, slots=True)
class Line:
    """One moment of an escalation in words: when after its start, and what happens. `people` are those paged;
    `is_other` tells what the other policy does not do."""

    at: str
    words: str
    people: tuple[User, ...] = ()
    is_other: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One moment of an escalation as it is compared: `delay` since its start, whom it pages at once (in any order),
    until when it waits."""

    delay: timedelta
    kind: str
    people: tuple[int, ...]
    until: timedelta
    cycle: int = field(compare=False)


Course = tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Incidents that fare alike when they begin at a moment: by the policy as it is, and as it would be."""

    incidents: str
    when: str
    at: datetime
    before: tuple[Line, ...]
    after: tuple[Line, ...]
    is_change: bool


@dataclass(frozen=True, slots=True)
class Review:
    """The cases that differ, and those that stay. `owner`: some step pages the team that owns the service, which is
    taken to be the policy's."""

    changed: tuple[Case, ...]
    same: tuple[Case, ...]
    owner: bool


def review(policy: EscalationPolicy, before: Plan, after: Plan, now: datetime, zone: ZoneInfo) -> Review:
    """Both plans followed until the fallback as if nobody answered; `zone` is that of whoever reads.

    The number of queries does not grow with the plans.
    """
    dealt = tuple(RoundRobin.objects.filter(policy=policy).values_list("schedule_id", "dealt"))
    plans = [replace(bound(plan, policy.team_id), dealt=dealt) for plan in (before, after)]
    targets = targets_of(plans[0]) | targets_of(plans[1])
    player = _Player(crew_of(targets, now, now + _AHEAD), zone)
    cases = [
        _case(player, name, at, courses, facts)
        for at, name in _moments(plans, now, zone)
        for courses, facts in player.alike(plans, at).items()
    ]
    owner = any(target.kind == TargetKind.OWNER for plan in (before, after) for target in targets_of(plan))
    return Review(
        tuple(case for case in cases if case.is_change),
        tuple(case for case in cases if not case.is_change),
        owner,
    )


def _case(
    player: _Player, when: str, at: datetime, courses: tuple[Course, Course], facts: Sequence[Facts]
) -> Case:
    before, after = (player.lines(course, at) for course in courses)
    return Case(
        _incidents(facts), when, at, _marked(before, after), _marked(after, before), courses[0] != courses[1]
    )


def _marked(lines: Iterable[Line], others: Collection[Line]) -> tuple[Line, ...]:
    return tuple(replace(line, is_other=line not in others) for line in lines)


def _moments(plans: Iterable[Plan], now: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, str]]:
    """Now; where hours matter also the coming night, and by day if it is not."""
    yield now, _("now")
    if not any(step.condition.has_hours for plan in plans for step in plan.steps):
        return
    wall = to_wall(now, zone)
    night = datetime.combine(wall.date() + timedelta(days=wall.time() >= NIGHT), NIGHT)
    yield to_instant(night, zone), _("in the coming night, %(when)s") % {"when": _short(night)}
    if wall.weekday() < 5 and _WORKING_HOURS[0] <= wall.time() < _WORKING_HOURS[1]:
        return
    day = wall.date() + timedelta(days=wall.time() >= _WORKING_HOURS[0])
    while day.weekday() >= 5:
        day += timedelta(days=1)
    working = datetime.combine(day, DAY)
    yield to_instant(working, zone), _("on the next working day, %(when)s") % {"when": _short(working)}


def _short(wall: datetime) -> str:
    return date_format(wall, "D H:i")


def _asked(plans: Iterable[Plan]) -> list[Facts]:
    """Every severity; tiers and urgencies only where some step asks for them. SEV4 is not urgent, the others are."""
    conditions = [step.condition for plan in plans for step in plan.steps]
    undeclared = ("high", "low") if any(each.urgencies for each in conditions) else (_ANY_URGENCY,)
    tiers = _TIERS if any(each.tiers for each in conditions) else (_ANY_TIER,)
    pairs = [(severity, "low" if severity == 4 else "high") for severity in range(1, 5)]
    pairs += [(UNDECLARED, urgency) for urgency in undeclared]
    return [Facts(severity, tier, urgency) for severity, urgency in pairs for tier in tiers]


def _incidents(found: Sequence[Facts]) -> str:
    """Those incidents in words: "SEV1, SEV2 in tier 1, 2; not declared yet"."""
    tiers: dict[tuple[int, str], list[int]] = {}
    for facts in found:
        tiers.setdefault((facts.severity, facts.urgency), []).append(facts.tier)
    alike: dict[tuple[int, ...], list[tuple[int, str]]] = {}
    for kind, several in tiers.items():
        alike.setdefault(tuple(several), []).append(kind)
    return "; ".join(_in_tiers(_names(kinds), several) for several, kinds in alike.items())


def _names(kinds: Collection[tuple[int, str]]) -> str:
    found = [f"SEV{severity}" for severity, _urgency in kinds if severity != UNDECLARED]
    undeclared = [urgency for severity, urgency in kinds if severity == UNDECLARED]
    if len(undeclared) == 2 or _ANY_URGENCY in undeclared:
        found.append(_("not declared yet"))
    elif undeclared:
        found.append(
            _("urgent but not declared") if "high" in undeclared else _("neither urgent nor declared")
        )
    return ", ".join(found)


def _in_tiers(names: str, tiers: Collection[int]) -> str:
    if len(tiers) == len(_TIERS) or _ANY_TIER in tiers:
        return names
    return _("%(names)s in tier %(tiers)s") % {"names": names, "tiers": ", ".join(map(str, tiers))}


class _Player:
    """Follows plans and says what happens; everybody is read once, and asked once for each moment."""

    def __init__(self, crew: Crew, zone: ZoneInfo) -> None:
        self.crew, self.zone = crew, zone
        self._known: dict[tuple[Target, datetime], tuple[int, ...]] = {}

    @cached_property
    def people(self) -> Mapping[int, User]:
        return {person.pk: person for person in User.objects.responders()}

    def alike(self, plans: Sequence[Plan], at: datetime) -> dict[tuple[Course, Course], list[Facts]]:
        """The incidents that begin at the moment, by what both plans do for them."""
        known: dict[tuple[bool, ...], tuple[Course, Course]] = {}
        found: dict[tuple[Course, Course], list[Facts]] = {}
        for facts in _asked(plans):
            # Incidents that the same steps are for fare alike: they are followed once.
            fitting = tuple(not misfit(step.condition, facts) for plan in plans for step in plan.steps)
            if fitting not in known:
                known[fitting] = self._course(plans[0], at, facts), self._course(plans[1], at, facts)
            found.setdefault(known[fitting], []).append(facts)
        return found

    def lines(self, course: Course, start: datetime) -> tuple[Line, ...]:
        """The course in words. Rounds that are like the first are said in one line."""
        rounds = [list(events) for _cycle, events in groupby(course, key=lambda event: event.cycle)]
        # The last is the fallback, whose rounds come after those of the steps.
        steps, last = rounds[:-1], rounds[-1]
        told = [event for events in steps for event in events]
        again = 0
        if len(steps) > 1 and all(_relative(events) == _relative(steps[0]) for events in steps):
            told, again = steps[0], len(steps) - 1
        lines = [self._line(event, start) for event in told]
        if again:
            lines.append(self._again(again, steps[1][0], start))
        if len(lines) > _LINES:
            lines = [*lines[:_LINES], Line("", _("and so on"))]
        return (*lines, *(self._line(event, start) for event in last))

    def _course(self, plan: Plan, at: datetime, facts: Facts) -> Course:
        found = simulate(plan, at, self._who, facts, lambda person: self.people[person].time_zone)
        return tuple(_event(moment, at) for moment in found)

    def _who(self, target: Target, at: datetime) -> tuple[int, ...]:
        key = (target, at)
        if key not in self._known:
            self._known[key] = self.crew.who(target, at)
        return self._known[key]

    def _line(self, event: Event, start: datetime) -> Line:
        paged = [self.people[each] for each in event.people if each in self.people]
        people = tuple(sorted(paged, key=str))
        return Line(self._at(event.delay, start), self._words(event, start), people)

    def _again(self, times: int, first: Event, start: datetime) -> Line:
        words = ngettext("all of it once more", "all of it %(n)s times more", times) % {"n": times}
        return Line(self._at(first.delay, start), words)

    def _at(self, delay: timedelta, start: datetime) -> str:
        if not delay:
            return _("at once")
        if delay >= timedelta(hours=6):
            return self._clock(start + delay)
        return _("after %(span)s") % {"span": moments.span(delay)}

    def _words(self, event: Event, start: datetime) -> str:
        if event.kind == "wait":
            return _("waits until %(when)s") % {"when": self._clock(start + event.until)}
        if event.kind == "hold":
            return _("nobody is on call: held until somebody is, an hour at most")
        if event.kind == "fallback":
            return _("fallback") if event.people else _("fallback: the installation’s admins")
        return ""

    def _clock(self, at: datetime) -> str:
        return date_format(to_wall(at, self.zone), "D j M, H:i")


def _event(moment: Moment, start: datetime) -> Event:
    decision = moment.decision
    until = decision.next_due - start if decision.kind == "wait" else timedelta(0)
    people = tuple(sorted(decision.people))
    return Event(moment.at - start, decision.kind, people, until, decision.position.cycle)


def _relative(events: Sequence[Event]) -> list[Event]:
    """The round as if it began at once, to be compared with another."""
    first = events[0].delay
    return [
        replace(event, delay=event.delay - first, until=event.until and event.until - first, cycle=0)
        for event in events
    ]
