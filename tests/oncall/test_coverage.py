"""The final schedule, by examples; what must hold of every one is in test_properties."""

from datetime import UTC, datetime, time, timedelta
from time import process_time
from typing import Any

import pytest

from lib.intervals import Interval
from oncall.coverage import (
    Handoff,
    Override,
    OverrideKind,
    Schedule,
    final,
    gaps,
    merge,
    next_handoff,
    on_call_at,
)
from oncall.rotation import Layer, Restriction, Segment, Turn, Unit

HOUR = timedelta(hours=1)
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


def test_a_year_of_ten_layers_of_fifty_people_does_not_walk_from_years_back() -> None:
    zones = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham"]
    office = tuple(Restriction(time(9), 8 * HOUR, weekday) for weekday in range(5))
    schedule = Schedule(
        tuple(
            layer(
                number,
                tuple(range(50)),
                zone=zones[number % 5],
                virtual_start=datetime.fromisoformat("1970-01-01T09:00"),
                restrictions=office if number else (),
            )
            for number in range(10)
        )
    )
    started = process_time()
    found = final(schedule, Interval(at(0), at(365 * 24)))
    # 40 ms on a quiet core; the bound is ten times that, for a busy one.
    assert process_time() - started < 0.4
    assert found[0].start == at(0)
    assert found[-1].end == at(365 * 24)
