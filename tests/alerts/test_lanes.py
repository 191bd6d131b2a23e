"""Whose turn it is: order within a key, shares between services."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.lanes import FEW, Lanes, Waiting


def event(number: int, *says: tuple[str, str]) -> Waiting:
    return Waiting(number, says)


def lanes(events: Iterable[Waiting]) -> list[list[int]]:
    return Lanes(events).ids()


def choose(waiting: list[list[int]], limit: int, *, few_first: bool) -> list[int]:
    """The next batch where these ids wait, a list for each lane."""
    rows = [event(number, (str(number), str(lane))) for lane, ids in enumerate(waiting) for number in ids]
    return Lanes(sorted(rows, key=lambda each: each.id)).take(limit, few_first=few_first)


def test_keys_of_one_service_are_one_lane_and_those_of_another_a_second() -> None:
    found = lanes([event(1, ("a1", "a")), event(2, ("b1", "b")), event(3, ("a2", "a"))])
    assert found == [[1, 3], [2]]


def test_a_key_stays_in_the_lane_of_its_first_event_whatever_later_ones_say() -> None:
    """A resolve often names nothing but its key."""
    assert lanes([event(1, ("k", "a")), event(2, ("k", "")), event(3, ("other", ""))]) == [[1, 2], [3]]


def test_an_event_about_two_services_joins_their_lanes() -> None:
    found = lanes(
        [
            event(1, ("a1", "a")),
            event(2, ("b1", "b")),
            event(3, ("c1", "c")),
            event(4, ("a1", "a"), ("b1", "b")),
        ]
    )
    assert sorted(found) == [[1, 2, 4], [3]]


def test_a_storm_leaves_the_others_all_that_they_have() -> None:
    storm, calm = list(range(2000)), [2001]
    assert choose([storm, calm], 100, few_first=False) == [*range(99), 2001]
    assert choose([storm, calm], 100, few_first=True) == [2001]


def test_storms_share_evenly() -> None:
    chosen = choose([list(range(500)), list(range(500, 600))], 100, few_first=True)
    assert (sum(each < 500 for each in chosen), len(chosen)) == (50, 100)


def test_short_lanes_alone_are_not_held_back_for_one_another() -> None:
    assert choose([[1], [2], [3]], 2, few_first=True) == [1, 2]
    assert choose([[*range(FEW)]], 100, few_first=True) == [*range(FEW)]


says = st.lists(st.tuples(st.sampled_from("klmnop"), st.sampled_from("abc")), max_size=3)


@settings(max_examples=200, deadline=None)
@given(st.lists(says, min_size=1, max_size=30), st.integers(1, 12), st.booleans())
def test_whatever_is_chosen_no_event_goes_before_an_earlier_one_with_its_key(
    told: list[list[tuple[str, str]]], limit: int, few: bool
) -> None:
    rows = {number: Waiting(number, tuple(each)) for number, each in enumerate(told)}
    done: list[Waiting] = []
    waiting, more = Lanes(list(rows.values())[: len(rows) // 2]), list(rows.values())[len(rows) // 2 :]
    while len(done) < len(rows):
        chosen = waiting.take(limit, few_first=few)
        assert len(chosen) <= limit
        assert chosen or more
        done += [rows[each] for each in chosen]
        for each in more[:3]:
            waiting.add(each)
        del more[:3]
        few = not few
    for key in "klmnop":
        order = [each.id for each in done if any(said == key for said, _ in each.says)]
        assert order == sorted(order)
