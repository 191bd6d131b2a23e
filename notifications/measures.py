"""Counters and histograms that all processes share, kept in Postgres so that any of them can answer /metrics.

Numbers are gathered in memory and added to the table every few seconds: a process that is killed loses the last
seconds of its counting, never a page.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from django.db import connection

EDGES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

_gathered: Counter[tuple[str, str, str]] = Counter()
_lock = threading.Lock()
_others: list[Callable[[], None]] = []

ADD = """
    INSERT INTO notifications_measure (name, label, bucket, value)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::float8[])
    ON CONFLICT (name, label, bucket) DO UPDATE SET value = notifications_measure.value + excluded.value
"""


def count(name: str, label: str = "", by: float = 1) -> None:
    """Add to a counter."""
    with _lock:
        _gathered[name, label, ""] += by  # type: ignore[assignment] # a Counter of floats


def observe(name: str, seconds: float, label: str = "") -> None:
    """Add one value to a histogram; negative values (a clock that stepped) count as zero."""
    value = max(seconds, 0.0)
    with _lock:
        for edge in EDGES:
            if value <= edge:
                _gathered[name, label, str(edge)] += 1
        _gathered[name, label, "+Inf"] += 1
        _gathered[name, label, "sum"] += value  # type: ignore[assignment] # a Counter of floats


def also(flush: Callable[[], None]) -> None:
    """Something else that gathers in memory (notifications.lateness) and is written whenever the counters are."""
    _others.append(flush)


def flush() -> None:
    """Add what was gathered to the tables; on a database error it is kept for the next time."""
    _flush_counters()
    for each in _others:
        each()


def forget() -> None:
    """Drop what was counted and is not written: tests begin with nothing."""
    with _lock:
        _gathered.clear()


def _flush_counters() -> None:
    with _lock:
        taken = dict(_gathered)
        _gathered.clear()
    if not taken:
        return
    rows = sorted(taken.items())
    columns = [list(column) for column in zip(*(key for key, _ in rows), strict=True)]
    try:
        with connection.cursor() as cursor:
            cursor.execute(ADD, [*columns, [float(value) for _, value in rows]])
    except Exception:
        with _lock:
            _gathered.update(taken)
        raise


BEAT = """
    INSERT INTO notifications_measure (name, label, bucket, value) VALUES (%s, %s, 'at', %s)
    ON CONFLICT (name, label, bucket) DO UPDATE SET value = excluded.value
"""


def beat(name: str, label: str, *, now: datetime) -> None:
    """A sign of life: the moment, in seconds since 1970, at which this process last ran."""
    with connection.cursor() as cursor:
        cursor.execute(BEAT, [name, label[:60], now.timestamp()])
        cursor.execute(
            "DELETE FROM notifications_measure WHERE name = %s AND bucket = 'at' AND value < %s",
            [name, now.timestamp() - 3600],
        )
