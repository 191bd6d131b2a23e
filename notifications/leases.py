"""Whose hands a message is in, and taking it back from the dead.

A worker counts up the `lease` of what it is sending every other second. Every worker watches all leases against its
own monotonic clock: one that stood still for LAPSE belongs to a dead worker, and the message is due again, marked as
a possible repeat. No wall clock takes part, so a clock that steps makes nobody look dead; and whoever could not look
(the database was away, the process was halted) starts counting anew, since the owner could not count up either.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

RENEW_EVERY = 1.0
LAPSE = 5.0
BLIND_AFTER = 2.5
# What code before leases goes by, so that it leaves alone what is in newer hands.
OLD_LEASE = timedelta(seconds=30)


class Hands:
    """What this process is sending, and by which circuit each of its threads does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[int] = set()
        self._served: dict[int, str] = {}

    @contextmanager
    def holding(self, ids: Iterable[int]) -> Iterator[None]:
        """Count up the leases of these until the block ends."""
        mine = list(ids)
        with self._lock:
            self._held |= set(mine)
        try:
            yield
        finally:
            with self._lock:
                self._held -= set(mine)

    def ids(self) -> list[int]:
        """What is in hand now."""
        with self._lock:
            return list(self._held)

    def serve(self, circuit: str) -> None:
        """This thread is about to call by that circuit."""
        with self._lock:
            self._served[threading.get_ident()] = circuit

    def rest(self) -> None:
        """This thread calls nobody any more."""
        with self._lock:
            self._served.pop(threading.get_ident(), None)

    def full(self, limit: int) -> list[str]:
        """Circuits by which `limit` or more threads call just now."""
        with self._lock:
            served = list(self._served.values())
        return [circuit for circuit in set(served) if served.count(circuit) >= limit]


hands = Hands()

RENEW = """
    UPDATE notifications_delivery SET lease = lease + 1, due_at = %s
    WHERE id = ANY(%s) AND state = 'sending'
"""


def renew(now: datetime) -> None:
    """Count up what is in hand."""
    ids = hands.ids()
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(RENEW, [now + OLD_LEASE, ids])


class Watch:
    """One process's view of all leases."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, float]] = {}
        self._looked_at = 0.0

    def look(self, now: datetime, at: float | None = None) -> int:
        """Take back what stood still for LAPSE seconds; returns how many. `at` is the monotonic moment."""
        at = time.monotonic() if at is None else at
        if at - self._looked_at > BLIND_AFTER:
            self._seen = {}
        self._looked_at = at
        leases = _leases()
        self._seen = {
            key: (lease, since if lease == before else at)
            for key, lease in leases.items()
            for before, since in [self._seen.get(key, (lease, at))]
        }
        lapsed = [(key, lease) for key, (lease, since) in self._seen.items() if at - since >= LAPSE and lease]
        return _take_back(lapsed, now)


def _leases() -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, lease FROM notifications_delivery WHERE state = 'sending'")
        return dict(cursor.fetchall())


# Lease 0 was claimed by code that knows no leases: its due time says when it is given up.
TAKE_BACK = """
    UPDATE notifications_delivery d SET state = 'pending', due_at = %(now)s, outcome = 'its worker died'
    WHERE d.state = 'sending' AND (
        (d.id, d.lease) IN (SELECT * FROM unnest(%(ids)s::bigint[], %(leases)s::int[]))
        OR (d.lease = 0 AND d.due_at <= %(now)s))
"""


def _take_back(lapsed: list[tuple[int, int]], now: datetime) -> int:
    values: dict[str, Any] = {
        "now": now,
        "ids": [key for key, _ in lapsed],
        "leases": [lease for _, lease in lapsed],
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, values)
        return int(cursor.rowcount)
