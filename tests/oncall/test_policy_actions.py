"""Saving policies with conditions and new targets, what is refused, and taking the last change back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Team, User
from oncall.actions import Aim, Refused, StepDraft, save_policy, undo_policy_change
from oncall.conditions import Condition
from oncall.models import EscalationPolicy, Revision, Schedule
from oncall.plan import Target, TargetKind
from oncall.plan_rows import plan_from, plan_of
from oncall.policy_revisions import drafts_of, snapshot
from tests.oncall.making import NOW, a_layer, a_manager, a_person, a_schedule, a_team

pytestmark = pytest.mark.django_db
FIVE = timedelta(minutes=5)
HOUR = timedelta(hours=1)


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def boss(team: Team) -> User:
    return a_manager("Boss", team)


@pytest.fixture
def rota(team: Team, boss: User) -> Schedule:
    schedule = a_schedule(team)
    a_layer(schedule, [boss])
    return schedule


def saved(
    boss: User, team: Team, *steps: StepDraft, policy: EscalationPolicy | None = None, **more: Any
) -> Any:
    values: dict[str, Any] = {"name": "Night", "fallback_people": [boss], **more}
    row = save_policy(actor=boss, now=NOW, policy=policy, team=team, steps=steps, **values)
    return EscalationPolicy.objects.with_steps().get(pk=row.pk)


def test_every_kind_of_target_is_stored_and_read_back(boss: User, team: Team, rota: Schedule) -> None:
    aims = (
        boss,
        rota,
        Aim(schedule=rota, which="secondary"),
        Aim(schedule=rota, which="all"),
        Aim(schedule=rota, which="round_robin"),
        team,
        Aim(owner=True),
    )
    condition = Condition(severities=frozenset({1}), tiers=frozenset({1, 2}))
    draft = StepDraft(aims, FIVE, condition)
    policy = saved(boss, team, draft)
    plan = plan_of(policy)
    assert plan.steps[0].condition == condition
    assert plan.steps[0].targets == (
        Target(TargetKind.USER, boss.pk),
        Target(TargetKind.SCHEDULE, rota.pk),
        Target(TargetKind.SECONDARY, rota.pk),
        Target(TargetKind.EVERYBODY, rota.pk),
        Target(TargetKind.ROUND_ROBIN, rota.pk),
        Target(TargetKind.TEAM, team.pk),
        Target(TargetKind.OWNER, 0),
    )
    [read] = drafts_of(policy)
    assert (read.aims, read.condition) == (draft.aims, condition)
    before = plan_from([draft], [boss], 1, "skip").steps[0]
    assert (before.targets, before.condition) == (plan.steps[0].targets, plan.steps[0].condition)


def test_a_step_keeps_its_uid_and_cannot_take_another_policys(boss: User, team: Team) -> None:
    policy = saved(boss, team, StepDraft((boss,), FIVE), StepDraft((boss,), HOUR))
    first, second = policy.steps.values_list("uid", flat=True)
    strange = uuid4()
    changed = saved(
        boss, team, StepDraft((boss,), HOUR, uid=second), StepDraft((boss,), FIVE, uid=strange),
        StepDraft((boss,), FIVE, uid=second), policy=policy,
    )  # fmt: skip
    uids = list(changed.steps.values_list("uid", flat=True))
    assert uids[0] == second
    assert not {first, strange, second} & set(uids[1:])
    assert len(set(uids)) == 3


def test_the_last_change_is_undone_and_done_again(boss: User, team: Team, rota: Schedule) -> None:
    policy = saved(boss, team, StepDraft((rota,), FIVE), repeats=2)
    first = snapshot(policy)
    changed = saved(boss, team, StepDraft((team,), HOUR), policy=policy, name="Day", binding="live")
    second = snapshot(changed)
    undo_policy_change(actor=boss, now=NOW, policy=policy)
    assert snapshot(EscalationPolicy.objects.get()) == first
    undo_policy_change(actor=boss, now=NOW, policy=policy)
    assert snapshot(EscalationPolicy.objects.get()) == second
    assert list(Revision.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4]


def test_a_change_that_names_somebody_who_left_cannot_be_undone(boss: User, team: Team) -> None:
    leaver = a_person("Leaver")
    policy = saved(boss, team, StepDraft((leaver,), FIVE))
    saved(boss, team, StepDraft((boss,), FIVE), policy=policy)
    leaver.is_active = False
    leaver.save()
    before = snapshot(policy)
    with pytest.raises(Refused, match="cannot be undone: Leaver cannot be paged"):
        undo_policy_change(actor=boss, now=NOW, policy=policy)
    assert snapshot(policy) == before


def test_the_first_version_cannot_be_undone(boss: User, team: Team) -> None:
    policy = saved(boss, team, StepDraft((boss,), FIVE))
    with pytest.raises(Refused, match="no change to undo"):
        undo_policy_change(actor=boss, now=NOW, policy=policy)


def test_who_changes_what_another_has_changed_since_is_told(boss: User, team: Team) -> None:
    policy = saved(boss, team, StepDraft((boss,), FIVE))
    saved(boss, team, StepDraft((boss,), HOUR), policy=policy, seen=1)
    with pytest.raises(Refused, match="Somebody else changed"):
        saved(boss, team, StepDraft((boss,), FIVE), policy=policy, seen=1)


@pytest.mark.parametrize(
    ("aim", "message"),
    [
        (Aim(), "A target is a person"),
        (Aim(owner=True, which="nobody"), "whom of the schedule"),
    ],
)
def test_a_target_that_is_nothing_is_refused_with_its_step(
    boss: User, team: Team, aim: Aim, message: str
) -> None:
    with pytest.raises(Refused, match=message) as caught:
        saved(boss, team, StepDraft((boss,), FIVE), StepDraft((aim,), FIVE))
    assert caught.value.field == "steps.1.targets"
    assert not EscalationPolicy.objects.exists()
