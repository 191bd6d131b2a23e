"""An iCalendar file as events. Pure: bytes and a window of time in, events and problems out.

Recurrences, their exceptions and their moved instances are worked out by recurring-ical-events, names of zones by
icalendar (tz database, Windows names, VTIMEZONE). What is decided here:

- times without a zone and whole days are in the calendar's zone (X-WR-TIMEZONE), else in the zone that is given;
- an event keeps its local times across changes of clocks, as long as it does on the wall clock;
- cancelled events are left out, those without length are left out and told;
- one bad event never costs the others.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any

import x_wr_timezone
from icalendar import Calendar, Component, vDDDTypes, vRecur
from icalendar.timezone import tzp
from recurring_ical_events import EventAdapter, Series

from lib.intervals import Interval
from oncall.calendars.events import Event, Problem, Reading, Trouble, Unreadable

MOST_COMPONENTS = 20_000
MOST_EVENTS = 5_000
MOST_OF_A_SERIES = 2_000
MOST_SLOW = 3
LONGEST_TITLE = 300
LONGEST_UID = 500
MOST_ATTENDEES = 50

_DAY = timedelta(days=1)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_NEVER_A_SHIFT = frozenset({"SECONDLY", "MINUTELY"})
_FREE = frozenset({"FREE", "WORKINGELSEWHERE"})
# What icalendar, recurring-ical-events and dateutil raise for what people's tools write.
_MALFORMED = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)

# Control characters but for white space, and the marks that make text read as something else.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")

Patience = Callable[[], AbstractContextManager[None]]


class TooSlow(Exception):
    """Raised from outside, by `patience`, when one series of events takes too long."""


def read(body: bytes, window: Interval, zone: tzinfo, patience: Patience = nullcontext) -> Reading:
    """The events that touch the window. `zone` is for times without one in a calendar that names none.

    `patience` makes a context manager around the work on each series, which may raise TooSlow in it. Raises
    Unreadable. Definitions of zones in the file are kept by icalendar for the process: they are forgotten here first,
    so do not call it in two threads at once (oncall.calendars.apart runs it in a process of its own).
    """
    calendars = _parsed(body)
    events: list[Event] = []
    problems: list[Problem] = []
    for calendar in calendars:
        for found in _read_one(calendar, window, zone, patience):
            if isinstance(found, Problem):
                problems.append(found)
            else:
                events.append(found)
            _check_bounds(events, problems)
    events.sort(key=lambda each: (each.start, each.end, each.uid))
    return Reading(_text(calendars[0], "X-WR-CALNAME")[:80], tuple(events), tuple(problems))


def _check_bounds(events: list[Event], problems: list[Problem]) -> None:
    if len(events) > MOST_EVENTS:
        raise Unreadable(Trouble.TOO_MANY)
    if sum(each.trouble is Trouble.TOO_SLOW for each in problems[-MOST_SLOW - 1 :]) > MOST_SLOW:
        raise Unreadable(Trouble.TOO_SLOW)


def _parsed(body: bytes) -> list[Component]:
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    if body[:1] == b"<":
        raise Unreadable(Trouble.WEB_PAGE)
    if b"BEGIN:VCALENDAR" not in body.upper():
        raise Unreadable(Trouble.NOT_A_CALENDAR)
    if body.upper().count(b"BEGIN:VEVENT") > MOST_COMPONENTS:
        raise Unreadable(Trouble.TOO_MANY)
    tzp.use_zoneinfo()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: list[Component] = [
                each for each in Calendar.from_ical(body, multiple=True) if each.name == "VCALENDAR"
            ]
    except _MALFORMED as error:
        raise Unreadable(Trouble.BROKEN) from error
    if not found:  # it broke off before its end
        raise Unreadable(Trouble.BROKEN)
    return found


def _read_one(
    calendar: Component, window: Interval, zone: tzinfo, patience: Patience
) -> Iterator[Event | Problem]:
    yield from _unknown_zones(calendar)
    own = _zone_of(calendar)
    if own is not None:
        calendar = x_wr_timezone.to_standard(calendar, timezone=own)
    elif _text(calendar, "X-WR-TIMEZONE"):
        yield Problem(Trouble.UNKNOWN_ZONE, "", _text(calendar, "X-WR-TIMEZONE")[:100])
    for series in _series(calendar):
        yield from _read_series(series, window, own or zone, patience)


def _zone_of(calendar: Component) -> tzinfo | None:
    """The zone that the calendar says it is in, by whatever name."""
    name = _text(calendar, "X-WR-TIMEZONE")
    if not name:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: tzinfo | None = tzp.timezone(name)
    return found


def _unknown_zones(calendar: Component) -> Iterator[Problem]:
    """Each zone that events name and nobody knows, once: their times are read as if they named none."""
    told = set()
    for event in _events(calendar):
        start = event.get("DTSTART")
        if not isinstance(start, vDDDTypes) or not isinstance(start.dt, datetime):
            continue
        name = str(start.params.get("TZID", ""))
        if name and start.dt.tzinfo is None and name not in told:
            told.add(name)
            yield Problem(Trouble.UNKNOWN_ZONE, _title(event), name[:100])


def _events(calendar: Component) -> Iterator[Component]:
    return (each for each in calendar.subcomponents if each.name == "VEVENT")


def _series(calendar: Component) -> Iterable[list[Component]]:
    """Events that belong together: a series, with the instances of it that were changed."""
    found: dict[str, list[Component]] = {}
    for index, event in enumerate(_events(calendar)):
        found.setdefault(_text(event, "UID") or f"without-uid-{index}", []).append(event)
    return found.values()


def _read_series(
    series: list[Component], window: Interval, zone: tzinfo, patience: Patience
) -> Iterator[Event | Problem]:
    title = _title(series[0])
    trouble = _trouble_of(series)
    if trouble:
        yield Problem(trouble, title)
        return
    try:
        with patience():
            found = list(islice(_instances(series, window, zone), MOST_OF_A_SERIES + 1))
    except TooSlow:
        yield Problem(Trouble.TOO_SLOW, title)
    except _MALFORMED:
        yield Problem(Trouble.BROKEN, title)
    else:
        yield from found if len(found) <= MOST_OF_A_SERIES else [Problem(Trouble.TOO_OFTEN, title)]


def _trouble_of(series: list[Component]) -> Trouble | None:
    """What can be said without working out when it happens."""
    if not all(isinstance(each.get("DTSTART"), vDDDTypes) for each in series):
        return Trouble.NO_START
    rules = [rule for each in series for rule in _listed(each.get("RRULE")) if isinstance(rule, vRecur)]
    if any(_NEVER_A_SHIFT & {str(word).upper() for word in _listed(rule.get("FREQ"))} for rule in rules):
        return Trouble.TOO_OFTEN
    return None


def _instances(series: list[Component], window: Interval, zone: tzinfo) -> Iterator[Event | Problem]:
    """What happens of a series in the window. Asked a day wider, since whole days have no zone yet."""
    for occurrence in Series([EventAdapter(each) for each in series]).between(
        window.start - _DAY, window.end + _DAY
    ):
        event = occurrence.as_component(keep_recurrence_attributes=False)
        if _text(event, "STATUS").upper() == "CANCELLED":
            continue
        start, end = (_instant(_moment(event, name), zone) for name in ("DTSTART", "DTEND"))
        if end <= start:
            yield Problem(Trouble.NO_LENGTH if end == start else Trouble.BACKWARDS, _title(event))
        elif start < window.end and window.start < end:
            yield _event(event, start, end)


def _event(event: Component, start: datetime, end: datetime) -> Event:
    return Event(
        uid=_uid(event),
        start=start,
        end=min(end, _LATEST),
        title=_title(event),
        attendees=tuple(islice(_attendees(event), MOST_ATTENDEES)),
        organizer=_address(next(iter(_listed(event.get("ORGANIZER"))), "")),
        busy=_is_busy(event),
        role=_text(event, "X-TOCSIN-ROLE").lower(),
    )


def _uid(event: Component) -> str:
    """The series' own UID and which instance of it; a digest where that is too long to be kept."""
    instance = _moment(event, "RECURRENCE-ID")
    if isinstance(instance, datetime) and instance.tzinfo is not None:
        instance = instance.astimezone(UTC)
    series = _text(event, "UID") or hashlib.sha256(_title(event).encode()).hexdigest()
    uid = f"{series}/{instance.isoformat()}"
    return uid if len(uid) <= LONGEST_UID else hashlib.sha256(uid.encode()).hexdigest()


def _instant(value: date, zone: tzinfo) -> datetime:
    """By the rule of lib.intervals: a missing time is shifted forward, of a repeated one it is the first."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=0)).astimezone(UTC)


def _is_busy(event: Component) -> bool:
    shown = _text(event, "X-MICROSOFT-CDO-BUSYSTATUS").upper()
    return _text(event, "TRANSP").upper() != "TRANSPARENT" and shown not in _FREE


def _attendees(event: Component) -> Iterator[str]:
    for each in _listed(event.get("ATTENDEE")):
        declined = str(getattr(each, "params", {}).get("PARTSTAT", "")).upper() == "DECLINED"
        if not declined and (address := _address(each)):
            yield address


def _address(value: object) -> str:
    scheme, _, address = str(value).strip().partition(":")
    return address.strip().lower()[:254] if scheme.lower() == "mailto" and "@" in address else ""


def _title(event: Component) -> str:
    return " ".join(_text(event, "SUMMARY").split())[:LONGEST_TITLE]


def _text(component: Component, name: str) -> str:
    """A property as text, without what has no place in a line of it; of one that is repeated the first."""
    return _UNSEEN.sub("", str(next(iter(_listed(component.get(name))), ""))).strip()


def _moment(event: Component, name: str) -> date:
    """A date or a datetime, of a property that is there and was understood."""
    value: Any = event[name]
    moment: date = value.dt
    return moment


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
