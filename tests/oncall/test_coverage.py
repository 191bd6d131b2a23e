"""The final schedule, by examples; what must hold of every one is in test_properties."""

from datetime import UTC, datetime, time, timedelta
from time import process_time
from typing import Any

import pytest

from lib.intervals import Interval
from oncall.coverage import (
    Away,
    Handoff,
    OnCall,
    Override,
    OverrideKind,
    Schedule,
    final,
    gaps,
    merge,
    next_handoff,
    on_call_at,
    thin,
    without,
)
from oncall.rotation import Fixed, FixedShift, Layer, Restriction, Role, Segment, Turn, Unit
from oncall.skipping import Skip

HOUR = timedelta(hours=1)
People = tuple[int, ...]
NAIVE = datetime.fromisoformat("2026-06-01")


def at(hour: float) -> datetime:
    return datetime(2026, 6, 1, tzinfo=UTC) + hour * HOUR


def layer(number: int, people: tuple[int, ...] = (1, 2), **changes: Any) -> Layer:
    shape: dict[str, Any] = {"zone": "UTC", "virtual_start": NAIVE, "turn": Turn(1, Unit.DAYS)}
    return Layer(id=number, people=people, **shape | changes)


def over(number: int, start: float, end: float, person: int, **changes: Any) -> Override:
    return Override(
        id=number, start=at(start), end=at(end), person=person, **{"created_seq": number} | changes
    )


def told(schedule: Schedule, hours: float = 48) -> list[tuple[float, float, tuple[int, ...], str]]:
    return [
        ((each.start - at(0)) / HOUR, (each.end - at(0)) / HOUR, each.people, each.source)
        for each in final(schedule, Interval(at(0), at(hours)))
    ]


def test_a_higher_layer_covers_a_lower_one_and_its_gaps_fall_through() -> None:
    day = layer(2, (9,), restrictions=(Restriction(time(8), 10 * HOUR),))
    assert told(Schedule((layer(1), day))) == [
        (0, 8, (1,), "layer:1"),
        (8, 18, (9,), "layer:2"),
        (18, 24, (1,), "layer:1"),
        (24, 32, (2,), "layer:1"),
        (32, 42, (9,), "layer:2"),
        (42, 48, (2,), "layer:1"),
    ]


def test_of_overlapping_overrides_the_latest_created_wins_in_whatever_order_they_come() -> None:
    early, late = over(7, 2, 10, 5), over(8, 4, 6, 6)
    for overrides in ((early, late), (late, early)):
        assert told(Schedule((layer(1, (1,)),), overrides), 12) == [
            (0, 2, (1,), "layer:1"),
            (2, 4, (5,), "override:7"),
            (4, 6, (6,), "override:8"),
            (6, 10, (5,), "override:7"),
            (10, 12, (1,), "layer:1"),
        ]


def test_an_override_covers_a_gap_and_is_cut_to_the_span() -> None:
    assert told(Schedule((), (over(1, -5, 60, 4),))) == [(0, 48, (4,), "override:1")]


def test_replacing_one_person_changes_only_their_time() -> None:
    schedule = Schedule((layer(1),), (over(1, 12, 36, 5, replaces=2),))
    assert told(schedule) == [
        (0, 24, (1,), "layer:1"),
        (24, 36, (5,), "override:1"),
        (36, 48, (2,), "layer:1"),
    ]


def test_a_person_can_be_added_and_removed() -> None:
    added = over(1, 6, 12, 5, kind=OverrideKind.ADD)
    removed = over(2, 8, 10, 1, kind=OverrideKind.REMOVE)
    assert told(Schedule((layer(1, (1,)),), (added, removed)), 12) == [
        (0, 6, (1,), "layer:1"),
        (6, 8, (1, 5), "override:1"),
        (8, 10, (5,), "override:2"),
        (10, 12, (1, 5), "override:1"),
    ]
    assert gaps(Schedule((layer(1, (1,)),), (removed,)), Interval(at(0), at(12))) == [Interval(at(8), at(10))]


def test_a_swap_for_somebody_who_is_on_call_already_does_not_list_them_twice() -> None:
    added = over(1, 0, 12, 5, kind=OverrideKind.ADD)
    swapped = over(2, 0, 12, 5, replaces=1)
    assert told(Schedule((layer(1, (1,)),), (added, swapped)), 12) == [(0, 12, (5,), "override:2")]


def second(number: int, people: tuple[int, ...], **changes: Any) -> Layer:
    return layer(number, people, role=Role.SECONDARY, **changes)


def shadow(number: int, people: tuple[int, ...], **changes: Any) -> Layer:
    return layer(number, people, role=Role.SHADOW, **changes)


def roles(schedule: Schedule, hours: float = 24) -> list[tuple[float, People, People, People]]:
    """From when on who stands in which role."""
    return [
        ((each.start - at(0)) / HOUR, each.people, each.secondary, each.shadow)
        for each in final(schedule, Interval(at(0), at(hours)))
    ]


def feed(number: int, *shifts: tuple[float, float, int]) -> Fixed:
    return Fixed(number, 0, tuple(FixedShift(at(start), at(end), person) for start, end, person in shifts))


MORNING = (Restriction(time(0), 12 * HOUR),)


def test_secondaries_are_laid_over_each_other_apart_from_primaries() -> None:
    schedule = Schedule((second(1, (5,)), layer(2, (1,)), second(3, (6,), restrictions=MORNING)))
    assert roles(schedule) == [(0, (1,), (6,), ()), (12, (1,), (5,), ())]


def test_where_no_primary_stands_the_secondary_is_the_primary() -> None:
    schedule = Schedule((layer(1, (1,), restrictions=MORNING), second(2, (5,))))
    assert roles(schedule) == [(0, (1,), (5,), ()), (12, (5,), (), ())]
    assert told(schedule, 24)[1] == (12, 24, (5,), "layer:2")
    assert gaps(schedule, Interval(at(0), at(24))) == []


def test_shadows_are_all_told_and_one_alone_is_a_gap() -> None:
    schedule = Schedule((layer(1, (1,), restrictions=MORNING), shadow(2, (8,)), shadow(3, (9,))))
    assert roles(schedule) == [(0, (1,), (), (9, 8))]
    assert gaps(schedule, Interval(at(0), at(24))) == [Interval(at(12), at(24))]
    assert on_call_at(schedule, at(13)) is None
    assert on_call_at(schedule, at(1)) == OnCall((1,), "layer:1", (), (9, 8))


def test_everybody_is_named_once_in_their_foremost_role() -> None:
    schedule = Schedule((layer(1, (1,)), second(2, (1,)), shadow(3, (1,)), shadow(4, (2,))))
    assert roles(schedule) == [(0, (1,), (), (2,))]


def test_standing_in_for_everybody_leaves_the_secondary() -> None:
    schedule = Schedule((layer(1, (1,)), second(2, (5,))), (over(1, 6, 12, 7),))
    assert roles(schedule) == [(0, (1,), (5,), ()), (6, (7,), (5,), ()), (12, (1,), (5,), ())]


@pytest.mark.parametrize(
    ("replaced", "people"),
    [(1, ((7,), (5,), (8,))), (5, ((1,), (7,), (8,))), (8, ((1,), (5,), (7,))), (3, ((1,), (5,), (8,)))],
)
def test_standing_in_for_one_takes_their_place_in_whichever_role(replaced: int, people: Any) -> None:
    layers = (layer(1, (1,)), second(2, (5,)), shadow(3, (8,)))
    assert roles(Schedule(layers, (over(1, 0, 24, 7, replaces=replaced),))) == [(0, *people)]


def test_a_secondary_who_stands_in_for_the_primary_leaves_none() -> None:
    schedule = Schedule((layer(1, (1,)), second(2, (5,))), (over(1, 0, 24, 5, replaces=1),), True)
    assert roles(schedule) == [(0, (5,), (), ())]
    assert thin(schedule, Interval(at(0), at(24))) == [Interval(at(0), at(24))]


def test_somebody_added_is_a_primary_and_somebody_removed_is_nothing() -> None:
    layers = (layer(1, (1,)), second(2, (5,)), shadow(3, (1,)))
    added, removed = over(1, 0, 24, 5, kind=OverrideKind.ADD), over(2, 3, 24, 1, kind=OverrideKind.REMOVE)
    assert roles(Schedule(layers, (added, removed))) == [(0, (1, 5), (), ()), (3, (5,), (), ())]


def test_an_override_of_the_secondary_is_not_why_the_primary_is_on_call() -> None:
    schedule = Schedule((layer(1, (1,)), second(2, (5,))), (over(9, 0, 24, 6, replaces=5),))
    assert told(schedule, 24) == [(0, 24, (1,), "layer:1")]


def test_thin_is_when_a_secondary_is_wanted_and_missing_and_a_gap_is_not_thin() -> None:
    layers = (layer(1, (1,), end=at(20)), second(2, (5,), restrictions=MORNING))
    day = Interval(at(0), at(24))
    assert thin(Schedule(layers, (), True), day) == [Interval(at(12), at(20))]
    assert thin(Schedule(layers), day) == []
    assert gaps(Schedule(layers, (), True), day) == [Interval(at(20), at(24))]


def test_a_change_of_secondary_is_a_hand_off_and_one_of_shadow_is_not() -> None:
    schedule = Schedule((layer(1, (1,)), second(2, (5,), end=at(30)), shadow(3, (8,), end=at(10))))
    assert next_handoff(schedule, at(0), timedelta(days=9)) == Handoff(at(30), (1, 5), (1,))


def test_a_calendar_may_have_several_people_at_once() -> None:
    schedule = Schedule((layer(1, (1,)), feed(4, (2, 8, 6), (4, 6, 5), (6, 7, 5), (3, 5, 6))))
    assert told(schedule, 12) == [
        (0, 2, (1,), "layer:1"),
        (2, 4, (6,), "feed:4"),
        (4, 7, (6, 5), "feed:4"),
        (7, 8, (6,), "feed:4"),
        (8, 12, (1,), "layer:1"),
    ]


def test_a_calendar_below_is_covered_by_a_layer() -> None:
    schedule = Schedule((feed(4, (0, 24, 6)), layer(1, (1,), restrictions=MORNING)))
    assert told(schedule, 24) == [(0, 12, (1,), "layer:1"), (12, 24, (6,), "feed:4")]


@pytest.mark.parametrize("event", [(3, 3, 1), (3, 2, 1)])
def test_an_event_that_holds_no_time_is_refused(event: tuple[float, float, int]) -> None:
    with pytest.raises(ValueError, match="after the start"):
        feed(1, event)
    with pytest.raises(ValueError, match="after the start"):
        Away(1, at(event[0]), at(event[1]))


def test_without_somebody_the_layer_below_shows_and_no_other_turn_moves() -> None:
    schedule = Schedule((layer(1, (9,)), layer(2, (1, 2, 3))))
    gone = without(schedule, [Away(2, at(30), at(200))])
    assert told(gone, 72) == [
        (0, 24, (1,), "layer:2"),
        (24, 30, (2,), "layer:2"),
        (30, 48, (9,), "layer:1"),
        (48, 72, (3,), "layer:2"),
    ]
    assert on_call_at(gone, at(31)) == OnCall((9,), "layer:1")


def test_without_a_primary_the_secondary_is_first() -> None:
    schedule = Schedule((layer(1, (1,)), second(2, (5,)), shadow(3, (8,))), (), True)
    gone = without(schedule, [Away(1, at(6), at(12)), Away(8, at(0), at(24))])
    assert roles(gone) == [(0, (1,), (5,), ()), (6, (5,), (), ()), (12, (1,), (5,), ())]
    assert thin(gone, Interval(at(0), at(24))) == [Interval(at(6), at(12))]


def test_without_somebody_their_overrides_do_nothing_while_they_are_away() -> None:
    schedule = Schedule((layer(1, (1,)),), (over(1, 2, 10, 7),))
    assert told(without(schedule, [Away(7, at(4), at(6))]), 12) == [
        (0, 2, (1,), "layer:1"),
        (2, 4, (7,), "override:1"),
        (4, 6, (1,), "layer:1"),
        (6, 10, (7,), "override:1"),
        (10, 12, (1,), "layer:1"),
    ]


def test_whoever_stands_in_for_somebody_away_still_does_where_they_would_have_been_on_call() -> None:
    schedule = Schedule((layer(1, (1, 2)),), (over(1, 0, 40, 7, replaces=1),))
    gone = without(schedule, [Away(1, at(0), at(96))])
    assert told(gone, 72) == [(0, 24, (7,), "override:1"), (24, 48, (2,), "layer:1")]
    both = without(gone, [Away(7, at(12), at(96))])
    assert told(both, 72) == [(0, 12, (7,), "override:1"), (24, 48, (2,), "layer:1")]


def test_without_somebody_of_a_calendar_the_others_of_the_same_time_stay() -> None:
    schedule = Schedule((feed(4, (0, 8, 6), (0, 8, 5)),))
    assert told(without(schedule, [Away(5, at(2), at(4))]), 8) == [
        (0, 2, (5, 6), "feed:4"),
        (2, 4, (6,), "feed:4"),
        (4, 8, (5, 6), "feed:4"),
    ]


def test_without_nobody_it_is_the_same_schedule() -> None:
    schedule = Schedule((layer(1),), (over(1, 2, 10, 7),))
    assert without(schedule, []) == schedule


def test_an_empty_schedule_is_one_gap() -> None:
    span = Interval(at(0), at(5))
    assert final(Schedule(), span) == []
    assert gaps(Schedule(), span) == [span]
    assert on_call_at(Schedule(), at(0)) is None
    assert next_handoff(Schedule(), at(0), timedelta(days=400)) is None


def test_the_end_of_the_last_layer_is_a_hand_off_to_nobody() -> None:
    schedule = Schedule((layer(1, (1,), end=at(24 * 50)),))
    assert next_handoff(schedule, at(0), timedelta(days=60)) == Handoff(at(24 * 50), (1,), ())
    assert next_handoff(schedule, at(0), timedelta(days=50)) is None
    assert next_handoff(schedule, at(0), timedelta(0)) is None


def test_the_same_person_by_another_source_is_not_a_hand_off() -> None:
    schedule = Schedule((layer(1),), (over(1, 6, 12, 1),))
    assert next_handoff(schedule, at(0), timedelta(days=2)) == Handoff(at(24), (1,), (2,))


def test_merging_keeps_apart_what_differs_or_does_not_touch() -> None:
    one, two = Segment(at(0), at(1), (1,), "layer:1"), Segment(at(1), at(2), (1,), "layer:1")
    apart, other = Segment(at(3), at(4), (1,), "layer:1"), Segment(at(4), at(5), (1,), "layer:2")
    assert merge([one, two, apart, other]) == [Segment(at(0), at(2), (1,), "layer:1"), apart, other]


@pytest.mark.parametrize("changes", [{"end": at(-1)}, {"kind": "nonsense"}, {"start": NAIVE}])
def test_an_override_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    shape: dict[str, Any] = {"id": 1, "start": at(0), "end": at(1), "person": 1, "created_seq": 1}
    with pytest.raises(ValueError, match=r"after the start|nonsense|naive"):
        Override(**shape | changes)


ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham")
OFFICE = tuple(Restriction(time(9), 8 * HOUR, weekday) for weekday in range(5))
LONG_AGO = datetime.fromisoformat("1970-01-01T09:00")


@pytest.mark.parametrize(
    "changes",
    [
        {"turn": Turn(1, Unit.WEEKS), "restrictions": OFFICE},
        {"turn": Turn(1, Unit.HOURS)},
        {"turn": Turn(1, Unit.DAYS), "skip": Skip(frozenset({5, 6}), (), "DE-BY")},
    ],
)
def test_a_year_of_ten_layers_of_fifty_people_does_not_walk_from_years_back(changes: dict[str, Any]) -> None:
    layers = (
        layer(number, tuple(range(50)), zone=ZONES[number % 5], virtual_start=LONG_AGO, **changes)
        for number in range(10)
    )
    schedule, year = Schedule(tuple(layers)), Interval(at(0), at(365 * 24))
    final(schedule, Interval(at(0), at(1)))  # reads the holidays
    started = process_time()
    assert len(final(schedule, year)) > 250
    # 8 to 26 ms on a quiet core; the bound is for a busy one, and far below half a century of hours.
    assert process_time() - started < 0.5
