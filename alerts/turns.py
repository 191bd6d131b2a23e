"""Who is served next: integrations with little waiting at once, those in a storm in turn and in short batches.

A worker has one `Turns` and two loops: `calm` looks for what waits and works it through; an integration whose batch was
full is left to `storms`, so that nothing behind it in `calm` waits for more than that one batch. What is in a storm is
worked through in batches that take about TARGET, whatever an event costs, with each service's share in each of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from alerts.ahead import Ahead
from alerts.processing import Done, attempt
from alerts.waiting import LATELY, waiting

Clock = Callable[[], datetime]

# Events in a batch of `calm`: with more waiting, it is a storm.
CALM = 100
# A batch costs some twenty statements whatever is in it: smaller ones would only fall further behind.
LEAST, MOST = 100, 1_000
TARGET = 0.2
# What waits longer than LATELY is looked for this often, in seconds.
OLDER_EVERY = 60.0
# A storm that another worker has is left to it for so many seconds: two that take turns at one read everything twice.
ELSEWHERE = 2.0


@dataclass(slots=True)
class Storm:
    """An integration with more waiting than a batch; `limit` is what fits into TARGET. It `is_ours` after the first
    batch."""

    ahead: Ahead = field(default_factory=Ahead)
    limit: int = CALM
    is_ours: bool = False

    def fit(self, done: int, took: float) -> None:
        """Learn from a batch of `done` events that took so long. Small ones say little: a batch has a cost of its
        own."""
        if done >= LEAST:
            wanted = round(self.limit * TARGET / max(took, 0.001))
            self.limit = max(LEAST, min(MOST, wanted, self.limit * 2))


class Turns:
    """What one worker knows of the integrations with events."""

    def __init__(self, ring: Callable[[], object] = lambda: None) -> None:
        """`ring` wakes the loop of `storms`."""
        self._ring = ring
        self._storms: dict[int, Storm] = {}
        self._elsewhere: dict[int, float] = {}
        self._behind: set[int] = set()
        self._older_at = float("-inf")

    def calm(self, clock: Clock) -> int:
        """One look at all that waits, a batch of each integration that is in no storm; how much was done."""
        total = 0
        for each in self._look(clock()):
            if each in self._storms or self._elsewhere.get(each, 0.0) > time.monotonic():
                continue
            now = clock()
            done = attempt(integration_id=each, now=now, limit=CALM, since=self._since(each, now))
            if done.is_full:
                self._storms[each] = Storm()
                self._ring()
            elif not done.is_held:
                self._behind.discard(each)
            total += done.events or done.is_held
        return total

    def storms(self, clock: Clock) -> int:
        """A batch of each integration that is in a storm; how much was done."""
        total = 0
        for each, storm in list(self._storms.items()):
            done = self._batch(each, storm, clock())
            # Reading costs what has come since, whatever the batch.
            storm.fit(done.events, time.monotonic() - storm.ahead.read_at)
            storm.is_ours = storm.is_ours or bool(done.events)
            if done.is_busy:
                self._elsewhere[each] = time.monotonic() + ELSEWHERE
            if done.is_over:
                self._behind.discard(each)
            if done.is_over or done.is_busy:
                del self._storms[each]
            total += done.events or done.is_held
        return total

    def _batch(self, integration_id: int, storm: Storm, now: datetime) -> Done:
        since = self._since(integration_id, now)
        try:
            return attempt(
                integration_id=integration_id,
                now=now,
                limit=storm.limit,
                since=since,
                ahead=storm.ahead,
                patient=storm.is_ours,
            )
        except BaseException:
            storm.ahead.forget()
            raise

    def _look(self, now: datetime) -> list[int]:
        """Those with something waiting: of the last days, and once a minute of the time before."""
        lately = waiting(since=now - LATELY)
        if time.monotonic() - self._older_at > OLDER_EVERY:
            self._behind = set(waiting(before=now - LATELY))
            self._older_at = time.monotonic()
        return sorted({*lately, *self._behind})

    def _since(self, integration_id: int, now: datetime) -> datetime | None:
        """What was received before need not be looked for, unless it is known to be there: the oldest come first."""
        return None if integration_id in self._behind else now - LATELY
