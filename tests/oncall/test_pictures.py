"""What is drawn of a schedule: which rows, which bars, and how wide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Team, User
from lib.intervals import Interval
from oncall import coverage, timeline
from oncall.bridge import schedule_of
from oncall.lanes import Bar, Lane, widened
from oncall.models import FeedPurpose, OverrideKind, Schedule
from oncall.pictures import Picture, board_of
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

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def crew(db: None) -> Team:
    return a_team()


@pytest.fixture
def schedule(crew: Team) -> Schedule:
    return a_schedule(crew)


@pytest.fixture
def ada(crew: Team) -> User:
    return a_person("Ada Ito", team=crew)


@pytest.fixture
def bo(crew: Team) -> User:
    return a_person("Bo Lund", team=crew)


def drawn(
    schedule: Schedule,
    first: date = MONDAY,
    count: int = 14,
    zone: ZoneInfo = UTC_ZONE,
    now: datetime = NOW,
) -> Picture:
    span = timeline.days_from(first, count, zone)
    value = schedule_of(schedule, widened(span))
    return board_of(schedule, value, coverage.final(value, widened(span)), span, zone, now).picture


def lane(picture: Picture, label: str) -> Lane:
    [found] = [each for each in picture.lanes if each.label == label]
    return found


def said(bars: Sequence[Bar]) -> list[tuple[str, datetime, datetime]]:
    return [(bar.names, bar.start, bar.end) for bar in bars]


def test_who_is_on_call_comes_first_then_overrides_then_layers_from_the_highest(
    schedule: Schedule, ada: User, bo: User
) -> None:
    a_layer(schedule, [ada], name="Low")
    a_layer(schedule, [bo], name="High", role="secondary")
    a_layer(schedule, [bo], name="Learner", role="shadow")
    an_override(schedule, bo, NOW, 4, reason="Dentist")
    picture = drawn(schedule)
    labels = [each.label for each in picture.lanes]
    assert labels == ["On call", "Secondary", "Overrides", "Learner", "High", "Low"]
    notes = {each.label: each.note for each in picture.lanes}
    assert (notes["Learner"], notes["High"], notes["Low"]) == ("Told, not waited for", "Secondary", "")


def test_bars_keep_their_own_ends_beyond_what_is_drawn(schedule: Schedule, ada: User, bo: User) -> None:
    a_layer(schedule, [ada, bo])
    picture = drawn(schedule)
    first, second, third = picture.lanes[0].bars
    assert first.start == datetime(2026, 11, 16, 9, tzinfo=UTC)
    assert third.end == datetime(2026, 12, 7, 9, tzinfo=UTC)
    assert second.words == "Ada Ito, Mon 23 Nov 09:00 – Mon 30 Nov 09:00 (Layer 1)"
    assert first.place.x == "0"
    assert float(third.place.x) + float(third.place.width) == pytest.approx(100)


def test_a_shift_without_a_known_end_does_not_invent_one(schedule: Schedule, ada: User) -> None:
    a_layer(schedule, [ada])
    [bar] = drawn(schedule).lanes[0].bars
    assert bar.words == "Ada Ito, … – … (Layer 1)"
    assert "from=2026-11-23T00:00Z&until=2026-12-07T00:00Z" in bar.query


def test_gaps_are_drawn_from_now_on_and_lead_to_their_own_time(schedule: Schedule, ada: User) -> None:
    layer = a_layer(schedule, [ada])
    a_window(layer, time(9), 24)
    a_window(layer, time(0), 9)
    layer.restrictions.filter(start=time(0)).delete()
    layer.ends_at = NOW + 2 * DAY
    layer.save()
    final = drawn(schedule).lanes[0]
    [gap] = final.gaps
    assert (gap.start, gap.end) == (NOW + 2 * DAY, datetime(2026, 12, 7, tzinfo=UTC))
    assert gap.words.startswith("Nobody is on call, Fri 27 Nov 12:00")
    assert drawn(schedule, now=NOW + 30 * DAY).lanes[0].gaps == ()


def test_a_secondary_that_is_wanted_and_missing_is_drawn(schedule: Schedule, ada: User, bo: User) -> None:
    schedule.wants_secondary = True
    schedule.save()
    a_layer(schedule, [ada])
    assert [bar.kind for bar in lane(drawn(schedule), "Secondary").gaps] == ["thin"]
    second = a_layer(schedule, [bo], role="secondary", ends_at=NOW + 4 * DAY)
    [thin] = lane(drawn(schedule), "Secondary").gaps
    assert thin.start == second.ends_at
    [bar] = lane(drawn(schedule), "Secondary").bars
    assert bar.replaces == bo.pk
    assert "thin" in drawn(schedule).kinds


def test_a_layer_and_what_goes_on_from_it_share_a_row(schedule: Schedule, ada: User, bo: User) -> None:
    old = a_layer(schedule, [ada], name="Weekly", ends_at=NOW, replaced_at=NOW, zone="UTC")
    a_layer(schedule, [bo], name="Every week", position=4, starts_at=NOW, continues=old)
    picture = drawn(schedule)
    assert [each.label for each in picture.lanes] == ["On call", "Every week"]
    names = [bar.names for bar in lane(picture, "Every week").bars]
    assert names[0] == "Ada Ito"
    assert names[-1] == "Bo Lund"


def test_a_layer_that_nothing_goes_on_from_is_drawn_at_its_place_or_by_itself(
    schedule: Schedule, ada: User, bo: User
) -> None:
    ended = {"ends_at": NOW, "replaced_at": NOW, "zone": "UTC"}
    a_layer(schedule, [ada], name="Before", position=0, **ended)
    a_layer(schedule, [bo], name="After", position=0, starts_at=NOW)
    assert [each.label for each in drawn(schedule).lanes] == ["On call", "After"]
    overlapping = a_layer(schedule, [ada], name="Gone", position=1, **ended)
    a_layer(schedule, [bo], name="Moved down", position=1, starts_at=NOW - 9 * DAY)
    assert [each.label for each in drawn(schedule).lanes] == ["On call", "Moved down", "Gone", "After"]
    later = overlapping.ends_at.date() + 14 * DAY if overlapping.ends_at else MONDAY
    assert "Gone" not in [each.label for each in drawn(schedule, later).lanes]


def test_calendars_have_rows_of_their_own(schedule: Schedule, ada: User, bo: User) -> None:
    a_layer(schedule, [ada], name="Weekly")
    below, above = a_feed(schedule, name="Below"), a_feed(schedule, FeedPurpose.OVERRIDES, name="Above")
    a_feed_shift(below, bo, NOW, 4)
    a_feed_shift(above, bo, NOW + DAY, 4)
    a_feed_shift(above, ada, NOW + DAY, 4, level=1)
    a_feed(schedule, name="Without events")
    picture = drawn(schedule)
    assert [each.label for each in picture.lanes] == ["On call", "Above", "Weekly", "Below"]
    assert lane(picture, "Above").note == "Calendar"
    assert said(lane(picture, "Above").bars) == [("Ada Ito", NOW + DAY, NOW + DAY + 4 * HOUR)]


def test_overrides_at_the_same_time_are_drawn_below_each_other(
    schedule: Schedule, ada: User, bo: User
) -> None:
    a_layer(schedule, [ada])
    an_override(schedule, bo, NOW, 10, replaces=ada)
    an_override(schedule, bo, NOW + 5 * HOUR, 10, kind=OverrideKind.REMOVE)
    an_override(schedule, bo, NOW + 12 * HOUR, 10, kind=OverrideKind.ADD, reason="Release")
    first, second = [each for each in drawn(schedule).lanes if each.label == "Overrides"]
    assert [bar.cause for bar in first.bars] == ["for Ada Ito", "is on call too: Release"]
    assert [bar.kind for bar in second.bars] == ["away"]


def test_a_quarter_of_hours_is_not_drawn_hour_by_hour(schedule: Schedule, ada: User, bo: User) -> None:
    for _ in range(3):
        a_layer(schedule, [ada, bo], turn_unit="hours", turn_length=1)
    picture = drawn(schedule, count=91)
    bars = picture.lanes[0].bars
    assert len(bars) <= 15
    assert sum(bar.count for bar in bars) >= 91 * 24
    assert {bar.names for bar in bars[1:-1]} == {"Ada Ito, Bo Lund"}
    assert all(bar.is_mixed for bar in bars)
    assert bars[3].words.startswith("Ada Ito, Bo Lund: 168 shifts, Mon 14 Dec")
    assert sum(len(each.bars) for each in picture.lanes) < 80


def test_many_short_gaps_stay_in_sight(schedule: Schedule, ada: User) -> None:
    layer = a_layer(schedule, [ada])
    for day in range(7):
        a_window(layer, time(1), 23, day)
    final = drawn(schedule, count=91).lanes[0]
    assert sum(gap.count for gap in final.gaps) == 88
    assert all(float(gap.place.width) >= 0.4 for gap in final.gaps)


def test_a_day_of_25_hours_is_wider_and_hand_offs_stay_at_nine(crew: Team, ada: User, bo: User) -> None:
    schedule = a_schedule(crew, zone="Europe/Berlin")
    a_layer(schedule, [ada, bo], turn_unit="days", first_handoff_date=date(2026, 10, 19))
    picture = drawn(schedule, date(2026, 10, 19), zone=BERLIN, now=datetime(2026, 10, 20, tzinfo=UTC))
    widths = {each.date.isoformat(): float(each.place.width) for each in picture.days}
    assert widths["2026-10-25"] == pytest.approx(widths["2026-10-24"] * 25 / 24, rel=1e-4)
    assert picture.span.length == 14 * DAY + HOUR
    turns = {bar.start.astimezone(BERLIN).time() for bar in picture.lanes[1].bars[1:]}
    assert turns == {time(9)}
    saturday = next(
        bar for bar in picture.lanes[0].bars if bar.start == datetime(2026, 10, 24, 7, tzinfo=UTC)
    )
    assert saturday.end - saturday.start == 25 * HOUR
    assert saturday.words.endswith("Sat 24 Oct 09:00 – Sun 25 Oct 09:00 (Layer 1)")


def test_labels_are_the_most_that_fits(schedule: Schedule, ada: User, bo: User) -> None:
    a_layer(schedule, [ada, bo], turn_unit="days")
    two_weeks, quarter = drawn(schedule), drawn(schedule, count=91)
    assert {bar.label for bar in two_weeks.lanes[0].bars[1:-1]} == {"Ada", "Bo"}
    assert {bar.label for bar in quarter.lanes[0].bars} == {""}


def test_somebody_who_left_leaves_no_bar_behind(schedule: Schedule, ada: User, bo: User) -> None:
    a_layer(schedule, [ada, bo])
    bo.is_active = False
    bo.save()
    assert {bar.names for bar in drawn(schedule).lanes[0].bars} == {"Ada Ito"}


@pytest.mark.parametrize("count", [14, 35, 91])
def test_the_axis_names_days_or_weeks(schedule: Schedule, count: int) -> None:
    picture = drawn(schedule, count=count)
    assert len(picture.axis) == (14 if count == 14 else count // 7)
    assert picture.is_by_day is (count == 14)
    assert Interval(picture.span.start, picture.span.end).contains(NOW)
