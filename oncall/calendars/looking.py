"""A calendar elsewhere, looked at: fetched, read, and its people found. Nothing is stored here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from accounts.models import Role, User
from lib.intervals import Interval
from oncall.calendars.apart import SECONDS, read_apart
from oncall.calendars.events import Event, Problem, Trouble, Unreadable
from oncall.calendars.fetching import TIMEOUT, Copy, FetchFailed, fetch
from oncall.calendars.people import Directory, Known, Shift, shifts
from oncall.calendars.words import words

BEFORE = timedelta(days=30)
AHEAD = timedelta(days=400)
NEXT = timedelta(days=90)

Span = TypeVar("Span", Event, Shift)


@dataclass(frozen=True, slots=True)
class Found:
    """What a calendar says now. `shifts` are of the people whom its events name, `busy` the events that take
    somebody's time, whoever they name."""

    copy: Copy
    name: str
    events: tuple[Event, ...]
    shifts: tuple[Shift, ...]
    busy: tuple[Event, ...]
    shift_problems: tuple[Problem, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The next 90 days of a calendar in figures: shifts, their people, events that name nobody, times away."""

    shifts: int
    people: tuple[int, ...]
    nobody: int
    away: int


def look(
    url: str,
    zone: ZoneInfo,
    now: datetime,
    *,
    etag: str = "",
    last_modified: str = "",
    timeout: float = TIMEOUT,
    patience: float = SECONDS,
) -> Found | None:
    """Fetch and read the calendar; None when it still has these marks. `zone` is for times that name none.

    `timeout` bounds each request, `patience` the reading, in seconds. Raises FetchFailed, with a reason for people.
    """
    copy = fetch(url, etag=etag, last_modified=last_modified, timeout=timeout)
    if copy is None:
        return None
    try:
        reading = read_apart(copy.body, Interval(now - BEFORE, now + AHEAD), zone, patience)
    except Unreadable as error:
        raise FetchFailed(words(error.trouble)) from error
    found, problems = shifts(reading.events, directory())
    busy = tuple(each for each in reading.events if each.busy)
    return Found(copy, reading.name, reading.events, tuple(found), busy, tuple(problems), reading.problems)


def directory() -> Directory:
    """Everybody, in one query: those who cannot be paged are known by name, so that it can be said."""
    rows = User.objects.values_list("id", "name", "email", "is_active", "role")
    return Directory(
        Known(pk, name, email, is_active and role != Role.VIEWER) for pk, name, email, is_active, role in rows
    )


def summary(found: Found, now: datetime) -> Summary:
    """What to show before somebody adds the calendar."""
    soon = list(_soon(found.shifts, now))
    unnamed = {each.event for each in found.shift_problems if each.trouble is Trouble.NOBODY}
    return Summary(
        shifts=len({each.uid for each in soon}),
        people=tuple(dict.fromkeys(each.person for each in soon)),
        nobody=sum(each.title in unnamed for each in _soon(found.events, now)),
        away=sum(1 for _each in _soon(found.busy, now)),
    )


def _soon(spans: Iterable[Span], now: datetime) -> Iterator[Span]:
    return (each for each in spans if each.start < now + NEXT and now < each.end)
