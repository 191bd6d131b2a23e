"""What is offered, read back by programs that we did not write and by our own reader, is the final schedule."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from icalendar import Calendar

from accounts.models import Team, User
from lib.intervals import Interval
from oncall import actions
from oncall.calendars.links import book_of
from oncall.calendars.looking import directory
from oncall.calendars.people import shifts
from oncall.calendars.reading import read
from oncall.calendars.writing import write
from oncall.models import LayerRole, Override, Restriction, Schedule
from oncall.queries import final_schedule
from tests.making import make_user
from tests.oncall.making import a_layer

DAY = timedelta(days=1)
Span = tuple[datetime, datetime, str]


@pytest.fixture
def rota(team: Team) -> Schedule:
    return Schedule.objects.create(team=team, name="Zahlungen: primär, nachts", time_zone="Europe/Berlin")


@pytest.fixture
def full(rota: Schedule, member: User, owner: User, stranger: User) -> Schedule:
    """Days of twelve hours by turns, nights of one person, a weekend of two, secondaries; over changes of clocks."""
    started = {"starts_at": datetime(2026, 1, 1, tzinfo=UTC), "first_handoff_date": date(2026, 1, 5)}
    a_layer(rota, [owner], handoff_time=time(20), turn_unit="days", **started)
    days = a_layer(rota, [member, owner, stranger], handoff_time=time(8), turn_unit="days", **started)
    Restriction.objects.create(layer=days, start=time(8), duration=timedelta(hours=12))
    a_layer(rota, [stranger, member], handoff_time=time(9), role=LayerRole.SECONDARY, **started)
    return rota


@pytest.fixture(
    params=[datetime(2026, 3, 10, 12, tzinfo=UTC), datetime(2026, 10, 20, 12, tzinfo=UTC)], ids=str
)
def now(request: pytest.FixtureRequest) -> datetime:
    """Before clocks go forward, and before they go back."""
    moment: datetime = request.param
    return moment


@pytest.fixture
def file(full: Schedule, owner: User, member: User, now: datetime) -> bytes:
    saturday = now + timedelta(days=(5 - now.weekday()) % 7)
    Override.objects.create(
        schedule=full,
        user=make_user("Nina O’Neill; née Weiß"),
        kind="add",
        starts_at=saturday,
        ends_at=saturday + 2 * DAY,
        created_at=now,
    )
    link, _secret = actions.create_link(actor=member, now=now, schedule=full)
    return write(book_of(link, now))


def final(schedule: Schedule, window: Interval, *, secondary: bool = True) -> set[Span]:
    """The final schedule as one span for each person's time without a break, in one role: those that touch the window,
    however far they go beyond it."""
    found: dict[tuple[int, str], list[tuple[datetime, datetime]]] = {}
    for segment in final_schedule(schedule, window.start - 30 * DAY, window.end + 30 * DAY):
        roles = {"On call": segment.people, "Secondary": segment.secondary if secondary else ()}
        for role, person in ((role, each) for role, people in roles.items() for each in people):
            spans = found.setdefault((person, role), [])
            if spans and spans[-1][1] == segment.start:
                spans[-1] = (spans[-1][0], segment.end)
            else:
                spans.append((segment.start, segment.end))
    names = {user.pk: str(user) for user in User.objects.all()}
    return {
        (start, end, f"{role}: {schedule} — {names[person]}")
        for (person, role), spans in found.items()
        for start, end in spans
        if start < window.end and window.start < end
    }


def window_of(now: datetime) -> Interval:
    return Interval(now - 15 * DAY, now + 180 * DAY)


def test_recurring_ical_events_reads_the_final_schedule(file: bytes, full: Schedule, now: datetime) -> None:
    window = window_of(now)
    found = recurring_ical_events.of(Calendar.from_ical(file)).between(window.start, window.end)
    spans = {
        (each["DTSTART"].dt.astimezone(UTC), each["DTEND"].dt.astimezone(UTC), str(each["SUMMARY"]))
        for each in found
    }
    assert spans == final(full, window)
    assert len(spans) > 300


def test_khal_lists_the_final_schedule(
    file: bytes, full: Schedule, now: datetime, khal: Callable[..., str]
) -> None:
    window = window_of(now)
    khal("import", "--batch", "-a", "rota", "-", stdin=file)
    first, last = (f"{each:%d.%m.%Y}" for each in (window.start - 20 * DAY, window.end + 20 * DAY))
    fields = [f"--json={name}" for name in ("start-long-full", "end-long-full", "title")]
    listed = khal("list", "--once", *fields, first, last)
    spans = {
        (_utc(each["start-long-full"]), _utc(each["end-long-full"]), each["title"])
        for line in listed.splitlines()
        for each in json.loads(line)
    }
    assert spans == final(full, window)


def test_our_own_reader_gives_the_final_schedule_again(file: bytes, full: Schedule, now: datetime) -> None:
    window = window_of(now)
    reading = read(file, window, ZoneInfo("Asia/Kathmandu"))
    found, problems = shifts(reading.events, directory())
    assert (reading.problems, problems) == ((), [])
    names = {user.pk: str(user) for user in User.objects.all()}
    spans = {(each.start, each.end, f"On call: {full} — {names[each.person]}") for each in found}
    assert spans == final(full, window, secondary=False)


@pytest.fixture
def khal(tmp_path: Path) -> Callable[..., str]:
    """Run khal in a home of its own; what it prints."""
    config = tmp_path / "config"
    config.write_text(
        f"[calendars]\n[[rota]]\npath = {tmp_path}/rota\n"
        f"[sqlite]\npath = {tmp_path}/khal.db\n"
        "[locale]\nlocal_timezone = UTC\ndefault_timezone = UTC\ntimeformat = %H:%M\ndateformat = %d.%m.\n"
        "longdateformat = %d.%m.%Y\ndatetimeformat = %d.%m. %H:%M\nlongdatetimeformat = %d.%m.%Y %H:%M\n"
        "[default]\ndefault_calendar = rota\n"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}

    def run(command: str, *arguments: str, stdin: bytes = b"") -> str:
        asked = [sys.executable, "-m", "khal", "-c", str(config), command, *arguments]
        done = subprocess.run(
            asked, input=stdin, capture_output=True, env=environment, cwd=tmp_path, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run


def _utc(text: Any) -> datetime:
    return datetime.strptime(text, "%d.%m.%Y %H:%M").replace(tzinfo=UTC)
