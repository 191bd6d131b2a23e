"""Hours, nights, weekends and holidays by hand, and how evenly they are shared."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lib.intervals import Interval
from oncall.reports.load import Load, Page, fairness, jain, loads
from oncall.reports.pieces import Piece, is_night, night_hour, pieces, stretches
from oncall.rotation import Role, Segment

BERLIN = ZoneInfo("Europe/Berlin")
H = timedelta(hours=1)


def at(zone: ZoneInfo, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


def cut(
    start: datetime, end: datetime, zone: ZoneInfo, holidays: frozenset[date] = frozenset()
) -> list[Piece]:
    return list(pieces(1, 7, Role.PRIMARY, [Interval(start, end)], zone, holidays))


def sums(found: list[Piece]) -> tuple[timedelta, timedelta, timedelta, timedelta]:
    load = loads(found, [], {1: BERLIN})[1]
    return load.primary, load.night, load.weekend, load.holiday


def test_the_night_in_which_clocks_go_back_is_an_hour_longer() -> None:
    """Saturday noon to Monday noon in Berlin: 49 hours; 2 + 7 + 2 + 6 of night; 12 + 25 of weekend."""
    found = cut(at(BERLIN, 2026, 10, 24, 12), at(BERLIN, 2026, 10, 26, 12), BERLIN)
    assert [each.length for each in found] == [12 * H, 25 * H, 12 * H]
    assert [each.night for each in found] == [2 * H, 9 * H, 6 * H]
    assert sums(found) == (49 * H, 17 * H, 37 * H, 0 * H)


def test_the_night_in_which_clocks_go_forward_is_an_hour_shorter() -> None:
    found = cut(at(BERLIN, 2026, 3, 28, 12), at(BERLIN, 2026, 3, 30, 12), BERLIN)
    assert sums(found) == (47 * H, 15 * H, 35 * H, 0 * H)


def test_nights_and_weekends_are_those_of_the_person_and_not_of_the_schedule() -> None:
    """09:00 to 17:00 in UTC is 02:00 to 10:00 in Los Angeles, and Monday morning there is still Sunday here."""
    pacific = ZoneInfo("America/Los_Angeles")
    [piece] = cut(datetime(2026, 3, 11, 9, tzinfo=UTC), datetime(2026, 3, 11, 17, tzinfo=UTC), pacific)
    assert piece.night == 4 * H
    monday_in_utc = cut(datetime(2026, 3, 16, tzinfo=UTC), datetime(2026, 3, 16, 9, tzinfo=UTC), pacific)
    assert [each.weekend for each in monday_in_utc] == [7 * H, 0 * H]


def test_an_hour_of_night_on_a_holiday_at_the_weekend_is_all_three() -> None:
    found = cut(
        at(BERLIN, 2026, 12, 26, 3), at(BERLIN, 2026, 12, 26, 4), BERLIN, frozenset({date(2026, 12, 26)})
    )
    assert sums(found) == (H, H, H, H)


def test_a_holiday_lasts_from_the_persons_midnight_to_the_next() -> None:
    found = cut(
        at(BERLIN, 2026, 12, 24, 18), at(BERLIN, 2026, 12, 26, 6), BERLIN, frozenset({date(2026, 12, 25)})
    )
    assert [each.holiday for each in found] == [0 * H, 24 * H, 0 * H]


@pytest.mark.parametrize(
    ("zone", "start", "days", "hours"),
    [
        ("Pacific/Apia", (2011, 12, 29), 3, [24, 24]),  # 30 December was left out
        ("Africa/Cairo", (2026, 4, 23), 3, [24, 23, 24]),  # midnight of the 24th does not exist
        ("America/Havana", (2026, 10, 31), 3, [24, 25, 24]),  # midnight of 1 November comes twice
        ("Australia/Lord_Howe", (2026, 4, 4), 2, [24, 24.5]),
    ],
)
def test_pieces_meet_at_midnight_in_zones_with_odd_rules(
    zone: str, start: tuple[int, int, int], days: int, hours: list[float]
) -> None:
    here = ZoneInfo(zone)
    first = datetime(*start, tzinfo=here)
    found = cut(first.astimezone(UTC), (first + timedelta(days=days)).astimezone(UTC), here)
    assert [each.length / H for each in found] == hours
    assert [each.start for each in found[1:]] == [each.end for each in found[:-1]]


def test_a_shift_that_goes_on_by_another_layer_is_one_shift() -> None:
    start = datetime(2026, 3, 10, 8, tzinfo=UTC)
    segments = [
        Segment(start, start + H, (1,), "layer:1", secondary=(2,)),
        Segment(start + H, start + 2 * H, (1,), "override:4", secondary=(3,)),
        Segment(start + 3 * H, start + 4 * H, (1,), "layer:1", shadow=(9,)),
    ]
    found = stretches(segments)
    assert found[1, Role.PRIMARY] == [Interval(start, start + 2 * H), Interval(start + 3 * H, start + 4 * H)]
    assert found[2, Role.SECONDARY] == [Interval(start, start + H)]
    assert not any(person == 9 for person, _role in found)


def test_night_is_from_ten_to_six() -> None:
    assert is_night(at(BERLIN, 2026, 3, 10, 22), BERLIN)
    assert is_night(at(BERLIN, 2026, 3, 10, 5, 59), BERLIN)
    assert not is_night(at(BERLIN, 2026, 3, 10, 6), BERLIN)
    assert not is_night(at(BERLIN, 2026, 3, 10, 21, 59), BERLIN)


def test_the_hour_that_comes_twice_is_two_hours_of_being_woken() -> None:
    first, second = at(BERLIN, 2026, 10, 25, 2, 30), at(BERLIN, 2026, 10, 25, 2, 30, fold=1)
    assert second - first == H
    assert night_hour(first, BERLIN) != night_hour(second, BERLIN)
    load = loads([], [Page(1, first), Page(1, first + timedelta(minutes=5)), Page(1, second)], {1: BERLIN})[1]
    assert (load.pages, load.woken, load.woken_hours) == (3, 3, 2)


def test_a_page_by_day_wakes_nobody() -> None:
    load = loads([], [Page(1, at(BERLIN, 2026, 3, 10, 12))], {1: BERLIN})[1]
    assert (load.pages, load.woken, load.woken_hours) == (1, 0, 0)


def test_jains_index_is_one_when_all_have_the_same_and_one_nth_when_one_has_all() -> None:
    assert jain([8, 8, 8, 8]) == 1.0
    assert jain([32, 0, 0, 0]) == 0.25
    assert jain([1, 2, 3]) == pytest.approx(36 / 42)


def test_nothing_cannot_be_shared() -> None:
    with pytest.raises(ValueError, match="nothing to share"):
        jain([0, 0])


def test_fairness_names_who_carries_the_most() -> None:
    found = fairness(
        {1: Load(primary=30 * H), 2: Load(primary=5 * H, secondary=5 * H), 3: Load(secondary=20 * H)}
    )
    assert found is not None
    assert found.person == 1
    assert found.times == pytest.approx(1.5)
    assert found.index == pytest.approx(3600 / (3 * 1400))


def test_one_person_alone_shares_with_nobody() -> None:
    assert fairness({1: Load(primary=H)}) is None
    assert fairness({1: Load(), 2: Load()}) is None
