"""Quiet hours on the person's own clock, over changes of the clocks, against an oracle that steps through minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.quieting import Quiet, released

NIGHT = Quiet(time(22), time(7))
BERLIN = "Europe/Berlin"


def at(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-03-10 21:59", "2026-03-10 21:59"),
        ("2026-03-10 22:00", "2026-03-11 07:00"),
        ("2026-03-11 06:59", "2026-03-11 07:00"),
        ("2026-03-11 07:00", "2026-03-11 07:00"),
        ("2026-03-28 23:00", "2026-03-29 07:00"),
        ("2026-10-24 23:00", "2026-10-25 07:00"),
    ],
)
def test_a_night_ends_at_the_same_wall_time_also_when_clocks_change(moment: str, end: str) -> None:
    assert released(at(moment), NIGHT, BERLIN) == at(end)


def test_a_quiet_weekend_is_one_stretch_with_the_nights_around_it() -> None:
    quiet = Quiet(time(22), time(7), weekends=True)
    assert released(at("2026-03-13 23:30"), quiet, BERLIN) == at("2026-03-16 07:00")
    assert released(at("2026-03-14 12:00"), quiet, BERLIN) == at("2026-03-16 07:00")


def test_without_quiet_hours_nothing_waits() -> None:
    assert released(at("2026-03-10 23:00"), None, BERLIN) == at("2026-03-10 23:00")


def _is_quiet(moment: datetime, quiet: Quiet, zone: ZoneInfo) -> bool:
    local = moment.astimezone(zone)
    if quiet.weekends and local.weekday() >= 5:
        return True
    wall = local.time()
    if quiet.starts < quiet.ends:
        return quiet.starts <= wall < quiet.ends
    return wall >= quiet.starts or wall < quiet.ends


# Where the clocks change, a stretch that begins or ends inside the missing or doubled hour has its own documented
# answer; everywhere else stepping through minutes must say the same.
@given(
    day=st.dates(date(2026, 1, 1), date(2026, 3, 20)),
    minute=st.integers(0, 1439),
    starts=st.integers(0, 47),
    length=st.integers(1, 47),
    weekends=st.booleans(),
    zone=st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "Pacific/Chatham", "UTC", "Asia/Tokyo"]),
)
def test_it_agrees_with_stepping_through_minutes(
    day: date, minute: int, starts: int, length: int, weekends: bool, zone: str
) -> None:
    walls = [time(half // 2, 30 * (half % 2)) for half in (starts, (starts + length) % 48)]
    quiet = Quiet(walls[0], walls[1], weekends)
    moment = datetime.combine(day, time(minute // 60, minute % 60), UTC)
    stepped = moment
    for _ in range(5 * 1440):
        if not _is_quiet(stepped, quiet, ZoneInfo(zone)):
            break
        stepped += timedelta(minutes=1)
    found = released(moment, quiet, zone)
    if stepped - moment < timedelta(days=2):
        assert found == stepped
