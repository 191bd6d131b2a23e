"""Who is on call: right, and in a number of queries that does not grow."""

from datetime import UTC, datetime, time, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role as UserRole
from oncall.coverage import OnCall
from oncall.models import LayerRole
from oncall.plan import Target, TargetKind
from oncall.queries import (
    duties_of,
    final_schedule,
    gaps,
    on_call_now,
    shifts_of,
    standing,
    who_is_on_call,
)
from oncall.rotation import Role
from oncall.targets import resolve_targets, resolver
from tests.oncall.making import (
    MONDAY,
    NOW,
    a_feed,
    a_feed_shift,
    a_layer,
    a_person,
    a_schedule,
    a_team,
    a_window,
    an_override,
)

pytestmark = pytest.mark.django_db
NEXT_MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize("schedules", [1, 30])
def test_who_is_on_call_costs_six_queries_whatever_the_number(
    schedules: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    team, ana, ben = a_team(), a_person("Ana"), a_person("Ben")
    made = [a_schedule(team, f"Schedule {number}") for number in range(schedules)]
    for each in made:
        a_window(a_layer(each, [ana, ben]), time(9), 8)
        an_override(each, ben, NOW - timedelta(hours=1), 2)
    with django_assert_num_queries(6):
        found = who_is_on_call([each.pk for each in made], NOW)
    assert found == {each.pk: (ben.pk,) for each in made}


def test_asking_about_no_schedule_asks_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert who_is_on_call([], NOW) == {}


def test_a_schedule_with_nobody_and_one_that_does_not_exist_are_answered_too() -> None:
    schedule = a_schedule(a_team())
    assert who_is_on_call([schedule.pk, 999_999], NOW) == {schedule.pk: (), 999_999: ()}


def test_targets_of_many_plans_are_resolved_together(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    team, ana, ben = a_team(), a_person("Ana"), a_person("Ben")
    viewer, gone = a_person("Vera", role=UserRole.VIEWER), a_person("Gone", is_active=False)
    schedules = [a_schedule(team, f"Schedule {number}") for number in range(5)]
    for each in schedules:
        a_layer(each, [ben])
    people = [Target(TargetKind.USER, each.pk) for each in (ana, viewer, gone)]
    duties = [Target(TargetKind.SCHEDULE, each.pk) for each in schedules]
    with django_assert_num_queries(7):
        found = resolve_targets([*people, *duties, *people], NOW)
    assert [found[each] for each in people] == [(ana.pk,), (), ()]
    assert [found[each] for each in duties] == [(ben.pk,)] * 5
    who = resolver(people, NOW)
    assert who(people[0]) == (ana.pk,)
    assert who(duties[0]) == ()


def test_the_page_of_now_says_until_when_and_who_is_next(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    team, ana, ben = a_team(), a_person("Ana"), a_person("Ben")
    for number in range(10):
        a_layer(a_schedule(team, f"Schedule {number}"), [ana, ben])
    with django_assert_num_queries(8):
        duties = on_call_now(NOW)
    assert len(duties) == 10
    assert duties[0].people == (ana,)
    assert duties[0].until == NEXT_MONDAY
    assert duties[0].following == (ben,)


def test_a_gap_says_when_it_ends_and_a_shift_before_a_gap_says_nobody_is_next() -> None:
    schedule, ana = a_schedule(a_team()), a_person("Ana")
    a_window(a_layer(schedule, [ana]), time(14), 2)
    (now,) = on_call_now(NOW)
    assert (now.people, now.until, now.following) == ((), NOW + timedelta(hours=2), (ana,))
    (later,) = on_call_now(NOW + timedelta(hours=3))
    assert (later.people, later.until, later.following) == ((ana,), NOW + timedelta(hours=4), ())


def test_somebody_who_is_alone_for_ever_has_no_until() -> None:
    schedule, ana = a_schedule(a_team()), a_person("Ana")
    a_layer(schedule, [ana])
    (now,) = on_call_now(NOW)
    assert (now.people, now.until, now.following) == ((ana,), None, ())


def test_a_schedule_that_ends_soon_has_nobody_next() -> None:
    schedule, ana = a_schedule(a_team()), a_person("Ana")
    a_layer(schedule, [ana], ends_at=NOW + timedelta(days=1))
    (now,) = on_call_now(NOW)
    assert (now.until, now.following) == (NOW + timedelta(days=1), ())


def test_my_shifts_come_from_layers_and_from_overrides_of_every_schedule() -> None:
    team, ana, ben = a_team(), a_person("Ana"), a_person("Ben")
    first, second = a_schedule(team, "First"), a_schedule(team, "Second")
    a_layer(first, [ana, ben])
    a_layer(second, [ben])
    an_override(second, ana, NOW + timedelta(days=1), 3)
    shifts = shifts_of(ana, NOW, NOW + timedelta(days=14))
    assert [(each.schedule, each.start, each.end) for each in shifts] == [
        (first, NOW, NEXT_MONDAY),
        (second, NOW + timedelta(days=1), NOW + timedelta(days=1, hours=3)),
        (first, NEXT_MONDAY + timedelta(days=7), NOW + timedelta(days=14)),
    ]
    assert [each.schedule for each in duties_of(ana, NOW)] == [first]


def test_two_turns_in_a_row_are_one_shift() -> None:
    schedule, ana = a_schedule(a_team()), a_person("Ana")
    a_layer(schedule, [ana])
    (shift,) = shifts_of(ana, NOW, NOW + timedelta(days=30))
    assert shift.end == NOW + timedelta(days=30)


def test_the_roles_of_a_schedule_are_answered_together() -> None:
    schedule = a_schedule(a_team())
    ana, ben, carol = a_person("Ana"), a_person("Ben"), a_person("Carol")
    layer = a_layer(schedule, [ana])
    a_layer(schedule, [ben], role=LayerRole.SECONDARY)
    a_layer(schedule, [carol], role=LayerRole.SHADOW)
    assert standing([schedule.pk, 999_999], NOW) == {
        schedule.pk: OnCall((ana.pk,), f"layer:{layer.pk}", (ben.pk,), (carol.pk,)),
        999_999: OnCall((), ""),
    }
    (duty,) = on_call_now(NOW)
    assert (duty.people, duty.secondary, duty.shadow) == ((ana,), (ben,), (carol,))
    assert [duties_of(each, NOW)[0].role for each in (ana, ben)] == [Role.PRIMARY, Role.SECONDARY]


def test_until_when_is_about_the_primaries() -> None:
    schedule, ana, ben = a_schedule(a_team()), a_person("Ana"), a_person("Ben")
    a_layer(schedule, [ana])
    a_layer(schedule, [ben, ana], role=LayerRole.SECONDARY, turn_unit="days")
    (duty,) = on_call_now(NOW)
    assert (duty.people, duty.until, duty.following) == ((ana,), None, ())


def test_a_shift_as_primary_and_one_as_secondary_are_two() -> None:
    schedule, ana, ben = a_schedule(a_team()), a_person("Ana"), a_person("Ben")
    a_layer(schedule, [ana, ben])
    a_layer(schedule, [ben, ana], role=LayerRole.SECONDARY)
    found = shifts_of(ana, NOW, NEXT_MONDAY + timedelta(days=8))
    assert [(each.start, each.role) for each in found] == [
        (NOW, Role.PRIMARY),
        (NEXT_MONDAY, Role.SECONDARY),
        (NEXT_MONDAY + timedelta(days=7), Role.PRIMARY),
    ]


def test_a_shift_that_a_calendar_gives_is_mine_too() -> None:
    schedule, ana = a_schedule(a_team()), a_person("Ana")
    a_feed_shift(a_feed(schedule), ana, NOW + timedelta(hours=1), 2)
    (shift,) = shifts_of(ana, NOW, NOW + timedelta(days=1))
    assert (shift.start, shift.end) == (NOW + timedelta(hours=1), NOW + timedelta(hours=3))


def test_what_was_before_an_edit_is_told_by_the_layer_of_that_time() -> None:
    schedule, ana, ben = a_schedule(a_team()), a_person("Ana"), a_person("Ben")
    a_layer(schedule, [ana], ends_at=NOW, replaced_at=NOW)
    a_layer(schedule, [ben], starts_at=NOW)
    found = final_schedule(schedule, NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert [each.people for each in found] == [(ana.pk,), (ben.pk,)]
    assert [each.end for each in shifts_of(ana, NOW - timedelta(days=1), NOW + timedelta(days=1))] == [NOW]


def test_a_hand_off_stays_at_nine_local_time_across_a_change_of_clocks() -> None:
    schedule = a_schedule(a_team(), zone="Europe/Berlin")
    a_layer(schedule, [a_person("Ana"), a_person("Ben")], first_handoff_date=MONDAY)
    since = datetime(2027, 3, 20, tzinfo=UTC)
    starts = [each.start for each in final_schedule(schedule, since, since + timedelta(days=16))]
    assert starts[1:] == [datetime(2027, 3, 22, 8, tzinfo=UTC), datetime(2027, 3, 29, 7, tzinfo=UTC)]


def test_gaps_are_what_no_layer_and_no_override_covers() -> None:
    schedule, ana = a_schedule(a_team()), a_person("Ana")
    a_window(a_layer(schedule, [ana]), time(0), 12)
    an_override(schedule, ana, NOW, 3)
    (hole,) = gaps(schedule, NOW, NOW + timedelta(hours=12))
    assert (hole.start, hole.end) == (NOW + timedelta(hours=3), NOW + timedelta(hours=12))


def test_who_only_shadows_is_not_on_call() -> None:
    schedule, ana, carol = a_schedule(a_team()), a_person("Ana"), a_person("Carol")
    a_layer(schedule, [ana])
    a_layer(schedule, [carol], role="shadow")
    assert [shift.role for shift in shifts_of(carol, NOW, NOW + timedelta(days=1))] == ["shadow"]
    assert duties_of(carol, NOW) == []
    assert len(duties_of(ana, NOW)) == 1
