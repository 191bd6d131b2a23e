"""A policy as plain JSON before and after a change, so that the last one can be undone (see oncall.revisions)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Team, User
from oncall import conditions
from oncall.drafts import Aim, Refused, StepDraft
from oncall.models import EscalationPolicy, PolicyStep, Schedule

Plain = dict[str, Any]


class PolicyValues(TypedDict):
    """What makes a policy, apart from its team."""

    name: str
    description: str
    repeats: int
    on_empty: str
    binding: str
    steps: Sequence[StepDraft]
    fallback_people: Collection[User]


def snapshot(policy: EscalationPolicy) -> Plain:
    """The policy with its steps in order; people, schedules and teams by id, times in whole seconds."""
    steps = policy.steps.prefetch_related("targets").order_by("position")
    return {
        "name": policy.name,
        "description": policy.description,
        "repeats": policy.repeats,
        "on_empty": str(policy.on_empty),
        "binding": str(policy.binding),
        "fallback_people": sorted(policy.fallback_people.values_list("pk", flat=True)),
        "steps": [_plain(step) for step in steps],
    }


def drafts_of(policy: EscalationPolicy) -> tuple[StepDraft, ...]:
    """The stored steps as drafts."""
    steps = policy.steps.prefetch_related("targets__user", "targets__schedule", "targets__team")
    return tuple(
        StepDraft(
            tuple(Aim(row.user, row.schedule, row.which, row.team, row.owner) for row in step.targets.all()),
            step.delay,
            conditions.stored(step.condition),
            step.uid,
        )
        for step in steps.order_by("position")
    )


def values_from(plain: Mapping[str, Any]) -> PolicyValues:
    """What a snapshot holds. Raises Refused when something that it names is not there any more."""
    targets = [target for step in plain["steps"] for target in step["targets"]]
    people = User.objects.in_bulk(
        {*plain["fallback_people"], *(each["user"] for each in targets if each["user"])}
    )
    schedules = Schedule.objects.in_bulk({each["schedule"] for each in targets if each["schedule"]})
    teams = Team.objects.in_bulk({each["team"] for each in targets if each["team"]})
    try:
        steps = [_draft(step, people, schedules, teams) for step in plain["steps"]]
        fallback = [people[each] for each in plain["fallback_people"]]
    except KeyError as error:
        message = _("Somebody, a schedule or a team that it paged is not here any more.")
        raise Refused("", message) from error
    return PolicyValues(
        name=plain["name"],
        description=plain["description"],
        repeats=plain["repeats"],
        on_empty=plain["on_empty"],
        binding=plain["binding"],
        steps=steps,
        fallback_people=fallback,
    )


def _plain(step: PolicyStep) -> Plain:
    return {
        "uid": str(step.uid),
        "delay": step.delay // timedelta(seconds=1),
        "condition": step.condition,
        "targets": [
            {
                "user": row.user_id,
                "schedule": row.schedule_id,
                "which": str(row.which),
                "team": row.team_id,
                "owner": row.owner,
            }
            for row in step.targets.all()
        ],
    }


def _draft(
    plain: Mapping[str, Any],
    people: Mapping[int, User],
    schedules: Mapping[int, Schedule],
    teams: Mapping[int, Team],
) -> StepDraft:
    aims = tuple(
        Aim(
            people[each["user"]] if each["user"] else None,
            schedules[each["schedule"]] if each["schedule"] else None,
            each["which"],
            teams[each["team"]] if each["team"] else None,
            each["owner"],
        )
        for each in plain["targets"]
    )
    return StepDraft(
        aims,
        timedelta(seconds=plain["delay"]),
        conditions.stored(plain["condition"]),
        UUID(plain["uid"]),
    )
