"""Reading ahead in an integration that has more waiting than a batch: what waits is read once, and batches are chosen
from it so that each service has its share.

A worker keeps what it has read in memory, so a body is fetched and parsed once, and a look costs what came since the
last one. Looks are made under the integration's lock: what was chosen is asked for once more, and where another worker
has had a batch meanwhile, or every few seconds, everything is looked at anew.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile

from alerts import waiting
from alerts.lanes import Lanes, Waiting
from alerts.models import Event, Integration
from alerts.sources.base import Parsed, Signal

# So many events are looked at, and so many are read anew before each batch.
MOST, AT_ONCE = 10_000, 1_500
MOST_CHARACTERS = 32_000_000
LANES_FOR = timedelta(seconds=5)
WHOLE_EVERY = timedelta(seconds=5)
# What is stored takes no longer; a lower id than those read is looked for so far back.
SURE = timedelta(seconds=1)

Lane = Callable[[Signal], Hashable]
Reader = Callable[[list[int]], "list[Read]"]


@dataclass(frozen=True, slots=True)
class Read:
    """An event that waits and what its source made of it."""

    event: Event
    parsed: Parsed
    waits: Waiting


@dataclass(slots=True)
class Ahead:
    """What one worker has read ahead of one integration.

    `known` is what was read and waits. Of it, what no event that is still being stored can come before is in `lanes`;
    the rest is `unsettled`. `read_at` is when the last batch had been chosen, by the clock that never steps.
    """

    known: dict[int, Read] = field(default_factory=dict)
    lanes: Lanes = field(default_factory=Lanes)
    unsettled: list[Read] = field(default_factory=list)
    few_first: bool = True
    read_at: float = 0.0
    _whole_at: datetime | None = None
    _is_whole: bool = False
    _newest: int = 0
    _marks: deque[tuple[datetime, int]] = field(default_factory=deque)
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
        self._see(integration, since, now)
        look = partial(self._look, integration, parse, self._lane_of(lane_by, now), since, now)
        chosen = look(limit)
        if not self._is_whole and not self._is_sure(chosen, since):
            self._whole_at = None
            chosen = look(limit)
        self.read_at = time.monotonic()
        return [self.known.pop(each) for each in chosen]

    def forget(self) -> None:
        """Read everything anew: a batch failed, and what it wrote onto its events is not so."""
        self.known.clear()
        self._whole_at = None

    def _is_sure(self, chosen: list[int], since: datetime | None) -> bool:
        """False where another worker has had a batch meanwhile, or what waits came too late to be looked for."""
        return waiting.all_wait(chosen, since) if chosen else bool(self.unsettled)

    def _see(self, integration: Integration, since: datetime | None, now: datetime) -> None:
        """Whether what was read is still read so, and late enough for a look at everything."""
        read_as = (integration.kind, integration.options, integration.service_id, since is None)
        if read_as != self._as:
            self.forget()
            self._as = read_as
        if self._whole_at is None or not now - WHOLE_EVERY < self._whole_at <= now:
            self._whole_at = None

    def _look(
        self,
        integration: Integration,
        parse: Callable[[Event], Parsed],
        lane: Lane,
        since: datetime | None,
        now: datetime,
        limit: int,
    ) -> list[int]:
        """The ids of the next batch."""
        read = partial(self._read, parse, lane, since)
        if self._whole_at is None or not self._look_on(integration, read, since, now):
            self._look_anew(integration, read, since, now)
        ready = waiting.settled([each.event for each in self.unsettled], now)
        for each in self.unsettled[: len(ready)]:
            self.lanes.add(each.waits)
        del self.unsettled[: len(ready)]
        is_mixed = self.lanes.is_mixed
        chosen = self.lanes.take(limit, few_first=self.few_first)
        # After a batch of all the few are looked for first, and after one of the few alone it is everybody's turn.
        self.few_first = not (self.few_first and is_mixed)
        return chosen

    def _look_on(self, integration: Integration, read: Reader, since: datetime | None, now: datetime) -> bool:
        """At what came since the last look; False where something came before what is known already."""
        while len(self._marks) > 1 and self._marks[1][0] <= now - SURE:
            self._marks.popleft()
        ids = waiting.waiting_ids(integration.pk, MOST, since, above=self._marks[0][1])
        new = [each for each in ids if each not in self.known][: max(MOST - len(self.known), 0)]
        if new and new[0] < self._newest:
            return False
        self.unsettled += read(new[:AT_ONCE])
        self._is_whole = False
        self._mark(now)
        return True

    def _look_anew(
        self, integration: Integration, read: Reader, since: datetime | None, now: datetime
    ) -> None:
        """At everything; what others have done is let go."""
        ids = waiting.waiting_ids(integration.pk, MOST, since)
        self.known = {each: self.known[each] for each in ids if each in self.known}
        read([each for each in ids if each not in self.known][:AT_ONCE])
        # Up to the first that is not read: behind it may stand another with one of its keys.
        self.known = {each: self.known[each] for each in takewhile(self.known.__contains__, ids)}
        self.lanes, self.unsettled = Lanes(), list(self.known.values())
        self._newest = max(self.known, default=0)
        self._whole_at, self._is_whole = now, True
        self._marks.clear()
        self._mark(now)

    def _mark(self, now: datetime) -> None:
        """How far was read when: what may still come before that is looked for."""
        self._newest = max(self._newest, self.unsettled[-1].event.pk if self.unsettled else 0)
        self._marks.append((now, self._newest))

    def _lane_of(self, lane_by: Callable[[], Lane], now: datetime) -> Lane:
        """Routes that are some seconds old are good enough to share by."""
        if self._lane is None or not now - LANES_FOR < self._lane[0] <= now:
            self._lane = (now, lane_by())
        return self._lane[1]

    def _read(
        self, parse: Callable[[Event], Parsed], lane: Lane, since: datetime | None, ids: list[int]
    ) -> list[Read]:
        """The first of these events, as many as there is room for."""
        room = MOST_CHARACTERS - sum(len(each.event.body) for each in self.known.values())
        if not ids or (room <= 0 and self.known):
            return []
        found = []
        for event in waiting.events(ids, since):
            parsed = parse(event)
            says = tuple((signal.dedup_key, lane(signal)) for signal in parsed.signals)
            found.append(Read(event, parsed, Waiting(event.pk, says)))
        self.known |= {each.event.pk: each for each in found}
        return found
