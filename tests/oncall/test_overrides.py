"""Overrides: several at once, and what they would change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from oncall.actions import OverrideDraft, Refused, add_override, add_overrides, withdraw_override
from oncall.models import Override, OverrideKind, Schedule
from oncall.overriding import Effect, effect_of
from oncall.queries import who_is_on_call
from tests.making import NOW, make_schedule, make_user
from tests.oncall import making

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONE = ZoneInfo("Europe/Berlin")
SOON: dict[str, Any] = {"starts_at": NOW + HOUR, "ends_at": NOW + 2 * HOUR}


@pytest.fixture
def rota(team: Team, member: User, owner: User) -> Schedule:
    """`owner` is on call until Monday, then `member`."""
    return make_schedule(team, (member, owner), name="Payments primary")


def effect(schedule: Schedule, *drafts: OverrideDraft) -> Effect:
    found = effect_of(schedule, drafts, ZONE, NOW)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "replaces", "expected"),
    [
        ("replace", False, ["third"]),
        ("replace", True, ["third"]),
        ("add", False, ["owner", "third"]),
    ],
)
def test_each_kind_does_what_it_says(
    rota: Schedule, owner: User, kind: str, replaces: bool, expected: list[str]
) -> None:
    third = make_user("Theo Third")
    add_override(
        actor=owner,
        now=NOW,
        schedule=rota,
        user=third,
        kind=kind,
        replaces=owner if replaces else None,
        **SOON,
    )
    names = {"owner": owner.pk, "third": third.pk}
    at = NOW + 90 * timedelta(minutes=1)
    assert who_is_on_call([rota.pk], at)[rota.pk] == tuple(names[each] for each in expected)


def test_who_leaves_is_not_on_call_and_is_again_when_it_is_withdrawn(rota: Schedule, owner: User) -> None:
    made = add_override(actor=owner, now=NOW, schedule=rota, user=owner, kind=OverrideKind.REMOVE, **SOON)
    assert who_is_on_call([rota.pk], NOW + HOUR)[rota.pk] == ()
    withdraw_override(actor=owner, now=NOW, override=made)
    assert who_is_on_call([rota.pk], NOW + HOUR)[rota.pk] == (owner.pk,)


@pytest.mark.parametrize("kind", ["add", "remove", "swap", ""])
def test_only_who_stands_in_does_so_for_somebody(
    rota: Schedule, owner: User, member: User, kind: str
) -> None:
    with pytest.raises(Refused) as caught:
        add_override(actor=owner, now=NOW, schedule=rota, user=owner, kind=kind, replaces=member, **SOON)
    assert caught.value.field == ("replaces" if kind in OverrideKind.values else "kind")
    assert not Override.objects.exists()


def test_several_are_made_in_their_order(rota: Schedule, owner: User, member: User) -> None:
    third = make_user("Theo Third")
    made = add_overrides(
        actor=member,
        now=NOW,
        schedule=rota,
        drafts=[
            OverrideDraft(member, **SOON, reason=" Wedding "),
            OverrideDraft(third, NOW - DAY, NOW + DAY, OverrideKind.ADD),
        ],
    )
    assert [each.reason for each in made] == ["Wedding", ""]
    assert made[1].starts_at == NOW
    assert who_is_on_call([rota.pk], NOW + HOUR)[rota.pk] == (member.pk, third.pk)


def test_one_that_is_wrong_is_named_and_none_is_made(rota: Schedule, owner: User, viewer: User) -> None:
    good = OverrideDraft(owner, **SOON)
    for wrong, field in (
        (OverrideDraft(viewer, **SOON), "1.user"),
        (OverrideDraft(owner, NOW, NOW - HOUR), "1.ends_at"),
        (OverrideDraft(owner, **SOON, kind="add", replaces=owner), "1.replaces"),
    ):
        with pytest.raises(Refused) as caught:
            add_overrides(actor=owner, now=NOW, schedule=rota, drafts=[good, wrong])
        assert caught.value.field == field
    for number in (0, 13):
        with pytest.raises(Refused):
            add_overrides(actor=owner, now=NOW, schedule=rota, drafts=[good] * number)
    assert not Override.objects.exists()


def test_strangers_and_viewers_make_none(
    rota: Schedule, owner: User, stranger: User, viewer: User, team: Team
) -> None:
    team.memberships.create(user=viewer)
    for outsider in (stranger, viewer):
        with pytest.raises(Refused):
            add_overrides(actor=outsider, now=NOW, schedule=rota, drafts=[OverrideDraft(owner, **SOON)])
    assert not Override.objects.exists()


# --- What they would change


def test_each_changed_span_is_told_with_its_people(rota: Schedule, owner: User, member: User) -> None:
    third = make_user("Theo Third")
    found = effect(rota, OverrideDraft(third, NOW + 5 * DAY, NOW + 7 * DAY))
    assert [(each.old, each.new) for each in found.told] == [((owner,), (third,)), ((member,), (third,))]
    assert found.told[0].end == found.told[1].start
    assert found.warnings == ()
    assert found.gaps == ()
    assert found.picture is not None
    now, after = found.picture.lanes
    assert (now.label, after.label) == ("Now", "After")
    assert "Theo Third" not in now.summary
    assert "Theo Third" in after.summary
    assert len(after.marks) == 2
    assert not Override.objects.exists()


def test_one_that_changes_nothing_is_a_warning(rota: Schedule, owner: User, member: User) -> None:
    cases = [
        (OverrideDraft(owner, **SOON), f"{owner} is on call then already"),
        (OverrideDraft(owner, **SOON, kind="add"), f"{owner} is on call then already"),
        (OverrideDraft(owner, **SOON, replaces=member), f"{member} is not on call then"),
        (OverrideDraft(member, **SOON, kind="remove"), f"{member} is not on call then"),
    ]
    for draft, words in cases:
        found = effect(rota, draft)
        assert found.warnings == (f"This changes nothing: {words}.",)
        assert found.told == ()
        assert found.picture is None


def test_the_second_of_two_is_seen_after_the_first(rota: Schedule, owner: User, member: User) -> None:
    found = effect(
        rota,
        OverrideDraft(member, **SOON),
        OverrideDraft(member, **SOON, kind="remove"),
    )
    assert found.warnings == ()
    [gap] = found.gaps
    assert (gap.start, gap.end) == (SOON["starts_at"], SOON["ends_at"])
    [change] = found.told
    assert change.is_gap


def test_secondaries_that_change_are_told(
    schedule: Schedule, member: User, owner: User, stranger: User
) -> None:
    making.a_layer(schedule, [owner], role="secondary")
    found = effect(schedule, OverrideDraft(stranger, **SOON, replaces=owner))
    [change] = found.told
    assert change.is_secondary
    assert (change.old, change.new) == ((owner,), (stranger,))


def test_somebody_who_is_away_is_a_warning(rota: Schedule, member: User) -> None:
    making.an_absence(member, NOW, 3)
    assert effect(rota, OverrideDraft(member, **SOON)).warnings == (
        f"{member} is away for some of that time.",
    )
    assert effect(rota, OverrideDraft(member, NOW + 4 * HOUR, NOW + 5 * HOUR)).warnings == ()


def test_what_is_over_already_changes_nothing(rota: Schedule, member: User) -> None:
    assert effect_of(rota, [OverrideDraft(member, NOW - DAY, NOW)], ZONE, NOW) is None
    [change] = effect(rota, OverrideDraft(member, NOW - DAY, NOW + HOUR)).told
    assert change.start == NOW


def test_a_year_is_told_and_not_drawn(
    rota: Schedule, member: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(8):
        found = effect(rota, OverrideDraft(member, NOW, NOW + 360 * DAY))
    assert found.picture is None
    assert len(found.told) > len(found.first) > 0
    assert len(found.first) + len(found.rest) == len(found.told)
