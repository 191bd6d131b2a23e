"""Events lie in a partition per UTC day of `received_at`: made a week ahead, dropped whole when they are old.

A DEFAULT partition takes what no day is there for, so that an insert never fails. Locks that an insert would wait for
are asked for with a short timeout: who does not get them tries again a little later, and nothing waits for it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

from django.db import OperationalError, connection, transaction

log = logging.getLogger(__name__)

TABLE, REST = "alerts_event", "alerts_event_other"
AHEAD = 7
KEPT_MINUTES = timedelta(days=2)
# Shorter than Postgres' deadlock_timeout: in a tangle of locks it is this chore that gives way.
LOCK_TIMEOUT = "400ms"
TRIES, REST_BETWEEN = 5, 0.2
CHUNK = 10_000

BOUNDS = """
    SELECT c.relname, pg_get_expr(c.relpartbound, c.oid)
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass ORDER BY c.relname
"""
# Beside the table and then attached: that lets inserts into other days go on. Rows of the day that came while there was
# no partition for it lie in the rest, and would forbid it.
MAKE = """
    CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE);
    LOCK TABLE {rest} IN ACCESS EXCLUSIVE MODE;
    WITH moved AS (DELETE FROM {rest} WHERE received_at >= '{first}' AND received_at < '{last}' RETURNING *)
    INSERT INTO {name} SELECT * FROM moved;
    ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{last}');
"""
WAITING = "SELECT EXISTS (SELECT FROM {name} WHERE processed_at IS NULL)"
TRIM = """
    DELETE FROM {rest} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM {rest} WHERE received_at < %s AND processed_at IS NOT NULL LIMIT %s))
"""
TRIM_MINUTES = "DELETE FROM alerts_intakeminute WHERE minute < %s"
ONLY_ONE = "SELECT pg_try_advisory_xact_lock(7302, 1)"


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition with its bounds; `first` is None for the one that holds everything before."""

    name: str
    first: datetime | None
    last: datetime

    def covers(self, moment: datetime) -> bool:
        """Whether a row received then lies here."""
        return (self.first is None or self.first <= moment) and moment < self.last


def partitions() -> list[Partition]:
    """All but the DEFAULT one, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(BOUNDS, [TABLE])
        found = [_read(name, bound) for name, bound in cursor.fetchall() if bound != "DEFAULT"]
    return sorted(found, key=lambda each: each.last)


def ensure_ahead(now: datetime, ahead: int = AHEAD) -> list[str]:
    """Make the partitions of today and the next days where they are missing; the names of those made."""
    there = partitions()
    days = [now.astimezone(UTC).date() + timedelta(days=number) for number in range(ahead + 1)]
    missing = [day for day in days if not any(each.covers(_midnight(day)) for each in there)]
    return [_name(day) for day in missing if _patiently(partial(_make, day), _name(day))]


def drop_old(now: datetime, keep: timedelta) -> list[str]:
    """Drop the days that ended longer than `keep` ago; the names of those dropped.

    A day with an event that was not processed stays. What lies in the rest for want of a day's partition is deleted.
    """
    before = now - keep
    old = [each.name for each in partitions() if each.last <= before]
    dropped = [name for name in old if _patiently(partial(_drop, name), name)]
    _trim(before)
    with connection.cursor() as cursor:
        cursor.execute(TRIM_MINUTES, [now - KEPT_MINUTES])
    return dropped


def keep_up(now: datetime, keep: timedelta) -> int:
    """The chore: days ahead made, old ones dropped. Always 0: there is never more of it at once."""
    ensure_ahead(now)
    drop_old(now, keep)
    return 0


def _make(day: date) -> bool:
    first, last = _midnight(day), _midnight(day + timedelta(days=1))
    statement = MAKE.format(
        name=_name(day), table=TABLE, rest=REST, first=first.isoformat(), last=last.isoformat()
    )
    with connection.cursor() as cursor:
        if any(each.covers(first) for each in partitions()):
            return False
        cursor.execute(statement)
    log.info("made %s", _name(day))
    return True


def _drop(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0] is None:
            return False
        cursor.execute(WAITING.format(name=name))
        if cursor.fetchone()[0]:
            log.warning("%s is past its retention and holds events that wait: it stays", name)
            return False
        cursor.execute(f"DROP TABLE {name}")
    log.info("dropped %s", name)
    return True


def _trim(before: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TRIM.format(rest=REST), [before, CHUNK])
        while cursor.rowcount == CHUNK:
            cursor.execute(TRIM.format(rest=REST), [before, CHUNK])


def _patiently(act: Callable[[], bool], name: str) -> bool:
    """`act` in a transaction of its own, several times where the locks are not to be had; False when it was not done,
    or another process is at it. The next look of the chore tries again."""
    for _ in range(TRIES):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                cursor.execute(ONLY_ONE)
                return bool(cursor.fetchone()[0]) and act()
        except OperationalError as error:
            log.info("%s has to wait: %s", name, error)
            time.sleep(REST_BETWEEN)
    return False


def _name(day: date) -> str:
    return f"{TABLE}_d{day:%Y%m%d}"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


_EDGES = re.compile(r"FROM \((?:MINVALUE|'([^']+)')\) TO \('([^']+)'\)")


def _read(name: str, bound: str) -> Partition:
    found = _EDGES.search(bound)
    if found is None:
        raise ValueError(f"{name} has bounds that this code did not make: {bound}")
    first, last = found.groups()
    return Partition(name, datetime.fromisoformat(first) if first else None, datetime.fromisoformat(last))
