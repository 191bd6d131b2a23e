"""Layers laid over each other, role by role: what they say before any override."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from lib.intervals import Interval, subtract, union
from oncall.coverage.values import Away
from oncall.rotation import AnyLayer, Piece, people_at, pieces


def laid_over(layers: Sequence[AnyLayer], away: Sequence[Away], span: Interval) -> list[Piece]:
    """The highest layer that has somebody, at each moment; in order.

    From the top down, each layer is asked only for the time that those above it leave.
    """
    free, laid = [span], []
    for layer in reversed(layers):
        found = _present(pieces(layer, free), away)
        if not found:
            continue
        laid.extend(found)
        free = subtract(free, union(Interval(start, end) for start, end, _, _ in found))
        if not free:
            break
    laid.sort()
    return laid


def united(layers: Sequence[AnyLayer], away: Sequence[Away], span: Interval) -> list[Piece]:
    """Everybody whom one of the layers has, at each moment; the higher layer's first. In order."""
    found = [_present(pieces(layer, [span]), away) for layer in reversed(layers)]
    edges = sorted({edge for each in found for piece in each for edge in piece[:2]})
    cursors = [Cursor(each) for each in found]
    together: list[Piece] = []
    for start, end in pairwise(edges):
        people = dict.fromkeys(person for cursor in cursors for person in cursor.at(start)[0])
        if people:
            together.append((start, end, tuple(people), ""))
    return together


def highest_at(layers: Iterable[AnyLayer], away: Sequence[Away], at: datetime) -> tuple[tuple[int, ...], str]:
    """`laid_over` for one moment: people and source."""
    for layer in layers:
        people = present_at(people_at(layer, at), away, at)
        if people:
            return people, layer.source
    return (), ""


def present_at(people: tuple[int, ...], away: Sequence[Away], at: datetime) -> tuple[int, ...]:
    """Those who are not away at that moment."""
    if not away:
        return people
    gone = {each.person for each in away if each.start <= at < each.end}
    return tuple(each for each in people if each not in gone)


class Cursor:
    """Answers who stands in ordered pieces, for moments that only grow."""

    def __init__(self, ordered: Sequence[Piece]) -> None:
        self._pieces = ordered
        self._index = 0

    def at(self, moment: datetime) -> tuple[tuple[int, ...], str]:
        """People and source."""
        while self._index < len(self._pieces) and self._pieces[self._index][1] <= moment:
            self._index += 1
        if self._index < len(self._pieces) and self._pieces[self._index][0] <= moment:
            return self._pieces[self._index][2:]
        return (), ""


def _present(found: list[Piece], away: Sequence[Away]) -> list[Piece]:
    if not away:
        return found
    return [part for piece in found for part in _parts(piece, away)]


def _parts(piece: Piece, away: Sequence[Away]) -> Iterator[Piece]:
    start, end, people, source = piece
    touching = [each for each in away if each.person in people and each.start < end and start < each.end]
    edges = {start, end}
    edges.update(edge for each in touching for edge in (each.start, each.end) if start < edge < end)
    for since, until in pairwise(sorted(edges)):
        present = present_at(people, touching, since)
        if present:
            yield since, until, present, source
