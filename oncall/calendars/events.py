"""What a calendar says, before anybody knows which people it means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Trouble(StrEnum):
    """Why an event, or a whole calendar, cannot be used; oncall.calendars.words says it to people."""

    NOT_A_CALENDAR = "not_a_calendar"
    WEB_PAGE = "web_page"
    TOO_MANY = "too_many"
    TOO_SLOW = "too_slow"
    BROKEN = "broken"
    NO_START = "no_start"
    NO_LENGTH = "no_length"
    BACKWARDS = "backwards"
    TOO_OFTEN = "too_often"
    UNKNOWN_ZONE = "unknown_zone"
    NOBODY = "nobody"
    SEVERAL = "several"
    NOT_A_RESPONDER = "not_a_responder"


class Unreadable(Exception):
    """Nothing of the calendar can be used."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Problem:
    """One event that was left out, or read with a guess. `event` is its title, `detail` what is odd about it."""

    trouble: Trouble
    event: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence, from `start` until just before `end` (UTC). `uid` is of the occurrence, not of its series.

    `attendees` and `organizer` are e-mail addresses in lower case, without whoever declined. `role` is what a
    calendar of Tocsin's own says about it, empty in others.
    """

    uid: str
    start: datetime
    end: datetime
    title: str = ""
    attendees: tuple[str, ...] = ()
    organizer: str = ""
    busy: bool = True
    role: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a calendar says: its own name, its events by start, and what could not be understood."""

    name: str
    events: tuple[Event, ...]
    problems: tuple[Problem, ...] = ()
