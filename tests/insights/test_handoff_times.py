"""When somebody takes over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from insights.handoff_times import Handoff, handoffs, may_have
from lib.intervals import Interval
from oncall.coverage import Override, Schedule
from oncall.rotation import Layer, Restriction, Role, Turn, Unit

MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta.resolution


def layer(people: tuple[int, ...], unit: str = "weeks", role: Role = Role.PRIMARY, **more: object) -> Layer:
    return Layer(
        1,
        people,
        "UTC",
        MONDAY.replace(tzinfo=None),
        Turn(1, Unit(unit)),
        role=role,
        **more,  # type: ignore[arg-type]
    )


def found(schedule: Schedule, start: datetime, end: datetime) -> list[Handoff]:
    return handoffs(7, schedule, Interval(start, end))


def test_a_weekly_turn_is_handed_over_once() -> None:
    weekly = Schedule((layer((1, 2)),))
    assert found(weekly, MONDAY + 6 * DAY, MONDAY + 8 * DAY) == [
        Handoff(7, MONDAY, MONDAY + 7 * DAY, (1,), (2,))
    ]
    assert found(weekly, MONDAY + DAY, MONDAY + 2 * DAY) == []


def test_a_look_holds_its_end_and_not_its_start() -> None:
    weekly = Schedule((layer((1, 2)),))
    handed = MONDAY + 7 * DAY
    assert len(found(weekly, handed - DAY, handed + TICK)) == 1
    assert found(weekly, handed, handed + DAY) == []
    assert not may_have(weekly, Interval(handed, handed + DAY))
    assert may_have(weekly, Interval(handed - DAY, handed + TICK))


def test_somebody_who_follows_themselves_takes_nothing_over() -> None:
    assert found(Schedule((layer((1, 1)),)), MONDAY + 6 * DAY, MONDAY + 8 * DAY) == []


def test_a_gap_ends_nobodys_shift() -> None:
    """Working hours, Ada until Monday, then Ben: at night nobody is on call, and only Monday is a hand-off."""
    hours = (Restriction(MONDAY.time().replace(tzinfo=None), timedelta(hours=8)),)
    schedule = Schedule((layer((1, 2), restrictions=hours),))
    assert found(schedule, MONDAY + 5 * DAY, MONDAY + 9 * DAY) == [
        Handoff(7, MONDAY, MONDAY + 7 * DAY, (1,), (2,))
    ]


def test_the_first_shift_takes_over_from_nobody() -> None:
    assert found(Schedule((layer((1, 2), start=MONDAY),)), MONDAY - DAY, MONDAY + DAY) == []


def test_an_override_hands_over_and_back() -> None:
    override = Override(3, MONDAY + DAY, MONDAY + 2 * DAY, 5, 1)
    handed = found(Schedule((layer((1, 2)),), (override,)), MONDAY, MONDAY + 3 * DAY)
    assert [(each.since, each.outgoing, each.incoming) for each in handed] == [
        (MONDAY, (1,), (5,)),
        (MONDAY + DAY, (5,), (1,)),
    ]


def test_only_those_who_come_are_newcomers() -> None:
    schedule = Schedule((layer((1, 2)), layer((2, 3), role=Role.SECONDARY)))
    [handed] = found(schedule, MONDAY + 6 * DAY, MONDAY + 8 * DAY)
    assert (handed.outgoing, handed.incoming, handed.newcomers) == ((1, 2), (2, 3), (3,))


def test_two_who_change_places_hand_over_but_nobody_comes() -> None:
    schedule = Schedule((layer((1, 2)), layer((2, 1), role=Role.SECONDARY)))
    [handed] = found(schedule, MONDAY + 6 * DAY, MONDAY + 8 * DAY)
    assert handed.newcomers == ()
