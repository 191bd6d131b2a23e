"""Making and changing escalation policies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models.deletion import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import Team, User
from oncall.drafts import Refused, StepDraft, cannot_be_paged, checked_name
from oncall.models import EscalationPolicy, OnEmpty, PolicyStep, StepTarget

SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(days=7)
MOST_STEPS, MOST_TARGETS, MOST_REPEATS = 20, 50, 9


@transaction.atomic
def save_policy(
    *,
    actor: User,
    now: datetime,
    policy: EscalationPolicy | None,
    team: Team,
    name: str,
    steps: Sequence[StepDraft],
    fallback_people: Collection[User],
    description: str = "",
    repeats: int = 1,
    on_empty: str = OnEmpty.SKIP,
) -> EscalationPolicy:
    """A new policy, or `policy` as it shall be from now on; what is escalating already keeps its plan.

    Raises Refused, among others without a step or without anybody to fall back to: a policy must not be able
    to end in silence.
    """
    _check(name, description, repeats, on_empty)
    _check_steps(steps)
    _check_fallback(fallback_people)
    row = EscalationPolicy.objects.select_for_update().get(pk=policy.pk) if policy else EscalationPolicy()
    row.team, row.name, row.description = team, checked_name(name), description
    row.repeats, row.on_empty = repeats, on_empty
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused("name", _("This team has a policy of this name already.")) from error
    row.fallback_people.set(fallback_people)
    _write_steps(row, steps)
    return row


def delete_policy(*, actor: User, now: datetime, policy: EscalationPolicy) -> None:
    """The policy goes. Refused while a service pages by it, also one that is archived."""
    try:
        policy.delete()
    except ProtectedError as error:
        names = ", ".join(sorted(str(each) for each in error.protected_objects))
        message = _("It is still used by %(names)s. Give them another policy first.") % {"names": names}
        raise Refused("", message) from error


def _check(name: str, description: str, repeats: int, on_empty: str) -> None:
    checked_name(name)
    if len(description) > 300:
        raise Refused("description", _("A description has at most 300 characters."))
    if not 0 <= repeats <= MOST_REPEATS:
        raise Refused("repeats", _("Repeat the steps 0 to %(n)s times.") % {"n": MOST_REPEATS})
    if on_empty not in OnEmpty.values:
        raise Refused("on_empty", _("Choose what an empty step does."))


def _check_steps(steps: Sequence[StepDraft]) -> None:
    if not steps:
        raise Refused("steps", _("A policy needs at least one step."))
    if len(steps) > MOST_STEPS:
        raise Refused("steps", _("A policy has at most %(n)s steps.") % {"n": MOST_STEPS})
    for place, step in enumerate(steps):
        _check_step(step, f"steps.{place}.")


def _check_step(step: StepDraft, at: str) -> None:
    if not step.targets:
        raise Refused(f"{at}targets", _("Name somebody to page in this step, or remove it."))
    if len(step.targets) > MOST_TARGETS:
        raise Refused(f"{at}targets", _("A step pages at most %(n)s targets.") % {"n": MOST_TARGETS})
    if not SHORTEST_WAIT <= step.delay <= LONGEST_WAIT:
        raise Refused(f"{at}delay", _("Wait at least a second and at most seven days before the next step."))
    absent = next((each for each in step.targets if isinstance(each, User) and not each.can_respond), None)
    if absent:
        raise Refused(f"{at}targets", cannot_be_paged(absent))


def _check_fallback(people: Collection[User]) -> None:
    if not people:
        message = _("Name at least one person who is paged when nobody else answers.")
        raise Refused("fallback_people", message)
    absent = next((person for person in people if not person.can_respond), None)
    if absent:
        raise Refused("fallback_people", cannot_be_paged(absent))


def _write_steps(policy: EscalationPolicy, steps: Sequence[StepDraft]) -> None:
    policy.steps.all().delete()
    rows = PolicyStep.objects.bulk_create(
        PolicyStep(policy=policy, position=place, delay=step.delay) for place, step in enumerate(steps)
    )
    StepTarget.objects.bulk_create(
        StepTarget(
            step=row,
            position=place,
            user=each if isinstance(each, User) else None,
            schedule=None if isinstance(each, User) else each,
        )
        for row, step in zip(rows, steps, strict=True)
        for place, each in enumerate(dict.fromkeys(step.targets))
    )
