"""Whose turn it is among the events of one integration: a storm of one service's alerts must not hold back another's.

Pure: no clock, no database. Events that share a dedup key are in one lane, and a lane is worked through in the order in
which its events came; between lanes there is no order to keep. Which lane a key is in, the first event with it says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from heapq import merge

# A lane with no more waiting is let go before those that are longer, but not twice in a row.
FEW = 25


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that waits, by id, and of each of its signals the dedup key and the lane that it would be in."""

    id: int
    says: tuple[tuple[str, Hashable], ...]


class Lanes:
    """What waits, lane by lane: `add` in the order of the ids, `take` what is worked through next."""

    def __init__(self, events: Iterable[Waiting] = ()) -> None:
        self._joined: dict[Hashable, Hashable] = {}
        self._of_key: dict[str, Hashable] = {}
        self._ids: dict[Hashable, deque[int]] = {}
        for event in events:
            self.add(event)

    def add(self, event: Waiting) -> None:
        """One more, behind all others; where its keys lie in several lanes, those are one from now on."""
        home: Hashable = None
        for place, (key, lane) in enumerate(event.says):
            own = self._of_key.setdefault(key, lane)
            home = self._join(home, own) if place else own
        self._ids.setdefault(self._root(home), deque()).append(event.id)

    @property
    def is_mixed(self) -> bool:
        """Whether short lanes stand beside long ones."""
        short = sum(len(lane) <= FEW for lane in self._ids.values())
        return 0 < short < len(self._ids)

    def ids(self) -> list[list[int]]:
        """The ids of each lane."""
        return [list(lane) for lane in self._ids.values()]

    def take(self, limit: int, *, few_first: bool) -> list[int]:
        """At most `limit` ids, in order, shared evenly between the lanes: what a short one leaves, the longer ones
        have. They wait here no more.

        With `few_first` the short lanes alone, where there are long ones too: their batch is a small one.
        """
        by_size = sorted(self._ids.values(), key=lambda lane: (len(lane), lane[0]))
        if few_first and self.is_mixed:
            by_size = [lane for lane in by_size if len(lane) <= FEW]
        chosen: list[int] = []
        for place, lane in enumerate(by_size):
            share = -(-(limit - len(chosen)) // (len(by_size) - place))
            chosen += [lane.popleft() for _ in range(min(share, len(lane)))]
        self._ids = {home: lane for home, lane in self._ids.items() if lane}
        return sorted(chosen)

    def _root(self, lane: Hashable) -> Hashable:
        while lane in self._joined:
            lane = self._joined[lane]
        return lane

    def _join(self, one: Hashable, other: Hashable) -> Hashable:
        one, other = self._root(one), self._root(other)
        if one != other:
            self._joined[other] = one
            both = [self._ids.pop(lane) for lane in (one, other) if lane in self._ids]
            if both:
                self._ids[one] = deque(merge(*both))
        return one
