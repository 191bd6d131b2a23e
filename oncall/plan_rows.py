"""From rows to plans."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from accounts.models import User
from oncall import conditions, plan
from oncall.drafts import Aim, StepDraft
from oncall.models import Binding, EscalationPolicy, PolicyStep, StepTarget, Which

_KINDS = {
    Which.PRIMARY: plan.TargetKind.SCHEDULE,
    Which.SECONDARY: plan.TargetKind.SECONDARY,
    Which.ALL: plan.TargetKind.EVERYBODY,
    Which.ROUND_ROBIN: plan.TargetKind.ROUND_ROBIN,
}


def plan_of(policy: EscalationPolicy) -> plan.Plan:
    """The policy as it stands; prefetch it by `EscalationPolicy.objects.with_steps()`."""
    return plan.Plan(
        steps=tuple(_step(step) for step in policy.steps.all()),
        repeats=policy.repeats,
        on_empty=plan.OnEmpty(policy.on_empty),
        fallback=tuple(
            plan.Target(plan.TargetKind.USER, person.pk) for person in policy.fallback_people.all()
        ),
        live=policy.binding == Binding.LIVE,
    )


def plan_from(
    steps: Sequence[StepDraft],
    fallback_people: Collection[User],
    repeats: int,
    on_empty: str,
    binding: str = Binding.FROZEN,
) -> plan.Plan:
    """A policy that is not saved yet as the calculators take it."""
    return plan.Plan(
        steps=tuple(
            plan.Step(
                step.delay,
                tuple(_aimed(aim) for aim in step.aims),
                str(step.uid or f"new-{place}"),
                step.condition,
            )
            for place, step in enumerate(steps)
        ),
        repeats=repeats,
        on_empty=plan.OnEmpty(on_empty),
        fallback=tuple(plan.Target(plan.TargetKind.USER, person.pk) for person in fallback_people),
        live=binding == Binding.LIVE,
    )


def _aimed(aim: Aim) -> plan.Target:
    if aim.user:
        return plan.Target(plan.TargetKind.USER, aim.user.pk)
    if aim.team:
        return plan.Target(plan.TargetKind.TEAM, aim.team.pk)
    if aim.schedule:
        return plan.Target(_KINDS[Which(aim.which)], aim.schedule.pk)
    return plan.Target(plan.TargetKind.OWNER, 0)


def target_of(row: StepTarget) -> plan.Target:
    """What a row names."""
    if row.user_id is not None:
        return plan.Target(plan.TargetKind.USER, row.user_id)
    if row.team_id is not None:
        return plan.Target(plan.TargetKind.TEAM, row.team_id)
    if row.owner:
        return plan.Target(plan.TargetKind.OWNER, 0)
    return plan.Target(_KINDS[Which(row.which)], row.schedule_id or 0)


def _step(step: PolicyStep) -> plan.Step:
    return plan.Step(
        step.delay,
        tuple(target_of(each) for each in step.targets.all()),
        str(step.uid),
        conditions.stored(step.condition),
    )
