"""Whom the targets of escalation plans mean: at a moment, and along a stretch of time for what-ifs.

Only people who can respond count. One path for the escalation itself, for the pages and for the simulator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from accounts.models import Membership, User
from lib.intervals import Interval
from oncall import coverage
from oncall.bridge import schedules_of
from oncall.coverage import Away
from oncall.models import Absence, LayerRole, Slot
from oncall.plan import SCHEDULES, Target, TargetKind

_TEAMS = (TargetKind.TEAM, TargetKind.OWNER)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Changes that are not stored: overrides with the id of their schedule, and people who are away."""

    overrides: tuple[tuple[int, coverage.Override], ...] = ()
    absences: tuple[Away, ...] = ()


NOTHING = WhatIf()


@dataclass(frozen=True, slots=True)
class Crew:
    """Everybody whom some targets may mean during a span. Ask by `who` and `shadows`, for moments in it.

    `rings` are the people of schedules that are paged in turn, in order; `resting` are absences, which take nobody off
    a schedule but out of their turn. `away` are what-ifs: they take people out of everything.
    """

    schedules: Mapping[int, coverage.Schedule] = field(default_factory=dict)
    responders: frozenset[int] = frozenset()
    rings: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    teams: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    resting: tuple[Away, ...] = ()
    away: tuple[Away, ...] = ()

    def who(self, target: Target, at: datetime) -> tuple[int, ...]:
        """The people of the target at that moment; for one in turn all of them, in the order of turns."""
        if target.kind == TargetKind.USER:
            found: tuple[int, ...] = (target.id,) if target.id in self.responders else ()
        elif target.kind in _TEAMS:
            found = self.teams.get(target.id, ())
        elif target.kind == TargetKind.ROUND_ROBIN:
            ring = self.rings.get(target.id, ())
            found = _without(ring, self.resting, at) or ring
        else:
            found = self._standing(target, at)
        return _without(found, self.away, at)

    def shadows(self, target: Target, at: datetime) -> tuple[int, ...]:
        """Who is told beside those whom the target pages."""
        if target.kind not in SCHEDULES or target.kind == TargetKind.ROUND_ROBIN:
            return ()
        found = self._on_call(target.id, at)
        return found.shadow if found else ()

    def _standing(self, target: Target, at: datetime) -> tuple[int, ...]:
        found = self._on_call(target.id, at)
        if found is None:
            return ()
        if target.kind == TargetKind.SECONDARY:
            return found.secondary
        return found.people if target.kind == TargetKind.SCHEDULE else (*found.people, *found.secondary)

    def _on_call(self, schedule_id: int, at: datetime) -> coverage.OnCall | None:
        schedule = self.schedules.get(schedule_id)
        return coverage.on_call_at(schedule, at) if schedule else None


def crew_of(
    targets: Iterable[Target], since: datetime, until: datetime, *, what_if: WhatIf = WhatIf()
) -> Crew:
    """The crew of many plans' targets for moments in [since, until), in eleven queries at most."""
    asked = set(targets)
    span = Interval(since, until)
    standing = {each.id for each in asked if each.kind in SCHEDULES and each.kind != TargetKind.ROUND_ROBIN}
    rings = _rings({each.id for each in asked if each.kind == TargetKind.ROUND_ROBIN})
    return Crew(
        schedules=_supposed(schedules_of(standing, span) if standing else {}, what_if),
        responders=_responders({each.id for each in asked if each.kind == TargetKind.USER}),
        rings=rings,
        teams=_teams({each.id for each in asked if each.kind in _TEAMS}),
        resting=_resting({person for ring in rings.values() for person in ring}, span),
        away=what_if.absences,
    )


def resolve_targets(targets: Iterable[Target], at: datetime) -> dict[Target, tuple[int, ...]]:
    """The people whom each target means at that moment, for many plans at once, in a fixed number of queries."""
    asked = set(targets)
    crew = crew_of(asked, at, at + timedelta.resolution)
    return {each: crew.who(each, at) for each in asked}


def resolver(targets: Iterable[Target], at: datetime) -> Callable[[Target], tuple[int, ...]]:
    """What `oncall.plan.decide` asks, answered from one `resolve_targets`; other targets have nobody."""
    found: Mapping[Target, tuple[int, ...]] = resolve_targets(targets, at)
    return lambda target: found.get(target, ())


def _without(people: tuple[int, ...], absences: Collection[Away], at: datetime) -> tuple[int, ...]:
    gone = {each.person for each in absences if each.start <= at < each.end}
    return tuple(each for each in people if each not in gone) if gone else people


def _supposed(schedules: Mapping[int, coverage.Schedule], what_if: WhatIf) -> dict[int, coverage.Schedule]:
    extra: defaultdict[int, list[coverage.Override]] = defaultdict(list)
    for schedule_id, override in what_if.overrides:
        extra[schedule_id].append(override)
    return {
        key: coverage.without(
            replace(schedule, overrides=(*schedule.overrides, *extra[key])), what_if.absences
        )
        if extra[key] or what_if.absences
        else schedule
        for key, schedule in schedules.items()
    }


def _responders(user_ids: Collection[int]) -> frozenset[int]:
    if not user_ids:
        return frozenset()
    return frozenset(User.objects.responders().filter(id__in=user_ids).values_list("id", flat=True))


def _rings(schedule_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Each schedule's people in the order of its layers, each once."""
    if not schedule_ids:
        return {}
    rows = (
        Slot.objects.filter(
            layer__schedule__in=schedule_ids, layer__replaced_at=None, user__in=User.objects.responders()
        )
        .exclude(layer__role=LayerRole.SHADOW)
        .order_by("layer__position", "layer_id", "position")
        .values_list("layer__schedule_id", "user_id")
    )
    rings: defaultdict[int, dict[int, None]] = defaultdict(dict)
    for schedule_id, user_id in rows:
        rings[schedule_id][user_id] = None
    return {key: tuple(people) for key, people in rings.items()}


def _teams(team_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    if not team_ids:
        return {}
    rows = Membership.objects.filter(team__in=team_ids, user__in=User.objects.responders())
    teams: defaultdict[int, list[int]] = defaultdict(list)
    for team_id, user_id in rows.order_by("user__name", "user_id").values_list("team_id", "user_id"):
        teams[team_id].append(user_id)
    return {key: tuple(people) for key, people in teams.items()}


def _resting(user_ids: Collection[int], span: Interval) -> tuple[Away, ...]:
    if not user_ids:
        return ()
    rows = Absence.objects.touching(span.start, span.end).filter(user__in=user_ids)
    return tuple(Away(*row) for row in rows.values_list("user_id", "starts_at", "ends_at"))
