"""What an edit of a schedule means: whose time becomes whose, and who has how many hours more or less. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from lib.intervals import Interval, subtract
from oncall.rotation import Segment

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Change:
    """From `start` until just before `end` other people are on call: `new` instead of `old`. Nobody is empty."""

    start: datetime
    end: datetime
    old: tuple[int, ...]
    new: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """How long one person is on call before and after."""

    person: int
    before: timedelta
    after: timedelta

    @property
    def more(self) -> timedelta:
        """Negative when it becomes less."""
        return self.after - self.before


def changes(before: Sequence[Segment], after: Sequence[Segment], span: Interval) -> tuple[Change, ...]:
    """When somebody else is on call than before, in order; both are ordered and disjoint, as `coverage.final` gives
    them. The order of people who are on call together counts for nothing, nor which layer they come from."""
    edges = sorted({span.start, span.end, *_edges(before, span), *_edges(after, span)})
    old, new = _Reader(before), _Reader(after)
    found: list[Change] = []
    for start, end in pairwise(edges):
        was, becomes = old.at(start), new.at(start)
        last = found[-1] if found else None
        if set(was) == set(becomes):
            continue
        if last and (last.end, last.old, last.new) == (start, was, becomes):
            found[-1] = Change(last.start, end, was, becomes)
        else:
            found.append(Change(start, end, was, becomes))
    return tuple(found)


def secondary(segments: Iterable[Segment]) -> list[Segment]:
    """The same time with the secondaries as its people, to compare them alike."""
    return [Segment(each.start, each.end, each.secondary, each.source) for each in segments if each.secondary]


def hours(segments: Iterable[Segment]) -> dict[int, timedelta]:
    """How long each person is on call; two at a time count both."""
    total: defaultdict[int, timedelta] = defaultdict(timedelta)
    for each in segments:
        for person in each.people:
            total[person] += each.end - each.start
    return dict(total)


def balances(before: Iterable[Segment], after: Iterable[Segment]) -> list[Balance]:
    """Who gains or loses time, most changed first."""
    was, becomes = hours(before), hours(after)
    every = [Balance(each, was.get(each, _NONE), becomes.get(each, _NONE)) for each in {**was, **becomes}]
    return sorted((each for each in every if each.more), key=lambda each: (-abs(each.more), each.person))


def uncovered(segments: Iterable[Segment], span: Interval) -> list[Interval]:
    """When nobody is on call."""
    return subtract([span], [Interval(each.start, each.end) for each in segments])


def new_gaps(before: Iterable[Segment], after: Iterable[Segment], span: Interval) -> list[Interval]:
    """When nobody is on call any more, where somebody was."""
    return subtract(uncovered(after, span), uncovered(before, span))


def handoffs(segments: Iterable[Segment]) -> list[tuple[datetime, tuple[int, ...], tuple[int, ...]]]:
    """When one goes and another comes at once: the moment, who goes, who comes."""
    return [
        (after.start, before.people, after.people)
        for before, after in pairwise(segments)
        if before.end == after.start and set(before.people) != set(after.people)
    ]


def _edges(segments: Iterable[Segment], span: Interval) -> Iterator[datetime]:
    for each in segments:
        yield from (edge for edge in (each.start, each.end) if span.contains(edge))


class _Reader:
    """Who is on call by ordered segments, asked for moments that only grow."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments, self._index = segments, 0

    def at(self, moment: datetime) -> tuple[int, ...]:
        while self._index < len(self._segments) and self._segments[self._index].end <= moment:
            self._index += 1
        here = self._segments[self._index] if self._index < len(self._segments) else None
        return here.people if here and here.start <= moment else ()
