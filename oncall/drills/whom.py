"""Whom a policy would page now, everybody whom its steps and its fallback mean, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from oncall import plan as plans
from oncall.models import EscalationPolicy, RoundRobin, Schedule
from oncall.plan import Plan, Target, TargetKind
from oncall.plan_rows import plan_of
from oncall.targets import resolve_targets

LONGEST = 200


def everybody(policy: EscalationPolicy, now: datetime) -> dict[int, str]:
    """Person to reason, in the order of steps; whoever stands in several steps is there once, by the first.

    Conditions of steps count for nothing: a drill is of the whole policy. "The team that owns the service" is the
    policy's own team, and of a schedule that is paged in turn it is whose turn the next incident's is.
    """
    plan = plans.bound(plan_of(policy), policy.team_id)
    found = resolve_targets(plans.targets_of(plan), now)
    turns = _turns(policy, plan)
    names = Schedule.objects.in_bulk({each.id for each in found if each.kind in plans.SCHEDULES})
    whom: dict[int, str] = {}
    for place, target in _in_order(plan):
        people = found[target]
        if target.kind == TargetKind.ROUND_ROBIN and people:
            people = (people[turns.get(target.id, 0) % len(people)],)
        via = names.get(target.id) if target.kind in plans.SCHEDULES else None
        for person in people:
            whom.setdefault(person, f"{place}: {via}"[:LONGEST] if via else place)
    return whom


def _in_order(plan: Plan) -> Iterator[tuple[str, Target]]:
    for number, step in enumerate(plan.steps, start=1):
        place = _("step %(step)s") % {"step": number}
        yield from ((place, target) for target in step.targets)
    yield from ((_("fallback"), target) for target in plan.fallback)


def _turns(policy: EscalationPolicy, plan: Plan) -> dict[int, int]:
    if not any(target.kind == TargetKind.ROUND_ROBIN for target in plans.targets_of(plan)):
        return {}
    return dict(RoundRobin.objects.filter(policy=policy).values_list("schedule_id", "dealt"))
