"""From an integration's key to the integration, without a query when warm.

Each process remembers what it looked up for a few seconds, so that a storm costs no look-ups and a disabled key stops
working within that time. Unknown keys are remembered too, in a bounded table.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from alerts.models import Integration
from lib.secrets import digest

FRESH_FOR = 5.0
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Door:
    """What the accept path needs to know of an integration."""

    id: int
    kind: str


_known: dict[str, tuple[float, Door | None]] = {}
_lock = threading.Lock()


def door(key: str) -> Door | None:
    """The integration with that key, or None when there is none or it is disabled."""
    found = digest(key)
    cached = _known.get(found)
    if cached and cached[0] > time.monotonic():
        return cached[1]
    row = Integration.objects.enabled().filter(key_digest=found).values_list("id", "kind").first()
    answer = Door(*row) if row else None
    with _lock:
        if len(_known) >= MOST:
            _known.clear()
        _known[found] = (time.monotonic() + FRESH_FOR, answer)
    return answer


def forget() -> None:
    """Look everything up anew; called when an integration was changed in this process."""
    _known.clear()
