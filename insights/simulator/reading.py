"""From questions to the plans that answer them, as an escalation that began would have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from insights.simulator.values import Question
from oncall import plan as plans
from oncall.conditions import Otherwise
from oncall.models import EscalationPolicy, RoundRobin
from oncall.plan import OnEmpty, Plan, Step, TargetKind
from oncall.plan.values import HOLD_AT_MOST, HOLD_FOR
from oncall.plan_rows import plan_of

_LONGEST_WAIT = timedelta(days=61)
"""Hours that do not begin within sixty days are not waited for (oncall.conditions)."""


def plans_of(questions: Sequence[Question]) -> list[tuple[Plan, str]]:
    """Each question's plan, bound to the owner of its service and dealt as the next escalation's would be, with the
    policy's name; a fixed number of queries."""
    policies = EscalationPolicy.objects.with_steps().in_bulk({each.policy_id for each in questions})
    found = [each.plan or plan_of(policies[each.policy_id]) for each in questions]
    dealt = _dealt(questions, found)
    return [
        (
            replace(plans.bound(plan, each.service.team_id), dealt=dealt.get(each.policy_id, ())),
            policies[each.policy_id].name,
        )
        for each, plan in zip(questions, found, strict=True)
    ]


def _dealt(questions: Sequence[Question], found: Sequence[Plan]) -> dict[int, tuple[tuple[int, int], ...]]:
    """Whose turn is next where a schedule's people are paged in turn; it is read, not taken."""
    turning = {
        question.policy_id
        for question, plan in zip(questions, found, strict=True)
        if any(target.kind == TargetKind.ROUND_ROBIN for target in plans.targets_of(plan))
    }
    dealt: dict[int, tuple[tuple[int, int], ...]] = {}
    if turning:
        rows = RoundRobin.objects.filter(policy__in=turning).order_by("policy_id", "schedule_id")
        for policy_id, *turn in rows.values_list("policy_id", "schedule_id", "dealt"):
            dealt[policy_id] = (*dealt.get(policy_id, ()), (turn[0], turn[1]))
    return dealt


def reach(plan: Plan) -> timedelta:
    """The longest time that may pass from the start until just after the fallback's first round."""
    once = sum((_longest(step, plan) for step in plan.steps), timedelta(0))
    return once * (plan.repeats + 1) + plan.fallback_every


def _longest(step: Step, plan: Plan) -> timedelta:
    held = HOLD_AT_MOST + HOLD_FOR if plan.on_empty == OnEmpty.HOLD else timedelta(0)
    waits = step.condition.has_hours and step.condition.otherwise == Otherwise.WAIT
    return step.delay + held + (_LONGEST_WAIT if waits else timedelta(0))
