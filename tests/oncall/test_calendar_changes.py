"""What calendars are told when a schedule has changed. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.calendars.changes import Shift, Told, compare, shifts_in
from oncall.rotation import Segment

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ADA, BOB = 1, 2
DAY = timedelta(days=1)
UTC_ZONE = ZoneInfo("UTC")


def shift(start: float, end: float, person: int = ADA, role: str = "primary") -> Shift:
    """Days from now."""
    return Shift(person, role, NOW + start * DAY, NOW + end * DAY)


def told(row: int, start: float, end: float, person: int = ADA, cancelled: bool = False) -> Told:
    return Told(person, "primary", NOW + start * DAY, NOW + end * DAY, row, cancelled)


def segment(start: float, end: float, *people: int, **roles: tuple[int, ...]) -> Segment:
    return Segment(NOW + start * DAY, NOW + end * DAY, people, "layer:1", **roles)


def test_what_touches_is_one_shift_whatever_it_comes_from() -> None:
    found = shifts_in([segment(0, 1, ADA, BOB), segment(1, 2, ADA), segment(3, 4, ADA)], UTC_ZONE)
    assert found == [shift(0, 2), shift(0, 1, BOB), shift(3, 4)]


def test_each_role_is_a_shift_of_its_own() -> None:
    found = shifts_in([segment(0, 1, ADA, secondary=(BOB,), shadow=(3,)), segment(1, 2, BOB)], UTC_ZONE)
    assert found == [
        shift(0, 1),
        shift(0, 1, BOB, "secondary"),
        shift(0, 1, 3, "shadow"),
        shift(1, 2, BOB),
    ]


def test_somebody_who_is_always_on_call_is_told_so_month_by_month() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    found = shifts_in([segment(0, 60, ADA)], berlin)
    walls = [each.start.astimezone(berlin).strftime("%m-%d %H:%M") for each in found]
    assert walls == ["03-10 13:00", "04-01 00:00", "05-01 00:00"]
    assert [each.end for each in found[:-1]] == [each.start for each in found[1:]]
    assert found[-1].end == NOW + 60 * DAY


def test_the_months_stay_the_same_when_the_window_moves_on() -> None:
    for moved in range(1, 40):
        later = shifts_in([segment(moved, 200, ADA)], UTC_ZONE)
        assert set(later[1:]) <= set(shifts_in([segment(0, 200, ADA)], UTC_ZONE))


def test_nothing_changes_when_nothing_has_changed() -> None:
    assert not compare([told(1, 0, 1), told(2, 2, 3)], [shift(0, 1), shift(2, 3)], NOW)


def test_other_times_move_the_row_that_they_overlap() -> None:
    changes = compare([told(1, 0, 2), told(2, 5, 6)], [shift(1, 3), shift(5, 6)], NOW)
    assert (changes.moved, changes.made, changes.gone) == ([(told(1, 0, 2), shift(1, 3))], [], [])


def test_a_shift_that_is_split_keeps_its_identity_in_the_first_part() -> None:
    changes = compare([told(1, 0, 7)], [shift(0, 2), shift(2, 3, BOB), shift(3, 7)], NOW)
    assert changes.moved == [(told(1, 0, 7), shift(0, 2))]
    assert set(changes.made) == {shift(3, 7), shift(2, 3, BOB)}
    assert changes.gone == []


def test_a_shift_of_somebody_else_is_another_shift() -> None:
    changes = compare([told(1, 0, 7)], [shift(0, 7, BOB)], NOW)
    assert (changes.made, changes.gone) == ([shift(0, 7, BOB)], [told(1, 0, 7)])


def test_what_is_over_is_never_touched() -> None:
    assert not compare([told(1, -3, -1)], [shift(-3, -1, BOB)], NOW)
    assert not compare([told(1, -3, -1)], [], NOW)


def test_what_is_over_and_was_never_told_is_told() -> None:
    assert compare([], [shift(-3, -1)], NOW).made == [shift(-3, -1)]


def test_a_cancelled_shift_stands_again() -> None:
    changes = compare([told(1, 0, 7, cancelled=True)], [shift(0, 7)], NOW)
    assert changes.moved == [(told(1, 0, 7, cancelled=True), shift(0, 7))]
    assert not compare([told(1, 0, 7, cancelled=True)], [], NOW)
