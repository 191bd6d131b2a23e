"""What can be stored about schedules, overrides and policies, and what is refused."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import Team, User
from catalog.models import Service
from oncall.actions import (
    LayerDraft,
    Refused,
    StepDraft,
    add_override,
    create_schedule,
    delete_policy,
    delete_schedule,
    save_policy,
    update_schedule,
    withdraw_override,
)
from oncall.models import EscalationPolicy, Layer, OnEmpty, Override, Schedule
from oncall.queries import who_is_on_call
from oncall.rotation import Restriction
from tests.making import NOW, make_user

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 9, 9)  # noqa: DTZ001 - local time of the schedule, on purpose


def a_draft(*people: User, **values: Any) -> LayerDraft:
    return LayerDraft(people=people, first_handoff=values.pop("first_handoff", MONDAY), **values)


def make(owner: User, team: Team, *layers: LayerDraft, **values: Any) -> Schedule:
    values = {"name": "Primary", "time_zone": "Europe/Berlin", **values}
    return create_schedule(actor=owner, now=NOW, team=team, layers=layers, **values)


def refusal(owner: User, team: Team, *layers: LayerDraft, **values: Any) -> str:
    with pytest.raises(Refused) as caught:
        make(owner, team, *layers, **values)
    assert not Schedule.objects.exists()
    assert not Layer.objects.exists()
    return caught.value.field


# --- Schedules


def test_a_schedule_is_made_with_layers_people_and_windows(owner: User, member: User, team: Team) -> None:
    window = Restriction(time(9), timedelta(hours=8), weekday=1)
    schedule = make(
        owner, team, a_draft(owner), a_draft(member, owner, turn_unit="days", restrictions=(window,))
    )
    low, high = schedule.layers.all()
    assert [slot.user for slot in high.slots.all()] == [member, owner]
    assert (high.position, high.handoff_time, high.starts_at) == (1, time(9), NOW)
    assert [(each.weekday, each.start) for each in high.restrictions.all()] == [(1, time(9))]
    assert low.restrictions.count() == 0
    # Tuesday, 13:00 in Berlin: inside of the window.
    assert who_is_on_call([schedule.pk], NOW) == {schedule.pk: (owner.pk,)}


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "Europe", "../../etc/passwd", "UTC\0"])
def test_a_zone_that_does_not_exist_is_refused(owner: User, team: Team, zone: str) -> None:
    assert refusal(owner, team, a_draft(owner), time_zone=zone) == "time_zone"


def test_bad_layers_are_refused_with_their_field(owner: User, team: Team, viewer: User) -> None:
    assert refusal(owner, team, a_draft()) == "layers.0.people"
    assert refusal(owner, team, a_draft(owner), a_draft(owner, viewer)) == "layers.1.people"
    assert refusal(owner, team, a_draft(owner, turn_length=0)) == "layers.0.turn_length"
    assert refusal(owner, team, a_draft(owner, turn_length=-3)) == "layers.0.turn_length"
    assert refusal(owner, team, a_draft(owner, turn_unit="fortnights")) == "layers.0.turn_unit"
    assert refusal(owner, team, a_draft(owner, ends_at=NOW - HOUR)) == "layers.0.ends_at"
    assert refusal(owner, team, a_draft(owner, starts_at=NOW, ends_at=NOW)) == "layers.0.ends_at"
    assert refusal(owner, team, *[a_draft(owner)] * 21) == "layers"
    assert refusal(owner, team, a_draft(*[owner] * 101)) == "layers.0.people"


def test_a_window_that_never_opens_is_refused(owner: User, team: Team) -> None:
    sunday = Restriction(time(9), HOUR, weekday=6)
    until_friday = a_draft(owner, restrictions=(sunday,), ends_at=NOW + timedelta(days=3))
    assert refusal(owner, team, until_friday) == "layers.0.restrictions"
    make(owner, team, a_draft(owner, restrictions=(sunday,), ends_at=NOW + timedelta(days=6)))


def test_names_are_bounded_and_stand_once_per_team(owner: User, team: Team, other_team: Team) -> None:
    assert refusal(owner, team, a_draft(owner), name="x" * 10_000) == "name"
    assert refusal(owner, team, a_draft(owner), name="   ") == "name"
    make(owner, team, a_draft(owner))
    with pytest.raises(Refused, match="this name"):
        make(owner, team, a_draft(owner))
    make(owner, other_team, a_draft(owner))


def test_an_edit_keeps_the_layers_that_it_names_and_drops_the_others(
    owner: User, member: User, team: Team
) -> None:
    schedule = make(owner, team, a_draft(owner), a_draft(member))
    low, high = schedule.layers.all()
    update_schedule(
        actor=owner,
        now=NOW + HOUR,
        schedule=schedule,
        name="Renamed",
        time_zone="UTC",
        layers=[a_draft(member, id=high.pk, starts_at=high.starts_at), a_draft(owner)],
    )
    schedule.refresh_from_db()
    first, second = schedule.layers.current()
    assert (schedule.name, first.continues, first.position) == ("Renamed", high, 0)
    assert (first.starts_at, second.starts_at) == (NOW + HOUR, NOW + HOUR)
    low.refresh_from_db()
    assert (low.replaced_at, low.ends_at, low.zone) == (NOW + HOUR, NOW + HOUR, "Europe/Berlin")


def test_a_layer_of_another_schedule_is_not_taken_over(owner: User, team: Team) -> None:
    mine, other = make(owner, team, a_draft(owner)), make(owner, team, a_draft(owner), name="Other")
    theirs = other.layers.get()
    update_schedule(
        actor=owner,
        now=NOW,
        schedule=mine,
        name="Mine",
        time_zone="UTC",
        layers=[a_draft(owner, id=theirs.pk)],
    )
    assert other.layers.get() == theirs
    assert mine.layers.current().count() == 1


def test_a_refused_edit_changes_nothing(owner: User, team: Team) -> None:
    schedule = make(owner, team, a_draft(owner))
    with pytest.raises(Refused):
        update_schedule(
            actor=owner, now=NOW, schedule=schedule, name="New", time_zone="UTC", layers=[a_draft()]
        )
    schedule.refresh_from_db()
    assert schedule.name == "Primary"
    assert schedule.layers.get().slots.count() == 1


def test_a_schedule_that_a_policy_pages_cannot_be_deleted(
    owner: User, schedule: Schedule, policy: EscalationPolicy
) -> None:
    with pytest.raises(Refused, match=policy.name):
        delete_schedule(actor=owner, now=NOW, schedule=schedule)
    policy.steps.all().delete()
    delete_schedule(actor=owner, now=NOW, schedule=schedule)
    assert not Schedule.objects.exists()


# --- Overrides


def override(actor: User, schedule: Schedule, user: User, **values: Any) -> Override:
    values = {"starts_at": NOW + HOUR, "ends_at": NOW + 2 * HOUR, **values}
    return add_override(actor=actor, now=NOW, schedule=schedule, user=user, **values)


def test_a_member_takes_over_and_gives_back(member: User, owner: User, schedule: Schedule) -> None:
    made = override(member, schedule, owner, reason="dentist")
    at = NOW + timedelta(minutes=90)
    assert who_is_on_call([schedule.pk], at) == {schedule.pk: (owner.pk,)}
    withdraw_override(actor=member, now=NOW, override=made)
    assert who_is_on_call([schedule.pk], at) == {schedule.pk: (member.pk,)}
    assert withdraw_override(actor=member, now=NOW + HOUR, override=made).withdrawn_at == NOW


def test_only_the_team_and_admins_override(
    schedule: Schedule, owner: User, admin: User, stranger: User, viewer: User, team: Team
) -> None:
    team.memberships.create(user=viewer)
    made = override(admin, schedule, owner)
    for outsider in (stranger, viewer):
        with pytest.raises(Refused):
            override(outsider, schedule, owner)
        with pytest.raises(Refused):
            withdraw_override(actor=outsider, now=NOW, override=made)
    assert Override.objects.count() == 1


def test_a_start_in_the_past_becomes_now(owner: User, schedule: Schedule) -> None:
    assert override(owner, schedule, owner, starts_at=NOW - timedelta(days=2)).starts_at == NOW


def test_an_override_that_is_in_force_ends_now_when_it_is_withdrawn(owner: User, schedule: Schedule) -> None:
    made = override(owner, schedule, owner, starts_at=NOW)
    later = NOW + HOUR
    withdraw_override(actor=owner, now=later, override=made)
    made.refresh_from_db()
    assert (made.ends_at, made.withdrawn_at) == (later, None)
    assert who_is_on_call([schedule.pk], NOW)[schedule.pk] == (owner.pk,)
    assert who_is_on_call([schedule.pk], later)[schedule.pk] != (owner.pk,)
    with pytest.raises(Refused, match="over"):
        withdraw_override(actor=owner, now=later + HOUR, override=made)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_at": NOW + HOUR}, "ends_at"),
        ({"ends_at": NOW + timedelta(minutes=30)}, "ends_at"),
        ({"starts_at": NOW - 2 * HOUR, "ends_at": NOW - HOUR}, "ends_at"),
        ({"ends_at": NOW + timedelta(days=500)}, "ends_at"),
        ({"reason": "x" * 10_000}, "reason"),
    ],
)
def test_bad_overrides_are_refused_with_their_field(
    owner: User, schedule: Schedule, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as caught:
        override(owner, schedule, owner, **values)
    assert caught.value.field == field
    assert not Override.objects.exists()


def test_nobody_who_cannot_respond_is_put_on_call(owner: User, viewer: User, schedule: Schedule) -> None:
    for person in (viewer, make_user("Gone", is_active=False)):
        with pytest.raises(Refused) as caught:
            override(owner, schedule, person)
        assert caught.value.field == "user"
    with pytest.raises(Refused) as caught:
        override(owner, schedule, owner, replaces=owner)
    assert caught.value.field == "replaces"


# --- Policies


def save(
    owner: User, team: Team, steps: Sequence[StepDraft], fallback: Sequence[User], **values: Any
) -> EscalationPolicy:
    values = {"policy": None, "name": "Default", **values}
    return save_policy(actor=owner, now=NOW, team=team, steps=steps, fallback_people=fallback, **values)


def a_step(*targets: User | Schedule, minutes: float = 5) -> StepDraft:
    return StepDraft(targets, timedelta(minutes=minutes))


def test_a_policy_is_saved_and_saved_again(owner: User, member: User, team: Team, schedule: Schedule) -> None:
    policy = save(owner, team, [a_step(schedule, member), a_step(owner, minutes=10)], [owner], repeats=2)
    first, second = policy.steps.all()
    assert [target.schedule or target.user for target in first.targets.all()] == [schedule, member]
    assert second.delay == timedelta(minutes=10)
    again = save(
        owner, team, [a_step(member)], [member], policy=policy, name="Renamed", on_empty=OnEmpty.HOLD
    )
    assert again.pk == policy.pk
    assert [target.user for target in again.steps.get().targets.all()] == [member]
    assert list(again.fallback_people.all()) == [member]


def test_a_policy_needs_somebody_to_fall_back_to(owner: User, team: Team, viewer: User) -> None:
    for nobody in ([], [viewer]):
        with pytest.raises(Refused) as caught:
            save(owner, team, [a_step(owner)], nobody)
        assert caught.value.field == "fallback_people"
    assert not EscalationPolicy.objects.exists()


def test_bad_steps_are_refused_with_their_field(owner: User, team: Team, viewer: User) -> None:
    for steps, field in (
        ([], "steps"),
        ([a_step()], "steps.0.targets"),
        ([a_step(owner), a_step(viewer)], "steps.1.targets"),
        ([a_step(owner, minutes=0)], "steps.0.delay"),
        ([a_step(owner, minutes=-5)], "steps.0.delay"),
        ([a_step(owner, minutes=60 * 24 * 8)], "steps.0.delay"),
        ([a_step(owner)] * 21, "steps"),
    ):
        with pytest.raises(Refused) as caught:
            save(owner, team, steps, [owner])
        assert caught.value.field == field
    for values, field in (
        ({"repeats": 10}, "repeats"),
        ({"repeats": -1}, "repeats"),
        ({"on_empty": "shrug"}, "on_empty"),
        ({"name": "x" * 81}, "name"),
        ({"description": "x" * 301}, "description"),
    ):
        with pytest.raises(Refused) as caught:
            save(owner, team, [a_step(owner)], [owner], **values)
        assert caught.value.field == field
    assert not EscalationPolicy.objects.exists()


def test_a_target_named_twice_is_stored_once(owner: User, team: Team) -> None:
    policy = save(owner, team, [a_step(owner, owner)], [owner])
    assert policy.steps.get().targets.count() == 1


def test_a_policy_that_a_service_uses_cannot_be_deleted(
    owner: User, policy: EscalationPolicy, service: Service
) -> None:
    with pytest.raises(Refused, match="Payments API"):
        delete_policy(actor=owner, now=NOW, policy=policy)
    service.delete()
    delete_policy(actor=owner, now=NOW, policy=policy)
    assert not EscalationPolicy.objects.exists()


def test_what_is_in_the_past_stays_when_a_shift_was_taken_over(
    owner: User, member: User, schedule: Schedule
) -> None:
    override(owner, schedule, owner, starts_at=NOW - timedelta(days=1), ends_at=NOW + HOUR)
    yesterday = datetime(2026, 3, 10, 11, 59, tzinfo=UTC)
    assert who_is_on_call([schedule.pk], yesterday)[schedule.pk] == (member.pk,)
