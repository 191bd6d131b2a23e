"""Who is on call day by day, and what is missing in the weeks ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage, timeline
from oncall.ahead import ahead_of, finals
from oncall.daily import Entry, Reader
from oncall.rotation import Layer, Segment, Turn, Unit

BERLIN = ZoneInfo("Europe/Berlin")
ADA, BO = User(pk=1, name="Ada Ito"), User(pk=2, name="Bo Lund")
NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def told(segments: list[Segment], count: int = 4, wants_secondary: bool = False) -> list[Entry]:
    """From Friday, 27 March 2026 in Berlin, where clocks go forward on Sunday."""
    days = timeline.days(timeline.days_from(date(2026, 3, 27), count, BERLIN), BERLIN)
    return Reader({1: ADA, 2: BO}, NOW, wants_secondary).entries(segments, days)


def local(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=BERLIN).astimezone(UTC)


def test_days_without_a_change_are_told_together_and_today_by_itself() -> None:
    entries = told([Segment(local(20), local(31), (1,), "layer:1")])
    assert [(each.first.day, each.last.day, each.is_today) for each in entries] == [
        (27, 27, True),
        (28, 30, False),
    ]
    [part] = entries[1].parts
    assert part.is_whole
    assert (part.start, part.end) == (local(28), local(31))
    assert "until=2026-03-30T22:00Z" in part.query


def test_a_day_with_a_hand_off_says_until_and_from_when() -> None:
    entries = told([Segment(local(20), local(29, 9), (1,), ""), Segment(local(29, 9), local(31), (2,), "")])
    sunday = next(each for each in entries if each.first.day == 29)
    first, second = sunday.parts
    assert (first.people, first.starts_inside, first.ends_inside) == ((ADA,), False, True)
    assert (second.people, second.starts_inside, second.ends_inside) == ((BO,), True, False)
    assert first.end - first.start == 8 * HOUR


def test_gaps_are_parts_of_the_day_and_what_is_over_is_marked() -> None:
    [today] = told([Segment(local(27, 9), local(27, 17), (1,), "")], count=1)
    assert [(part.people, part.is_over) for part in today.parts] == [((), True), ((ADA,), False), ((), False)]


def test_a_day_with_many_turns_is_told_as_one() -> None:
    hours = [Segment(local(28) + n * HOUR, local(28) + (n + 1) * HOUR, (1 + n % 2,), "") for n in range(24)]
    entry = told(hours, count=2)[1]
    [part] = entry.parts
    assert (part.count, part.people) == (24, (ADA, BO))


def test_secondaries_are_told_and_missed_where_they_are_wanted() -> None:
    segments = [
        Segment(local(27), local(28), (1,), "", (2,)),
        Segment(local(28), local(29), (1,), ""),
    ]
    first, second, _gap = told(segments, wants_secondary=True)
    assert (first.parts[0].seconds, first.parts[0].is_thin) == ((BO,), False)
    assert second.parts[0].is_thin
    assert not any(part.is_thin for entry in told(segments) for part in entry.parts)


# --- The weeks ahead

SPAN = Interval(NOW, NOW + timedelta(days=28))


def test_covered_without_a_gap() -> None:
    found = ahead_of([Segment(SPAN.start, SPAN.end, (1,), "")], SPAN, wants_secondary=False)
    assert (found.gaps, found.thin, found.until, found.is_covered_now) == ((), (), None, True)


def test_covered_until_the_first_gap() -> None:
    segments = [
        Segment(NOW, NOW + 5 * HOUR, (1,), ""),
        Segment(NOW + 7 * HOUR, NOW + 9 * HOUR, (1,), "", (2,)),
    ]
    found = ahead_of(segments, SPAN, wants_secondary=True)
    assert found.until == NOW + 5 * HOUR
    assert found.missing == 2 * HOUR + SPAN.length - 9 * HOUR
    assert found.thin == (Interval(NOW, NOW + 5 * HOUR),)
    assert found.alone == 5 * HOUR
    assert not found.is_empty


@pytest.mark.parametrize(
    ("segments", "is_empty"), [([], True), ([Segment(NOW + HOUR, SPAN.end, (1,), "")], False)]
)
def test_not_covered_now(segments: list[Segment], is_empty: bool) -> None:
    found = ahead_of(segments, SPAN, wants_secondary=False)
    assert not found.is_covered_now
    assert found.until is None
    assert found.is_empty is is_empty


def test_two_spans_are_answered_as_one_by_one() -> None:
    layer = Layer(1, (1, 2), "Europe/Berlin", datetime.combine(date(2026, 1, 1), time(9)), Turn(1, Unit.DAYS))
    value = coverage.Schedule((layer,))
    for begins in (-40, -3, 2, 40):
        other = Interval(NOW + timedelta(days=begins), NOW + timedelta(days=begins + 9))
        assert finals(value, SPAN, other) == (coverage.final(value, SPAN), coverage.final(value, other))
