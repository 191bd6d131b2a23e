"""What a change of a policy does for whom: both plans simulated for each severity, now and in the coming night."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lib.intervals import to_instant, to_wall
from oncall.conditions import Facts
from oncall.plan import Plan, bound, targets_of
from oncall.simulation import Moment, simulate
from oncall.targets import Crew, crew_of

NIGHT = time(3)
CASES = (
    (Facts(0, urgency="high"), gettext_lazy("Not declared, high urgency")),
    (Facts(0, urgency="low"), gettext_lazy("Not declared, low urgency")),
    *((Facts(number, urgency="low" if number == 4 else "high"), f"SEV{number}") for number in range(1, 5)),
)
_AHEAD = timedelta(days=70)


@dataclass(frozen=True, slots=True)
class Line:
    """One moment of an escalation in words: when after its start, and what happens."""

    at: str
    words: str


@dataclass(frozen=True, slots=True)
class Case:
    """An incident of some severities at a moment: what happens by the policy as it is and as it would be."""

    severities: tuple[str, ...]
    at: datetime
    before: tuple[Line, ...]
    after: tuple[Line, ...]

    @property
    def is_change(self) -> bool:
        return self.before != self.after


def review(before: Plan, after: Plan, owner: int, now: datetime, zone: ZoneInfo) -> list[Case]:
    """The cases that differ first, those that read the same made one; in a fixed number of queries.

    `owner` is the id of the team whose services the policy is for; `zone` is that of whoever reads.
    """
    plans = bound(before, owner), bound(after, owner)
    moments = [now]
    if any(step.condition.has_hours for plan in plans for step in plan.steps):
        moments.append(_next_night(now, zone))
    targets = targets_of(plans[0]) | targets_of(plans[1])
    crew = crew_of(targets, now, now + _AHEAD)
    told = _Teller(crew, zone)
    cases: dict[tuple[datetime, tuple[Line, ...], tuple[Line, ...]], list[str]] = {}
    asked = list(_asked(plans))
    for at in moments:
        for facts, name in asked:
            key = (at, told.lines(plans[0], at, facts), told.lines(plans[1], at, facts))
            cases.setdefault(key, []).append(name)
    found = [Case(tuple(names), *key) for key, names in cases.items()]
    return sorted(found, key=lambda case: not case.is_change)


def _asked(plans: Iterable[Plan]) -> Iterator[tuple[Facts, str]]:
    """Every severity, and every tier where one of the plans asks for it."""
    by_tier = any(step.condition.tiers for plan in plans for step in plan.steps)
    for facts, name in CASES:
        if not by_tier:
            yield facts, str(name)
            continue
        for tier in range(1, 5):
            yield (
                replace(facts, tier=tier),
                _("%(severity)s in tier %(tier)s") % {"severity": name, "tier": tier},
            )


def _next_night(now: datetime, zone: ZoneInfo) -> datetime:
    wall = to_wall(now, zone)
    day = wall.date() + timedelta(days=wall.time() >= NIGHT)
    return to_instant(datetime.combine(day, NIGHT), zone)


class _Teller:
    """Simulates and says it, with names read once."""

    def __init__(self, crew: Crew, zone: ZoneInfo) -> None:
        self.crew, self.zone = crew, zone
        self.people: Mapping[int, User] = {person.pk: person for person in User.objects.responders()}

    def lines(self, plan: Plan, at: datetime, facts: Facts) -> tuple[Line, ...]:
        moments = simulate(plan, at, self.crew.who, facts, self._zone_of)
        return tuple(Line(self._after(moment.at, at), self._words(moment)) for moment in moments)

    def _zone_of(self, person: int) -> str:
        return self.people[person].time_zone

    def _after(self, moment: datetime, start: datetime) -> str:
        waited = moment - start
        if waited >= timedelta(hours=6):
            return self._clock(moment)
        return (
            _("at once") if not waited else _("after %(n)s min") % {"n": f"{waited / timedelta(minutes=1):g}"}
        )

    def _words(self, moment: Moment) -> str:
        decision = moment.decision
        names = ", ".join(str(self.people[each]) for each in decision.people if each in self.people)
        if decision.kind == "wait":
            return _("waits until %(when)s") % {"when": self._clock(decision.next_due)}
        if decision.kind == "hold":
            return _("nobody is on call: held until somebody is, an hour at most")
        if decision.kind == "fallback":
            return _("fallback: %(names)s") % {"names": names or _("the admins")}
        return names

    def _clock(self, at: datetime) -> str:
        return date_format(timezone.localtime(at, self.zone), "D j M, H:i")
