"""A wall clock that never makes a timer late.

Due times stand in the database as instants. If this machine's clock is set back by five minutes, every timer would be
five minutes late; so the workers' clock goes on from where it was, and comes back to the wall clock slowly. A clock
that is set forward is followed at once: timers are then early, which wakes nobody too late.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

# Smaller differences are the two clocks' drift and the scheduler's pauses.
STEP = 0.5
# Five minutes ahead are gone in an hour.
SLEW = 1 / 12


class SteadyClock:
    """Follows the wall clock and does not go back with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wall = time.time()
        self._monotonic = time.monotonic()
        self._ahead = 0.0

    def now(self) -> datetime:
        """The instant to compare due times with, in UTC."""
        return datetime.fromtimestamp(self.read(time.time(), time.monotonic()), UTC)

    def read(self, wall: float, monotonic: float) -> float:
        """Seconds since 1970 for these readings of the two clocks."""
        with self._lock:
            passed = max(monotonic - self._monotonic, 0.0)
            stepped = wall - (self._wall + passed)
            self._wall, self._monotonic = wall, monotonic
            if abs(stepped) > STEP:
                self._ahead -= stepped
            self._ahead = max(self._ahead - passed * SLEW, 0.0)
            return wall + self._ahead

    @property
    def ahead(self) -> float:
        """How many seconds it runs ahead of the wall clock, after that was set back."""
        return self._ahead


_clock = SteadyClock()


def steady() -> datetime:
    """This process's steady clock; for what compares due times, not for what people type."""
    return _clock.now()
