"""From a key to the integration that it opens, without a query when warm: its own, or that of one of its heartbeats.

Each process remembers what it looked up for a few seconds, so that a storm costs no look-ups and a disabled key stops
working within that time. Unknown keys are remembered too, in a bounded table.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from alerts.models import Heartbeat, Integration
from alerts.sources.base import Door
from lib.sealing import unseal
from lib.secrets import digest

FRESH_FOR = 5.0
HEARTBEAT = "heartbeat"
"""The kind of door that a heartbeat's own key opens, whatever its integration is."""
MOST = 10_000


_known: dict[str, tuple[float, Door | None]] = {}
_lock = threading.Lock()


def door(key: str) -> Door | None:
    """The integration that the key opens, or None when there is none or it is disabled."""
    found = digest(key)
    cached = _known.get(found)
    if cached and cached[0] > time.monotonic():
        return cached[1]
    answer = _looked_up(found)
    with _lock:
        if len(_known) >= MOST:
            _known.clear()
        _known[found] = (time.monotonic() + FRESH_FOR, answer)
    return answer


def _looked_up(found: str) -> Door | None:
    row = Integration.objects.enabled().filter(key_digest=found).first()
    if row:
        return _door(row)
    heartbeats = Heartbeat.objects.filter(key_digest=found, integration__disabled_at=None)
    heartbeat = heartbeats.select_related("integration").first()
    if heartbeat is None:
        return None
    return replace(_door(heartbeat.integration), kind=HEARTBEAT, heartbeat=heartbeat.slug)


def _door(row: Integration) -> Door:
    secret = unseal(row.secret_sealed) if row.secret_sealed else ""
    return Door(row.pk, row.kind, row.options, secret, row.limit_per_minute)


def forget() -> None:
    """Look everything up anew; called when an integration was changed in this process."""
    _known.clear()
