"""Who has the turn: for spans of time, and for a moment."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from lib.intervals import Interval, instant
from oncall.rotation.numbering import beginnings, person_of, turn_index
from oncall.rotation.values import AnyLayer, Fixed, FixedShift, Layer, Segment
from oncall.rotation.windows import in_force, is_in_force

Piece = tuple[datetime, datetime, tuple[int, ...], str]
"""A segment before it is one: start, end, people, source."""


def turns(layer: AnyLayer, span: Interval) -> list[Segment]:
    """The turns that fall into the span, cut to it, to the layer's bounds, windows and duty days, in order.

    Each has one person, or those of a calendar's events. Two turns in a row of the same person stay two.
    """
    return [Segment(*each) for each in pieces(layer, [span])]


def pieces(layer: AnyLayer, spans: Sequence[Interval]) -> list[Piece]:
    """`turns` for several spans, which are ordered and disjoint."""
    if isinstance(layer, Fixed):
        return list(_events(layer, spans))
    windows = in_force(layer, spans)
    return list(_turns(layer, windows)) if windows else []


def people_at(layer: AnyLayer, at: datetime) -> tuple[int, ...]:
    """Who has the turn at that moment; nobody when the layer is not in force."""
    if isinstance(layer, Fixed):
        return tuple(dict.fromkeys(each.person for each in layer.shifts if each.start <= at < each.end))
    person = turn_at(layer, at)
    return () if person is None else (person,)


def turn_at(layer: Layer, at: datetime) -> int | None:
    """Whose turn it is at that moment; None when the layer is not in force."""
    at = instant(at)
    return person_of(layer, turn_index(layer, at)) if is_in_force(layer, at) else None


def _turns(layer: Layer, windows: Sequence[Interval]) -> Iterator[Piece]:
    begins, source = beginnings(layer), layer.source
    index = turn_index(layer, windows[0].start)
    end = begins(index + 1)
    for window in windows:
        start = window.start
        while start < window.end:
            while end <= start:
                index += 1
                end = begins(index + 1)
            stop = min(end, window.end)
            person = person_of(layer, index)
            if person is not None:
                yield start, stop, (person,), source
            start = stop


def _events(layer: Fixed, spans: Sequence[Interval]) -> Iterator[Piece]:
    for span in spans:
        shifts = [each for each in layer.shifts if each.start < span.end and span.start < each.end]
        edges = {max(each.start, span.start) for each in shifts}
        edges.update(min(each.end, span.end) for each in shifts)
        waiting = shifts[::-1]
        active: list[FixedShift] = []
        for start, end in pairwise(sorted(edges)):
            active = [each for each in active if each.end > start]
            while waiting and waiting[-1].start <= start:
                active.append(waiting.pop())
            if active:
                yield start, end, tuple(dict.fromkeys(each.person for each in active)), layer.source
