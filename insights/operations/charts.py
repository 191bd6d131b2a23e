"""Histograms as rows of bars: few enough to read on a phone, with the bound between two of them."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.lateness import BOUND
from notifications.punctuality import Punctuality

# Upper edges of the rows, in seconds; each is an edge of the counters too, the last row has none.
ROWS = (0.1, 0.5, 1.0, 5.0, 10.0, 60.0)
FULL = 100.0
LEAST_SEEN = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """`upto` seconds at most, None for what is later than all edges; `width` in hundredths of the longest bar."""

    above: float
    upto: float | None
    count: int
    width: float
    is_late: bool


def bars(found: Punctuality) -> list[Bar]:
    """A row for each of ROWS and one for the rest; none where nothing was counted."""
    if not found.count:
        return []
    counts = [_between(found, above, upto) for above, upto in _edges()]
    most = max(counts)
    return [
        Bar(above, upto, count, _width(count, most), above >= BOUND.total_seconds())
        for (above, upto), count in zip(_edges(), counts, strict=True)
    ]


def _edges() -> list[tuple[float, float | None]]:
    return list(zip((0.0, *ROWS), (*ROWS, None), strict=True))


def _between(found: Punctuality, above: float, upto: float | None) -> int:
    top = float("inf") if upto is None else upto
    return sum(each.count for each in found.buckets if above <= each.above < top)


def _width(count: int, most: int) -> float:
    """What is there at all can be seen."""
    return max(FULL * count / most, LEAST_SEEN) if count else 0.0
