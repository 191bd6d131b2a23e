"""Who is on call: layers laid over each other, and overrides on top.

A higher layer covers a lower one while it has somebody, and lets it through where it has nobody. Overrides
are applied to that in the order in which they were created, so the latest has the last word.
"""

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from itertools import pairwise
from operator import attrgetter

from lib.intervals import Interval, instant, subtract
from oncall.rotation import Layer, Segment, turn_at, turns

_BY_CREATION = attrgetter("created_seq")
_FIRST_LOOK = timedelta(days=2)


class OverrideKind(StrEnum):
    """What an override does with its person."""

    REPLACE = "replace"  # they stand in for everybody, or for the one in `replaces`
    ADD = "add"  # they are on call too
    REMOVE = "remove"  # they are not on call


@dataclass(frozen=True, slots=True)
class Override:
    """A change to who is on call from `start` until just before `end`.

    `created_seq` grows with every override that is made. One that replaces a person who is not on call at
    that time changes nothing. Raises ValueError when the end is not after the start, or the kind is unknown.
    """

    id: int
    start: datetime
    end: datetime
    person: int
    created_seq: int
    replaces: int | None = None
    kind: OverrideKind = OverrideKind.REPLACE

    def __post_init__(self) -> None:
        period = Interval(self.start, self.end)
        object.__setattr__(self, "start", period.start)
        object.__setattr__(self, "end", period.end)
        object.__setattr__(self, "kind", OverrideKind(self.kind))

    @property
    def source(self) -> str:
        """How segments name this override."""
        return f"override:{self.id}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Layers from low to high, and overrides in any order."""

    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "overrides", tuple(sorted(self.overrides, key=_BY_CREATION)))


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call at a moment, and because of what."""

    people: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Handoff:
    """At that moment those who are on call change. Nobody is an empty tuple."""

    at: datetime
    outgoing: tuple[int, ...]
    incoming: tuple[int, ...]


_NOBODY = OnCall((), "")


def final(schedule: Schedule, span: Interval) -> list[Segment]:
    """Who is on call during the span: ordered, disjoint, with somebody in each; what is missing is a gap.

    Segments that touch and are equal in people and source are one, so the answer for two spans in a row is
    the answer for both together.
    """
    base = _lay(schedule.layers, span)
    overrides = [each for each in schedule.overrides if each.start < span.end and span.start < each.end]
    return merge(_override(base, overrides, span) if overrides else base)


def on_call_at(schedule: Schedule, at: datetime) -> OnCall | None:
    """Who is on call at that moment; None in a gap. Costs the same however old the schedule is."""
    at = instant(at)
    below = next(
        (
            OnCall((person,), layer.source)
            for layer in reversed(schedule.layers)
            if (person := turn_at(layer, at)) is not None
        ),
        _NOBODY,
    )
    found = _applied(below, (each for each in schedule.overrides if each.start <= at < each.end))
    return found if found.people else None


def gaps(schedule: Schedule, span: Interval) -> list[Interval]:
    """When nobody is on call."""
    return subtract([span], [Interval(each.start, each.end) for each in final(schedule, span)])


def next_handoff(schedule: Schedule, at: datetime, horizon: timedelta) -> Handoff | None:
    """The first change of people after `at` and before `at + horizon`; None when there is none.

    A change of source alone, from a layer to an override with the same person, is not one.
    """
    reach = min(_FIRST_LOOK, horizon)
    while reach > timedelta(0):
        span = Interval(at, at + reach)
        found = _first_change(schedule, span)
        if found or reach >= horizon:
            return found
        reach = min(reach * 4, horizon)
    return None


def merge(segments: Iterable[Segment]) -> list[Segment]:
    """Ordered disjoint segments, with those that touch and say the same made one."""
    merged: list[Segment] = []
    for each in segments:
        last = merged[-1] if merged else None
        if last and (last.end, last.people, last.source) == (each.start, each.people, each.source):
            merged[-1] = Segment(last.start, each.end, each.people, each.source)
        else:
            merged.append(each)
    return merged


def _first_change(schedule: Schedule, span: Interval) -> Handoff | None:
    timeline = list(_with_gaps(final(schedule, span), span))
    for before, after in pairwise(timeline):
        if before.people != after.people:
            return Handoff(after.start, before.people, after.people)
    return None


def _with_gaps(segments: Iterable[Segment], span: Interval) -> Iterator[Segment]:
    cursor = span.start
    for each in segments:
        if cursor < each.start:
            yield Segment(cursor, each.start, (), "")
        yield each
        cursor = each.end
    if cursor < span.end:
        yield Segment(cursor, span.end, (), "")


def _lay(layers: Sequence[Layer], span: Interval) -> list[Segment]:
    """The highest layer's segment at each moment: a sweep over all edges, with the layers' segments that are
    open kept in a heap."""
    pieces = [
        (piece.start, -rank, piece) for rank, layer in enumerate(layers) for piece in turns(layer, span)
    ]
    pieces.sort(key=lambda piece: piece[0])
    edges = sorted({edge for _, _, piece in pieces for edge in (piece.start, piece.end)})
    laid: list[Segment] = []
    heap: list[tuple[int, int, Segment]] = []
    taken = 0
    for start, end in pairwise(edges):
        while taken < len(pieces) and pieces[taken][0] <= start:
            heappush(heap, (pieces[taken][1], taken, pieces[taken][2]))
            taken += 1
        while heap and heap[0][2].end <= start:
            heappop(heap)
        if heap:
            laid.append(Segment(start, end, heap[0][2].people, heap[0][2].source))
    return laid


def _override(base: Sequence[Segment], overrides: Sequence[Override], span: Interval) -> Iterator[Segment]:
    """The base with overrides applied; both are cut at every edge of one of them."""
    edges = {max(each.start, span.start) for each in overrides} | {
        min(each.end, span.end) for each in overrides
    }
    edges.update(edge for each in base for edge in (each.start, each.end))
    waiting = sorted(overrides, key=attrgetter("start"), reverse=True)
    active: list[Override] = []
    below = _Cursor(base)
    for start, end in pairwise(sorted(edges)):
        active = [each for each in active if each.end > start]
        while waiting and waiting[-1].start <= start:
            insort(active, waiting.pop(), key=_BY_CREATION)
        found = _applied(below.at(start), active)
        if found.people:
            yield Segment(start, end, found.people, found.source)


class _Cursor:
    """Answers who is on call by ordered segments, for moments that only grow."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._index = 0

    def at(self, moment: datetime) -> OnCall:
        while self._index < len(self._segments) and self._segments[self._index].end <= moment:
            self._index += 1
        if self._index < len(self._segments) and self._segments[self._index].start <= moment:
            here = self._segments[self._index]
            return OnCall(here.people, here.source)
        return _NOBODY


def _applied(below: OnCall, overrides: Iterable[Override]) -> OnCall:
    for each in overrides:
        people = _changed(below.people, each)
        if people is not None:
            below = OnCall(people, each.source)
    return below


def _changed(people: tuple[int, ...], override: Override) -> tuple[int, ...] | None:
    """The people after the override, or None when it does not concern them."""
    if override.kind == OverrideKind.ADD:
        return None if override.person in people else (*people, override.person)
    if override.kind == OverrideKind.REMOVE:
        return (
            tuple(each for each in people if each != override.person) if override.person in people else None
        )
    if override.replaces is None:
        return (override.person,)
    if override.replaces not in people:
        return None
    swapped = (override.person if each == override.replaces else each for each in people)
    return tuple(dict.fromkeys(swapped))
