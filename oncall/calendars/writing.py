"""Shifts as an iCalendar file that programs subscribe to. Pure: the same entries give the same bytes.

One event a shift and no recurrences, times in UTC: there is nothing for a program to get wrong across changes of
clocks. DTSTAMP is when a shift was last changed, never now, or every copy would look new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vDuration, vUri

REFRESHED = timedelta(hours=1)
_FORM = "1"
"""Part of every tag: raise it whenever the same entries come out as other bytes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A shift as a calendar is told of it. `sequence` and `modified` go up together, a cancelled one keeps its
    times."""

    uid: str
    sequence: int
    start: datetime
    end: datetime
    title: str
    role: str
    created: datetime
    modified: datetime
    cancelled: bool = False
    description: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """A calendar: its name, the zone that programs may show it in, and its entries by start."""

    name: str
    zone: str
    entries: tuple[Entry, ...]


def tag(book: Book) -> str:
    """What changes exactly when the file does: for a strong ETag, without writing the file."""
    return hashlib.sha256(f"{_FORM}{book!r}".encode()).hexdigest()[:40]


def modified(book: Book, default: datetime) -> datetime:
    """When something in it was last changed; `default` while it is empty."""
    return max((each.modified for each in book.entries), default=default)


def write(book: Book) -> bytes:
    """The file: CRLF at the ends of lines, which are folded at 75 octets."""
    calendar = Calendar()
    calendar.add("prodid", "-//Tocsin//On call//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, book.name)
    calendar.add("x-wr-timezone", book.zone)
    # add() would take the timedelta and lose that its value is a duration, which this property has to say.
    calendar["REFRESH-INTERVAL"] = vDuration(REFRESHED, {"VALUE": "DURATION"})
    calendar["X-PUBLISHED-TTL"] = vDuration(REFRESHED)
    for event in _events(book.entries):
        calendar.add_component(event)
    return bytes(calendar.to_ical(sorted=False))


def _events(entries: Iterable[Entry]) -> Iterable[Event]:
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        for name, moment in (
            ("dtstamp", entry.modified),
            ("created", entry.created),
            ("last-modified", entry.modified),
            ("dtstart", entry.start),
            ("dtend", entry.end),
        ):
            event.add(name, moment.astimezone(UTC).replace(microsecond=0))
        event.add("sequence", entry.sequence)
        event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
        event.add("summary", entry.title)
        if entry.description:
            event.add("description", entry.description)
        if entry.url:
            event["URL"] = vUri(entry.url)
        # Being on call for a week must not make somebody look busy for a week.
        event.add("transp", "TRANSPARENT")
        event.add("x-microsoft-cdo-busystatus", "FREE")
        event.add("x-tocsin-role", entry.role)
        yield event
