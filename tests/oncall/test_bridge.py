"""Rows become the calculators' values."""

from datetime import time, timedelta

import pytest

from accounts.models import Role
from lib.intervals import Interval
from oncall import coverage
from oncall.bridge import schedule_of
from oncall.models import EscalationPolicy, Layer, OnEmpty, Schedule
from oncall.plan import OnEmpty as PlanOnEmpty
from oncall.plan import Target, TargetKind
from oncall.plan_rows import plan_of
from tests.oncall.making import NOW, a_layer, a_person, a_policy, a_schedule, a_team, a_window, an_override

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
