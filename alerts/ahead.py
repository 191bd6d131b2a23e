"""Reading ahead in an integration that has more waiting than a batch: what waits is read once, and batches are chosen
from it so that each service has its share.

A worker keeps what it has read in memory, so a body is fetched and parsed once; what another worker has done meanwhile
is not there any more at the next look, which is made under the integration's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from alerts import waiting
from alerts.lanes import Waiting, choose, is_few, lanes
from alerts.models import Event, Integration
from alerts.sources.base import Parsed, Signal

# So many events are looked at, and so many are read anew before each batch.
MOST, AT_ONCE = 10_000, 1_500
MOST_CHARACTERS = 32_000_000
LANES_FOR = timedelta(seconds=5)

Lane = Callable[[Signal], Hashable]


@dataclass(frozen=True, slots=True)
class Read:
    """An event that waits and what its source made of it."""

    event: Event
    parsed: Parsed
    waits: Waiting


@dataclass(slots=True)
class Ahead:
    """What one worker has read ahead of one integration."""

    known: dict[int, Read] = field(default_factory=dict)
    few_first: bool = True
    _as: tuple[object, ...] = ()
    _lane: tuple[datetime, Lane] | None = None

    def take(
        self,
        integration: Integration,
        parse: Callable[[Event], Parsed],
        lane_by: Callable[[], Lane],
        *,
        limit: int,
        since: datetime | None,
        now: datetime,
    ) -> list[Read]:
        """The next batch, in the order in which it came."""
        ids = waiting.waiting_ids(integration.pk, MOST, since)
        self._forget_others(integration, ids)
        new = [each for each in ids if each not in self.known][:AT_ONCE]
        self._read(new, parse, self._lane_of(lane_by, now), since)
        # Up to the first that is not read: behind it may stand another with one of its keys.
        read = [self.known[each] for each in takewhile(self.known.__contains__, ids)]
        ready = waiting.settled([each.event for each in read], now)
        waits = lanes(each.waits for each in read[: len(ready)])
        chosen = choose(waits, limit, few_first=self.few_first)
        # After a batch of all the few are looked for first, and after one of the few alone it is everybody's turn.
        self.few_first = not (self.few_first and is_few(waits))
        return [self.known[each] for each in chosen]

    def _lane_of(self, lane_by: Callable[[], Lane], now: datetime) -> Lane:
        """Routes that are some seconds old are good enough to share by."""
        if self._lane is None or not now - LANES_FOR < self._lane[0] <= now:
            self._lane = (now, lane_by())
        return self._lane[1]

    def forget(self) -> None:
        """Read everything anew: a batch failed, and what it wrote onto its events is not so."""
        self.known.clear()

    def _forget_others(self, integration: Integration, ids: list[int]) -> None:
        """Those that are done, and all where the integration is set up otherwise than when they were read."""
        read_as = (integration.kind, integration.options, integration.service_id)
        if read_as != self._as:
            self.known.clear()
            self._as = read_as
        self.known = {each: self.known[each] for each in ids if each in self.known}

    def _read(
        self,
        ids: list[int],
        parse: Callable[[Event], Parsed],
        lane: Lane,
        since: datetime | None,
    ) -> None:
        room = MOST_CHARACTERS - sum(len(each.event.body) for each in self.known.values())
        if not ids or (room <= 0 and self.known):
            return
        for event in waiting.events(ids, since):
            parsed = parse(event)
            says = tuple((signal.dedup_key, lane(signal)) for signal in parsed.signals)
            self.known[event.pk] = Read(event, parsed, Waiting(event.pk, says))
