"""Making and changing escalation policies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models.deletion import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import Team, User
from oncall import changes, conditions, revisions
from oncall.drafts import Aim, Refused, StepDraft, cannot_be_paged, checked_name
from oncall.models import Binding, EscalationPolicy, OnEmpty, PolicyStep, StepTarget, Which
from oncall.policy_revisions import PolicyValues, snapshot, values_from

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
    binding: str = Binding.FROZEN,
    seen: int | None = None,
) -> EscalationPolicy:
    """A new policy, or `policy` as it shall be from now on; what is escalating goes on as its `binding` says.

    `seen` is the number of the last change that the actor knew of (0 when there was none): who changes something that
    somebody else has changed since is told so. Raises Refused, among others without a step or without anybody to fall
    back to: a policy must not be able to end in silence.
    """
    row = EscalationPolicy.objects.select_for_update().get(pk=policy.pk) if policy else EscalationPolicy()
    before = snapshot(row) if policy else {}
    if policy:
        _check_seen(row, seen)
    values = PolicyValues(
        name=name,
        description=description,
        repeats=repeats,
        on_empty=on_empty,
        binding=binding,
        steps=steps,
        fallback_people=fallback_people,
    )
    row.team = team
    _write(row, values)
    revisions.record(subject=row, actor=actor, now=now, before=before, after=snapshot(row))
    changes.announce("policy", row.pk)
    return row


def rehearse_policy(*, policy: EscalationPolicy, **values: Any) -> bool:
    """`save_policy` with these values, taken back: nothing is stored. Whether it would change anything. Raises Refused
    as that does."""
    with transaction.atomic():
        before = snapshot(policy)
        is_change = snapshot(save_policy(policy=policy, **values)) != before
        transaction.set_rollback(True)
    return is_change


@transaction.atomic
def undo_policy_change(
    *, actor: User, now: datetime, policy: EscalationPolicy, number: int | None = None
) -> EscalationPolicy:
    """The policy becomes what it was before its last change; undoing once more does again what was undone.

    `number` is that of the change that is meant; when another one came after it, it is refused. Raises Refused, and
    then nothing was changed.
    """
    row = EscalationPolicy.objects.select_for_update().get(pk=policy.pk)
    last = revisions.last_of(row)
    if last is None or not last.before:
        raise Refused("", _("There is no change to undo: this is the policy as it was made."))
    _check_seen(row, number)
    before = snapshot(row)
    try:
        values = values_from(last.before)
        _write(row, values, {step.uid for step in values["steps"] if step.uid})
    except Refused as refused:
        raise Refused("", _("This cannot be undone: %(why)s") % {"why": refused.message}) from refused
    revisions.record(subject=row, actor=actor, now=now, before=before, after=snapshot(row), undoes=last)
    changes.announce("policy", row.pk)
    return row


@transaction.atomic
def delete_policy(*, actor: User, now: datetime, policy: EscalationPolicy) -> None:
    """The policy goes. Refused while a service pages by it, also one that is archived."""
    try:
        policy.delete()
    except ProtectedError as error:
        names = ", ".join(sorted(str(each) for each in error.protected_objects))
        message = _("It is still used by %(names)s. Give them another policy first.") % {"names": names}
        raise Refused("", message) from error


def _check_seen(row: EscalationPolicy, seen: int | None) -> None:
    last = revisions.last_of(row)
    if seen is not None and seen != (last.number if last else 0):
        message = _("Somebody else changed this policy while you did. Open it anew and try again.")
        raise Refused("", message)


def _write(row: EscalationPolicy, values: PolicyValues, uids: Collection[UUID] = ()) -> None:
    """`uids` are those that steps may have beside the ones that stand in the policy now."""
    _check(values)
    _check_steps(values["steps"])
    _check_fallback(values["fallback_people"])
    row.name, row.description = checked_name(values["name"]), values["description"]
    row.repeats, row.on_empty, row.binding = values["repeats"], values["on_empty"], values["binding"]
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused("name", _("This team has a policy of this name already.")) from error
    row.fallback_people.set(values["fallback_people"])
    _write_steps(row, values["steps"], uids)


def _check(values: PolicyValues) -> None:
    checked_name(values["name"])
    if len(values["description"]) > 300:
        raise Refused("description", _("A description has at most 300 characters."))
    if not 0 <= values["repeats"] <= MOST_REPEATS:
        raise Refused("repeats", _("Repeat the steps 0 to %(n)s times.") % {"n": MOST_REPEATS})
    if values["on_empty"] not in OnEmpty.values:
        raise Refused("on_empty", _("Choose what an empty step does."))
    if values["binding"] not in Binding.values:
        raise Refused("binding", _("Choose what a change means for what is escalating."))


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
    for aim in step.aims:
        _check_aim(aim, f"{at}targets")


def _check_aim(aim: Aim, field: str) -> None:
    if [aim.user, aim.schedule, aim.team, aim.owner or None].count(None) != 3:
        raise Refused(field, _("A target is a person, a schedule, a team, or the service’s owner."))
    if aim.which not in Which.values:
        raise Refused(field, _("Choose whom of the schedule to page."))
    if aim.user and not aim.user.can_respond:
        raise Refused(field, cannot_be_paged(aim.user))


def _check_fallback(people: Collection[User]) -> None:
    if not people:
        message = _("Name at least one person who is paged when nobody else answers.")
        raise Refused("fallback_people", message)
    absent = next((person for person in people if not person.can_respond), None)
    if absent:
        raise Refused("fallback_people", cannot_be_paged(absent))


def _write_steps(policy: EscalationPolicy, steps: Sequence[StepDraft], uids: Collection[UUID]) -> None:
    known = {*policy.steps.values_list("uid", flat=True), *uids}
    policy.steps.all().delete()
    rows = PolicyStep.objects.bulk_create(
        PolicyStep(
            policy=policy,
            position=place,
            delay=step.delay,
            uid=uid,
            condition=conditions.to_json(step.condition),
        )
        for place, (step, uid) in enumerate(zip(steps, _uids(steps, known), strict=True))
    )
    StepTarget.objects.bulk_create(
        StepTarget(
            step=row,
            position=place,
            user=aim.user,
            schedule=aim.schedule,
            which=aim.which,
            team=aim.team,
            owner=aim.owner,
        )
        for row, step in zip(rows, steps, strict=True)
        for place, aim in enumerate(step.aims)
    )


def _uids(steps: Sequence[StepDraft], known: Collection[UUID]) -> list[UUID]:
    """A step keeps the uid that it names if it is one of this policy, the first that names it; others get a new one."""
    free, found = set(known), list[UUID]()
    for step in steps:
        uid = step.uid if step.uid in free and step.uid else uuid4()
        free.discard(uid)
        found.append(uid)
    return found
