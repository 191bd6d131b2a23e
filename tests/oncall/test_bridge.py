"""Rows become the calculators' values."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.actions import change_person
from accounts.models import Role, User
from lib.intervals import Interval
from oncall import coverage, rotation
from oncall.bridge import schedule_of, schedules_of
from oncall.models import EscalationPolicy, FeedPurpose, Layer, LayerRole, OnEmpty, OverrideKind, Schedule
from oncall.plan import OnEmpty as PlanOnEmpty
from oncall.plan import Target, TargetKind
from oncall.plan_rows import plan_of
from oncall.skipping import Skip
from tests.oncall.making import (
    NOW,
    a_feed,
    a_feed_shift,
    a_layer,
    a_person,
    a_policy,
    a_schedule,
    a_team,
    a_window,
    an_override,
)

pytestmark = pytest.mark.django_db
MOMENT = Interval(NOW, NOW + timedelta.resolution)
TWO_WEEKS = Interval(NOW, NOW + timedelta(days=14))


def on_call(schedule: Schedule) -> tuple[int, ...]:
    found = coverage.on_call_at(schedule_of(schedule, MOMENT), NOW)
    return found.people if found else ()


def test_a_layer_has_its_people_in_the_order_of_their_slots() -> None:
    schedule = a_schedule(a_team(), zone="Europe/Berlin")
    ana, ben = a_person("Ana"), a_person("Ben")
    a_layer(schedule, [ben, ana, ben])
    (layer,) = schedule_of(schedule, MOMENT).layers
    assert isinstance(layer, rotation.Layer)
    assert layer.people == (ben.pk, ana.pk, ben.pk)
    assert layer.zone == "Europe/Berlin"


def test_windows_limit_their_own_layer_only() -> None:
    schedule = a_schedule(a_team())
    ana, ben = a_person("Ana"), a_person("Ben")
    a_layer(schedule, [ana])
    a_window(a_layer(schedule, [ben]), time(13), 4)
    assert on_call(schedule) == (ana.pk,)
    later = coverage.on_call_at(schedule_of(schedule, MOMENT), NOW + timedelta(hours=2))
    assert later
    assert later.people == (ben.pk,)


def test_somebody_who_left_counts_as_nobody_and_moves_no_turn() -> None:
    schedule = a_schedule(a_team())
    ana, ben, carol = a_person("Ana"), a_person("Ben", is_active=False), a_person("Carol")
    a_layer(schedule, [carol], turn_unit="days")
    a_layer(schedule, [ana, ben])
    segments = coverage.final(schedule_of(schedule, TWO_WEEKS), TWO_WEEKS)
    assert [each.people for each in segments] == [(ana.pk,), *[(carol.pk,)] * (len(segments) - 2), (ana.pk,)]


def test_a_viewer_in_a_layer_counts_as_nobody() -> None:
    schedule = a_schedule(a_team())
    a_layer(schedule, [a_person("Vera", role=Role.VIEWER)])
    assert on_call(schedule) == ()


def test_an_instant_and_the_segment_that_holds_it_agree_when_somebody_left() -> None:
    schedule = a_schedule(a_team())
    a_layer(schedule, [a_person("Ana"), a_person("Ben", is_active=False)], turn_unit="days")
    value = schedule_of(schedule, TWO_WEEKS)
    segments = coverage.final(value, TWO_WEEKS)
    for hour in range(0, 14 * 24, 5):
        at = NOW + timedelta(hours=hour)
        holding = [each.people for each in segments if each.start <= at < each.end]
        found = coverage.on_call_at(value, at)
        assert holding == ([found.people] if found else [])


def test_overrides_count_unless_they_were_withdrawn_or_their_person_left() -> None:
    schedule = a_schedule(a_team())
    ana, ben = a_person("Ana"), a_person("Ben")
    a_layer(schedule, [ana])
    an_override(schedule, a_person("Gone", is_active=False), NOW, 2)
    an_override(schedule, a_person("Withdrawn"), NOW, 2, withdrawn_at=NOW)
    assert on_call(schedule) == (ana.pk,)
    an_override(schedule, ben, NOW, 2)
    assert on_call(schedule) == (ben.pk,)


def test_who_stands_in_for_somebody_that_left_still_comes() -> None:
    schedule = a_schedule(a_team())
    gone, ben = a_person("Gone", is_active=False), a_person("Ben")
    a_layer(schedule, [gone])
    an_override(schedule, ben, NOW, 2, replaces=gone)
    assert on_call(schedule) == (ben.pk,)


def test_a_layer_that_cannot_be_followed_does_not_silence_the_others() -> None:
    schedule = a_schedule(a_team())
    ana = a_person("Ana")
    a_layer(schedule, [ana])
    Layer.objects.create(
        schedule=schedule, position=1, starts_at=NOW, first_handoff_date=NOW.date(), handoff_time=time(9)
    )
    too_long = a_layer(schedule, [a_person("Ben")])
    Layer.objects.filter(pk=too_long.pk).update(turn_length=30_000)
    assert on_call(schedule) == (ana.pk,)


def test_roles_and_skipped_days_come_from_the_rows() -> None:
    schedule = a_schedule(a_team())
    ana, ben, carol, dora = (a_person(name) for name in ("Ana", "Ben", "Carol", "Dora"))
    a_layer(schedule, [ana])
    a_layer(schedule, [ben], role=LayerRole.SECONDARY)
    a_layer(schedule, [carol], role=LayerRole.SHADOW)
    # It would be on top, but NOW is a Wednesday.
    a_layer(schedule, [dora], skip_weekdays=[2], skip_dates=["2026-11-24"], skip_holidays="DE-BY")
    value = schedule_of(schedule, MOMENT)
    assert coverage.on_call_at(value, NOW) == coverage.OnCall(
        (ana.pk,), f"layer:{schedule.layers.all()[0].pk}", (ben.pk,), (carol.pk,)
    )
    last = value.layers[-1]
    assert isinstance(last, rotation.Layer)
    assert last.skip == Skip(frozenset({2}), (date(2026, 11, 24),), "DE-BY")


@pytest.mark.parametrize("skip", [{"skip_weekdays": list(range(7))}, {"skip_dates": ["someday"]}])
def test_a_layer_that_skips_nonsense_does_not_silence_the_others(skip: dict[str, Any]) -> None:
    schedule, ana = a_schedule(a_team()), a_person("Ana")
    a_layer(schedule, [ana])
    a_layer(schedule, [a_person("Ben")], **skip)
    assert on_call(schedule) == (ana.pk,)


def test_a_calendar_of_holidays_that_is_gone_skips_nothing() -> None:
    schedule, ben = a_schedule(a_team()), a_person("Ben")
    a_layer(schedule, [ben], skip_holidays="XX")
    assert on_call(schedule) == (ben.pk,)


def test_a_window_that_cannot_be_followed_silences_its_own_layer_only() -> None:
    schedule, ana = a_schedule(a_team()), a_person("Ana")
    a_layer(schedule, [ana])
    a_window(a_layer(schedule, [a_person("Ben")]), time(9), 0)
    assert on_call(schedule) == (ana.pk,)


def test_a_replaced_layer_counts_for_its_time_in_the_zone_that_it_had() -> None:
    schedule = a_schedule(a_team(), zone="Asia/Tokyo")
    ana, ben, carol = a_person("Ana"), a_person("Ben"), a_person("Carol")
    a_layer(schedule, [ana, ben], turn_unit="days", zone="UTC", ends_at=NOW, replaced_at=NOW)
    a_layer(schedule, [carol], starts_at=NOW)
    days = Interval(NOW - timedelta(days=2), NOW + timedelta(days=1))
    found = coverage.final(schedule_of(schedule, days), days)
    assert [(each.start, each.people) for each in found] == [
        (NOW - timedelta(days=2), (ana.pk,)),
        (NOW - timedelta(days=1, hours=3), (ben.pk,)),
        (NOW - timedelta(hours=3), (ana.pk,)),
        (NOW, (carol.pk,)),
    ]


def test_a_replaced_layer_that_was_over_before_the_span_is_not_loaded() -> None:
    schedule, ana = a_schedule(a_team()), a_person("Ana")
    a_layer(schedule, [ana], ends_at=NOW, replaced_at=NOW)
    assert schedule_of(schedule, MOMENT).layers == ()
    just_before = Interval(NOW - timedelta.resolution, NOW)
    assert len(schedule_of(schedule, just_before).layers) == 1


def test_a_calendar_lies_below_the_layers_or_above_them_and_below_overrides() -> None:
    schedule = a_schedule(a_team())
    ana, ben, carol, dora = (a_person(name) for name in ("Ana", "Ben", "Carol", "Dora"))
    layer = a_layer(schedule, [ana])
    below, above = a_feed(schedule), a_feed(schedule, FeedPurpose.OVERRIDES)
    a_feed_shift(below, ben, NOW - timedelta(hours=1), 9)
    assert on_call(schedule) == (ana.pk,)
    a_feed_shift(above, carol, NOW - timedelta(hours=1), 2)
    assert on_call(schedule) == (carol.pk,)
    an_override(schedule, dora, NOW, 1)
    assert on_call(schedule) == (dora.pk,)
    value = schedule_of(schedule, MOMENT)
    assert [each.source for each in value.layers] == [
        f"feed:{below.pk}",
        f"layer:{layer.pk}",
        f"feed:{above.pk}",
    ]


def test_higher_levels_of_a_calendar_cover_lower_ones_and_one_level_may_hold_several() -> None:
    schedule = a_schedule(a_team())
    ana, ben, carol, gone = (
        a_person("Ana"),
        a_person("Ben"),
        a_person("Carol"),
        a_person("Gone", is_active=False),
    )
    feed = a_feed(schedule)
    a_feed_shift(feed, ana, NOW - timedelta(hours=2), 4)
    a_feed_shift(feed, ben, NOW - timedelta(hours=1), 4)
    a_feed_shift(feed, gone, NOW, 1, level=3)
    assert on_call(schedule) == (ana.pk, ben.pk)
    a_feed_shift(feed, carol, NOW, 1, level=2)
    assert on_call(schedule) == (carol.pk,)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(OverrideKind.REPLACE, "B"), (OverrideKind.ADD, "AB"), (OverrideKind.REMOVE, "A")],
)
def test_an_override_does_what_its_kind_says(kind: str, expected: str) -> None:
    schedule, ana, ben = a_schedule(a_team()), a_person("A"), a_person("B")
    a_layer(schedule, [ana])
    an_override(schedule, ben, NOW, 2, kind=kind)
    assert "".join({ana.pk: "A", ben.pk: "B"}[each] for each in on_call(schedule)) == expected


def test_who_is_removed_leaves_their_place_to_nobody() -> None:
    schedule, ana = a_schedule(a_team()), a_person("Ana")
    a_layer(schedule, [ana])
    an_override(schedule, ana, NOW, 2, kind=OverrideKind.REMOVE)
    assert on_call(schedule) == ()


def test_wanting_a_secondary_is_known_of_layers_calendars_and_overrides_alone() -> None:
    team, ana = a_team(), a_person("Ana")
    by_layer, by_feed, by_override, not_wanting = (
        a_schedule(team, name, wants_secondary=name != "not") for name in ("layer", "feed", "override", "not")
    )
    a_layer(by_layer, [ana])
    a_layer(not_wanting, [ana])
    a_feed_shift(a_feed(by_feed), ana, NOW, 2)
    an_override(by_override, ana, NOW, 2)
    keys = [each.pk for each in (by_layer, by_feed, by_override, not_wanting)]
    found = schedules_of(keys, MOMENT)
    assert [len(coverage.thin(found[key], MOMENT)) for key in keys] == [1, 1, 1, 0]


def test_everything_is_loaded_in_six_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    team, ana, ben = a_team(), a_person("Ana"), a_person("Ben")
    schedules = [a_schedule(team, f"Schedule {number}") for number in range(4)]
    for schedule in schedules:
        a_window(a_layer(schedule, [ana, ben], skip_holidays="FR"), time(9), 8)
        a_layer(schedule, [ben], ends_at=NOW + timedelta(hours=1), replaced_at=NOW)
        a_feed_shift(a_feed(schedule), ben, NOW, 2, level=1)
        a_feed_shift(a_feed(schedule, FeedPurpose.OVERRIDES), ben, NOW, 2)
        an_override(schedule, ben, NOW, 2, replaces=ana)
    with django_assert_num_queries(6):
        found = schedules_of([each.pk for each in schedules], TWO_WEEKS)
    assert all(len(each.layers) == 4 and len(each.overrides) == 1 for each in found.values())


def test_a_policy_becomes_a_plan_with_people_and_schedules_in_order() -> None:
    team = a_team()
    schedule, ana, ben = a_schedule(team), a_person("Ana"), a_person("Ben")
    a_policy(team, [ana, schedule], [ben], fallback=[ben], repeats=2, on_empty=OnEmpty.HOLD)
    plan = plan_of(EscalationPolicy.objects.with_steps().get())
    assert [step.targets for step in plan.steps] == [
        (Target(TargetKind.USER, ana.pk), Target(TargetKind.SCHEDULE, schedule.pk)),
        (Target(TargetKind.USER, ben.pk),),
    ]
    assert (plan.repeats, plan.on_empty, plan.steps[0].delay) == (2, PlanOnEmpty.HOLD, timedelta(minutes=5))
    assert plan.fallback == (Target(TargetKind.USER, ben.pk),)


def test_somebody_who_left_was_on_call_until_then(admin_of_all: User) -> None:
    team = a_team()
    gone, stays = a_person("Gone", team=team), a_person("Stays", team=team)
    schedule = a_schedule(team)
    a_layer(schedule, [stays], position=0)
    a_layer(schedule, [gone], position=1)
    leaves = NOW + timedelta(hours=1)
    change_person(
        actor=admin_of_all, person=gone, name="Gone", role=Role.RESPONDER, time_zone="UTC", is_active=False,
        now=leaves,
    )  # fmt: skip
    span = Interval(NOW, NOW + timedelta(hours=2))
    found = coverage.final(schedule_of(schedule, span), span)
    assert [(each.start, each.people) for each in found] == [(NOW, (gone.pk,)), (leaves, (stays.pk,))]
    change_person(
        actor=admin_of_all, person=gone, name="Gone", role=Role.RESPONDER, time_zone="UTC", is_active=True,
        now=leaves + timedelta(days=1),
    )  # fmt: skip
    later = Interval(leaves + timedelta(days=1), leaves + timedelta(days=2))
    assert coverage.final(schedule_of(schedule, later), later)[0].people == (gone.pk,)


def test_who_stands_in_for_somebody_that_leaves_meanwhile_is_told_the_same_by_every_span() -> None:
    schedule, leaves = a_schedule(a_team()), NOW + timedelta(hours=1)
    ana, ben = a_person("Ana"), a_person("Ben")
    gone = a_person("Gone", is_active=False, responded_until=leaves)
    a_layer(schedule, [ana])
    a_layer(schedule, [gone])
    an_override(schedule, ben, NOW, 3, replaces=gone)
    before, after = Interval(NOW, leaves), Interval(leaves, NOW + timedelta(hours=4))
    whole = Interval(before.start, after.end)
    found = coverage.final(schedule_of(schedule, whole), whole)
    assert [(each.start, each.people) for each in found] == [
        (NOW, (ben.pk,)),
        (leaves, (ana.pk, ben.pk)),
        (NOW + timedelta(hours=3), (ana.pk,)),
    ]
    parts = (coverage.final(schedule_of(schedule, each), each) for each in (before, after))
    assert coverage.merge(segment for part in parts for segment in part) == found


@pytest.fixture
def admin_of_all() -> User:
    return a_person("Root", Role.ADMIN)
