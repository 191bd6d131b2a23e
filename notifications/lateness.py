"""How late steps and pages are: due against done, counted by five minutes, and the worst ones by name.

Gathered in memory and added to the tables with the counters (notifications.measures): a killed process loses the last
seconds of its counting, never a page. Of what was more than a second late, each flush keeps the worst FEW; all of it is
in the histogram.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from notifications import measures
from notifications.measures import EDGES
from notifications.models import Late, LatenessKind, LatenessSlot

BOUND = timedelta(seconds=10)
SLOT = timedelta(minutes=5)
WORTH_NAMING = 1.0
FEW = 50
KEPT = timedelta(days=8)
ALL, SUM, MAX = "+Inf", "sum", "max"

Key = tuple[str, datetime, str]


@dataclass(order=True)
class _Named:
    """Something late, ordered by how late it was."""

    seconds: float
    row: Late = field(compare=False)


@dataclass
class _Gathered:
    """What was observed since the last flush."""

    counts: Counter[Key] = field(default_factory=Counter)
    worst: dict[Key, float] = field(default_factory=dict)
    named: list[_Named] = field(default_factory=list)

    def add(self, other: _Gathered) -> None:
        """What could not be written, for the next time."""
        self.counts.update(other.counts)
        for key, seconds in other.worst.items():
            self.worst[key] = max(seconds, self.worst.get(key, 0.0))
        for each in other.named:
            self.name(each)

    def name(self, late: _Named) -> None:
        """Keep it if it is among the worst."""
        if len(self.named) < FEW:
            heapq.heappush(self.named, late)
        else:
            heapq.heappushpop(self.named, late)


_gathered = _Gathered()
_lock = threading.Lock()


def slot_of(moment: datetime) -> datetime:
    """The five minutes in which `moment` lies, as their beginning in UTC."""
    seconds = moment.timestamp()
    return datetime.fromtimestamp(seconds - seconds % SLOT.total_seconds(), UTC)


def observe(
    kind: LatenessKind, *, due: datetime, done: datetime, subject: str, what: str, cause: str = ""
) -> None:
    """One step or page was `due` and is `done`; what came before its time (a clock that stepped) counts as on time.

    `subject` is what it was about ("incident:42"), `what` says which one in words, `cause` why it was late if that is
    known. Never waits for the database.
    """
    seconds = max((done - due).total_seconds(), 0.0)
    slot = slot_of(done)
    with _lock:
        _count(kind, slot, seconds)
        if seconds > WORTH_NAMING:
            row = Late(
                kind=kind,
                subject=subject[:64],
                what=what[:200],
                due_at=due,
                done_at=done,
                seconds=seconds,
                cause=cause[:300],
            )
            _gathered.name(_Named(seconds, row))


def _count(kind: str, slot: datetime, seconds: float) -> None:
    counts = _gathered.counts
    for edge in EDGES:
        if seconds <= edge:
            counts[kind, slot, str(edge)] += 1
    counts[kind, slot, ALL] += 1
    counts[kind, slot, SUM] += seconds  # type: ignore[assignment] # a Counter of floats
    key = (kind, slot, MAX)
    _gathered.worst[key] = max(seconds, _gathered.worst.get(key, 0.0))


ADD = """
    INSERT INTO notifications_latenessslot AS old (kind, slot, bucket, value)
    SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::float8[])
    ON CONFLICT (kind, slot, bucket) DO UPDATE SET value =
        CASE WHEN excluded.bucket = 'max' THEN GREATEST(old.value, excluded.value)
             ELSE old.value + excluded.value END
"""


def flush() -> None:
    """Add what was gathered to the tables; on a database error it is kept for the next time."""
    global _gathered
    with _lock:
        taken, _gathered = _gathered, _Gathered()
    if not taken.counts:
        return
    try:
        _write(taken)
    except Exception:
        with _lock:
            _gathered.add(taken)
        raise


@transaction.atomic
def _write(taken: _Gathered) -> None:
    # Sorted, so that two processes take the rows' locks in one order.
    rows = sorted([*taken.counts.items(), *taken.worst.items()])
    columns = [list(column) for column in zip(*(key for key, _ in rows), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(ADD, [*columns, [float(value) for _, value in rows]])
    Late.objects.bulk_create([each.row for each in taken.named])


def prune(*, now: datetime) -> int:
    """Drop what is older than eight days; returns how many rows."""
    edge = now - KEPT
    slots, _ = LatenessSlot.objects.filter(slot__lt=edge).delete()
    named, _ = Late.objects.filter(done_at__lt=edge).delete()
    return slots + named


def forget() -> None:
    """Drop what was gathered and not written; for tests."""
    global _gathered
    with _lock:
        _gathered = _Gathered()


measures.also(flush)
