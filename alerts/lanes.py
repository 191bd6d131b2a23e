"""Whose turn it is among the events of one integration: a storm of one service's alerts must not hold back another's.

Pure: no clock, no database. Events that share a dedup key are in one lane, and a lane is worked through in the order in
which its events came; between lanes there is no order to keep. Which lane a key is in, the first event with it says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

# A lane with no more waiting is let go before those that are longer, but not twice in a row.
FEW = 25


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that waits, by id, and of each of its signals the dedup key and the lane that it would be in."""

    id: int
    says: tuple[tuple[str, Hashable], ...]


def lanes(events: Iterable[Waiting]) -> list[list[int]]:
    """The ids of each lane, in the order of `events`; events whose keys lie in several lanes make one of them."""
    joined: dict[Hashable, Hashable] = {}
    of_key: dict[str, Hashable] = {}
    homes: list[tuple[int, Hashable]] = []
    for event in events:
        home: Hashable = None
        for place, (key, lane) in enumerate(event.says):
            own = of_key.setdefault(key, lane)
            home = _join(joined, home, own) if place else own
        homes.append((event.id, home))
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number, home in homes:
        found[_root(joined, home)].append(number)
    return list(found.values())


def is_few(waiting: Sequence[Sequence[int]]) -> bool:
    """Whether short lanes stand beside long ones."""
    short = sum(len(lane) <= FEW for lane in waiting)
    return 0 < short < len(waiting)


def choose(waiting: Sequence[Sequence[int]], limit: int, *, few_first: bool) -> list[int]:
    """At most `limit` ids, in order, shared evenly between the lanes: what a short one leaves, the longer ones have.

    With `few_first` the short lanes alone, where there are long ones too: their batch is a small one.
    """
    by_size = sorted(waiting, key=lambda lane: (len(lane), lane[0]))
    if few_first and is_few(waiting):
        by_size = [lane for lane in by_size if len(lane) <= FEW]
    chosen: list[int] = []
    for place, lane in enumerate(by_size):
        share = -(-(limit - len(chosen)) // (len(by_size) - place))
        chosen += lane[:share]
    return sorted(chosen)


def _root(joined: dict[Hashable, Hashable], lane: Hashable) -> Hashable:
    while lane in joined:
        lane = joined[lane]
    return lane


def _join(joined: dict[Hashable, Hashable], one: Hashable, other: Hashable) -> Hashable:
    one, other = _root(joined, one), _root(joined, other)
    if one != other:
        joined[other] = one
    return one
