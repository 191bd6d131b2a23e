"""What an edit means: changes, hours and gaps of two final schedules; and the weeks that are drawn of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage
from oncall.differences import Change, balances, changes, handoffs, hours, new_gaps, secondary, uncovered
from oncall.outlook import in_hours, outlook_of, weeks_of
from oncall.rotation import Layer, Role, Segment, Turn, Unit
from tests.making import make_user

START = datetime(2026, 3, 9, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPAN = Interval(START, START + 24 * HOUR)


def piece(
    start: int, end: int, *people: int, source: str = "layer:1", second: tuple[int, ...] = ()
) -> Segment:
    return Segment(START + start * HOUR, START + end * HOUR, people, source, second)


def change(start: int, end: int, old: tuple[int, ...], new: tuple[int, ...]) -> Change:
    return Change(START + start * HOUR, START + end * HOUR, old, new)


def test_only_what_becomes_other_peoples_is_a_change() -> None:
    before = [piece(0, 8, 1), piece(8, 16, 2), piece(16, 24, 1)]
    after = [
        piece(0, 6, 1, source="layer:9"),
        piece(6, 10, 3),
        piece(10, 16, 2),
        piece(16, 24, 1, source="override:1"),
    ]
    assert changes(before, after, SPAN) == (change(6, 8, (1,), (3,)), change(8, 10, (2,), (3,)))


def test_a_gap_is_a_change_to_nobody_and_back() -> None:
    before, after = [piece(0, 12, 1)], [piece(2, 24, 1)]
    assert changes(before, after, SPAN) == (change(0, 2, (1,), ()), change(12, 24, (), (1,)))
    assert [(each.start, each.end) for each in new_gaps(before, after, SPAN)] == [(START, START + 2 * HOUR)]


def test_the_order_of_people_is_no_change() -> None:
    assert changes([piece(0, 24, 1, 2)], [piece(0, 24, 2, 1)], SPAN) == ()


def test_neighbours_that_change_alike_are_told_once() -> None:
    before = [piece(0, 4, 1, source="layer:1"), piece(4, 8, 1, source="layer:2")]
    assert changes(before, [piece(0, 8, 2)], SPAN) == (change(0, 8, (1,), (2,)),)


def test_what_lies_outside_of_the_span_does_not_count() -> None:
    before = [piece(-50, 50, 1)]
    assert changes(before, [piece(-50, 0, 2), piece(0, 24, 1), piece(24, 50, 2)], SPAN) == ()


def test_hours_are_balanced_with_the_most_changed_first() -> None:
    before, after = [piece(0, 12, 1), piece(12, 24, 2)], [piece(0, 2, 1, 2), piece(2, 24, 3)]
    assert hours(after) == {1: 2 * HOUR, 2: 2 * HOUR, 3: 22 * HOUR}
    assert [(each.person, each.more) for each in balances(before, after)] == [
        (3, 22 * HOUR),
        (1, -10 * HOUR),
        (2, -10 * HOUR),
    ]
    assert balances(before, before) == []


def test_the_secondaries_are_compared_alike() -> None:
    before, after = [piece(0, 24, 1, second=(2,))], [piece(0, 24, 1, second=(3,))]
    assert changes(before, after, SPAN) == ()
    assert changes(secondary(before), secondary(after), SPAN) == (change(0, 24, (2,), (3,)),)


def test_a_hand_off_needs_two_who_meet() -> None:
    pieces = [piece(0, 4, 1), piece(4, 8, 2), piece(8, 9, 2, source="layer:2"), piece(12, 24, 1)]
    assert [each[1:] for each in handoffs(pieces)] == [((1,), (2,))]


people = st.frozensets(st.integers(1, 4), max_size=2).map(lambda found: tuple(sorted(found)))
days = st.lists(people, min_size=24, max_size=24)


def drawn(day: list[tuple[int, ...]]) -> list[Segment]:
    return coverage.merge(piece(hour, hour + 1, *who) for hour, who in enumerate(day) if who)


@given(days, days)
def test_changes_are_what_an_hour_by_hour_look_finds(
    before: list[tuple[int, ...]], after: list[tuple[int, ...]]
) -> None:
    found = changes(drawn(before), drawn(after), SPAN)
    for hour in range(24):
        at = START + hour * HOUR
        here = [(each.old, each.new) for each in found if each.start <= at < each.end]
        assert here == ([(before[hour], after[hour])] if before[hour] != after[hour] else [])
    gaps = new_gaps(drawn(before), drawn(after), SPAN)
    lost = [hour for hour in range(24) if before[hour] and not after[hour]]
    assert sum((each.length for each in gaps), timedelta(0)) == len(lost) * HOUR
    assert (
        sum((each.length for each in uncovered(drawn(after), SPAN)), timedelta(0)) == after.count(()) * HOUR
    )


# --- The weeks ahead


@pytest.fixture
def pair(db: None) -> list[User]:
    return [make_user("Ada Lind"), make_user("Bo Ek")]


def weekly(ids: list[int], role: Role = Role.PRIMARY, end: datetime | None = None) -> Layer:
    first = datetime(2026, 3, 9, 9)  # noqa: DTZ001 - local time of the layer's zone
    return Layer(1, tuple(ids), "Europe/Berlin", first, Turn(1, Unit.WEEKS), role=role, end=end)


def test_eight_weeks_are_nine_rows_of_the_calendar_and_each_hour_is_in_one(pair: list[User]) -> None:
    berlin, now = ZoneInfo("Europe/Berlin"), datetime(2026, 3, 11, 12, tzinfo=UTC)
    span = Interval(now, now + timedelta(weeks=8))
    value = coverage.Schedule((weekly([each.pk for each in pair]),))
    outlook = outlook_of(value, span, berlin)
    assert [week.first.weekday() for week in outlook.weeks] == [0] * 9
    assert [len(week.told) for week in outlook.weeks] == [1] * 9
    assert outlook.handoffs == 8
    assert sum((share.length for share in outlook.shares), timedelta(0)) == timedelta(weeks=8)
    assert outlook.weeks[0].now_x is not None
    assert {week.now_x for week in outlook.weeks[1:]} == {None}
    assert outlook.weeks[0].summary == "Ada Lind"


def test_gaps_thin_time_and_secondaries_are_seen(pair: list[User]) -> None:
    berlin, now = ZoneInfo("Europe/Berlin"), datetime(2026, 3, 11, 12, tzinfo=UTC)
    ids = [each.pk for each in pair]
    span = Interval(now, now + timedelta(weeks=8))
    ends = now + timedelta(weeks=2)
    layers = (weekly(ids, end=now + timedelta(weeks=4)), weekly(ids[::-1], Role.SECONDARY, ends))
    outlook = outlook_of(coverage.Schedule(layers, wants_secondary=True), span, berlin)
    assert [(each.start, each.end) for each in outlook.gaps] == [(now + timedelta(weeks=4), span.end)]
    assert outlook.thin[0].start == ends
    assert outlook.shares[0].as_second
    assert [each.people for each in outlook.weeks[0].seconds] == [(pair[1],)]
    assert all(week.gaps for week in outlook.weeks[5:])
    assert outlook.weeks[6].told[0].people == ()


def test_a_bar_says_as_much_as_fits_on_it(pair: list[User]) -> None:
    day = [piece(0, 3, pair[0].pk), piece(3, 9, pair[0].pk, pair[1].pk), piece(9, 24, pair[0].pk)]
    (week,) = weeks_of(day, SPAN, ZoneInfo("UTC"), {each.pk: each for each in pair})
    assert [bar.label for bar in week.bars] == ["", "", "Ada"]
    assert [bar.wide_label for bar in week.bars] == ["", "", "Ada Lind"]


def test_hours_are_rounded_to_a_tenth() -> None:
    assert [in_hours(each) for each in (336 * HOUR, timedelta(minutes=90), 1344 * HOUR)] == [
        "336 h",
        "1.5 h",
        "1\u202f344 h",
    ]
