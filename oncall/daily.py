"""Who is on call day by day, in words: days on which nothing changes are told together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage, timeline
from oncall.rotation import Segment

MOST_DAYS, MOST_PARTS = 14, 6
"""So many days are told at once; a day with more parts than that is told as turns."""
People = tuple[User, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of a day, or of several days in a row; nobody is a gap. `starts_inside` and `ends_inside` say that it
    does not begin or end with the day. With a `count` above 1 it is the whole day with that many turns."""

    start: datetime
    end: datetime
    people: People = ()
    seconds: People = ()
    starts_inside: bool = False
    ends_inside: bool = False
    count: int = 1
    is_over: bool = False
    is_thin: bool = False

    @property
    def is_whole(self) -> bool:
        return not (self.starts_inside or self.ends_inside)

    @property
    def query(self) -> str:
        """The stretch as the page for a new override takes it."""
        return f"from={self.start:%Y-%m-%dT%H:%MZ}&until={self.end:%Y-%m-%dT%H:%MZ}"


@dataclass(frozen=True, slots=True)
class Entry:
    """From `first` to `last`, both included."""

    first: date
    last: date
    parts: tuple[Part, ...]
    is_today: bool = False

    @property
    def is_over(self) -> bool:
        return all(part.is_over for part in self.parts)


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns a final schedule into entries. `wants_secondary` says that one person at a time is too few."""

    people: Mapping[int, User]
    now: datetime
    wants_secondary: bool = False

    def entries(self, segments: Iterable[Segment], days: Sequence[timeline.Day]) -> list[Entry]:
        """The days with who is on call in the segments, which are ordered and disjoint."""
        plain = coverage.merge(replace(each, source="", shadow=()) for each in segments)
        found: list[Entry] = []
        for day in days:
            entry = self._entry(plain, day)
            if found and _say_the_same(found[-1], entry):
                entry = _longer(found.pop(), entry)
            found.append(entry)
        return found

    def _entry(self, segments: Sequence[Segment], day: timeline.Day) -> Entry:
        parts = tuple(self._parts(segments, day))
        if len(parts) > MOST_PARTS:
            parts = (self._turns(parts, day),)
        return Entry(day.date, day.date, parts, day.start <= self.now < day.end)

    def _parts(self, segments: Sequence[Segment], day: timeline.Day) -> Iterator[Part]:
        inside = list(timeline.cut(segments, Interval(day.start, day.end)))
        edges = [day.start, *(edge for each in inside for edge in (each.start, each.end)), day.end]
        standing = {each.start: each for each in inside}
        for start, end in pairwise(edges):
            if start < end:
                yield self._part(standing.get(start, Segment(start, end, (), "")), day)

    def _part(self, segment: Segment, day: timeline.Day) -> Part:
        seconds = self._named(segment.secondary)
        return Part(
            segment.start,
            segment.end,
            self._named(segment.people),
            seconds,
            segment.start > day.start,
            segment.end < day.end,
            is_over=segment.end <= self.now,
            is_thin=self.wants_secondary and bool(segment.people) and not seconds,
        )

    def _turns(self, parts: Sequence[Part], day: timeline.Day) -> Part:
        """Many parts told as one; a gap among them stays a gap that is drawn and counted elsewhere."""
        people = dict.fromkeys(person for part in parts for person in part.people)
        return Part(day.start, day.end, tuple(people), count=len(parts), is_over=parts[-1].is_over)

    def _named(self, ids: Iterable[int]) -> People:
        return tuple(self.people[each] for each in ids if each in self.people)


def _say_the_same(first: Entry, second: Entry) -> bool:
    """Whole days with the same people; today stands by itself, so that it is found."""
    if first.is_today or second.is_today or first.is_over != second.is_over:
        return False
    before, after = first.parts[0], second.parts[0]
    if len(first.parts) > 1 or len(second.parts) > 1 or not (before.is_whole and after.is_whole):
        return False
    return (before.people, before.seconds, before.count) == (after.people, after.seconds, after.count)


def _longer(first: Entry, second: Entry) -> Entry:
    part = replace(first.parts[0], end=second.parts[0].end)
    return Entry(first.first, second.last, (part,))
