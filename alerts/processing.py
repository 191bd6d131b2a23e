"""From stored events to alerts and incidents: in order per integration, in batches, set by set.

A worker takes an integration by a transaction lock, so events of one integration are worked through in the order in
which they came, and different integrations are worked through side by side. The number of statements for a batch
does not grow with the events in it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from alerts.ahead import Ahead
from alerts.batch import Batch
from alerts.deciding import Ruling
from alerts.models import Event, Integration
from alerts.sources.base import Parsed, Signal, Stored
from alerts.sources.registry import reader
from alerts.waiting import events as waiting_events
from alerts.waiting import settled, waiting, waiting_ids
from lib.jsonbody import BadBody
from lib.text import clean
from notifications import measures

__all__ = ["Done", "attempt", "process", "process_waiting", "read", "reason_of", "waiting"]

log = logging.getLogger(__name__)

BATCH = 400
LOCK_CLASS = 7_301
PATIENCE = "1s"
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a batch: how many events, whether more wait behind it, whether it waits for one being stored,
    and whether another worker has the integration."""

    events: int = 0
    is_full: bool = False
    is_held: bool = False
    is_busy: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing waits."""
        return not (self.events or self.is_held or self.is_busy)


def process_waiting(*, now: datetime, rounds: int = ROUNDS) -> int:
    """Work through what waits, a batch of each integration in turn; returns how many events were done.

    Goes on while a batch was full, for at most `rounds` turns. Workers have alerts.turns, which deals more evenly.
    """
    total = 0
    for _ in range(rounds):
        done = [process(integration_id=each, now=now) for each in waiting()]
        total += sum(done)
        if max(done, default=0) < BATCH:
            break
    return total


def process(*, integration_id: int, now: datetime, limit: int = BATCH) -> int:
    """One batch of one integration; 0 when another worker has it or nothing waits."""
    return attempt(integration_id=integration_id, now=now, limit=limit).events


@transaction.atomic
def attempt(
    *,
    integration_id: int,
    now: datetime,
    limit: int,
    since: datetime | None = None,
    ahead: Ahead | None = None,
    patient: bool = False,
) -> Done:
    """One batch of one integration, of what was received from `since` on: the first `limit` events, or with `ahead`
    what that chooses. While another worker has it, one that is `patient` waits for at most PATIENCE. Raises a database
    error where the whole batch is to be tried again."""
    if not (_locked_soon if patient else _locked)(integration_id):
        return Done(is_busy=True)
    ids = waiting_ids(integration_id, limit + 1, since)
    if not ids:
        return Done()
    integration = Integration.objects.select_related("service__team").get(pk=integration_id)
    parsed: dict[int, Parsed] = {}
    if ahead is None:
        found = settled(waiting_events(ids[:limit], since), now)
    else:
        read = ahead.take(
            integration,
            partial(_parsed, integration),
            partial(lane_by, integration, now),
            limit=limit,
            since=since,
            now=now,
        )
        found, parsed = [each.event for each in read], {each.event.pk: each.parsed for each in read}
    if found:
        _write(integration, found, now, parsed)
        _mark(found, now)
        transaction.on_commit(lambda: _measure(found, now))
    return Done(len(found), is_full=len(ids) > limit, is_held=not found)


def _locked(integration_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, integration_id])
        return bool(cursor.fetchone()[0])


def _locked_soon(integration_id: int) -> bool:
    """First in the queue: whoever tries in between finds that it is waited for."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, integration_id])
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        raise
    return True


def lane_by(integration: Integration, now: datetime) -> Callable[[Signal], Hashable]:
    """Which service a signal is about, as the routes of this moment decide it."""
    ruling = Ruling.read(integration, now)
    return lambda signal: ruling.decide(signal, now).service_id


def _write(
    integration: Integration, events: list[Event], now: datetime, parsed: Mapping[int, Parsed]
) -> None:
    """All at once; where that is refused, in halves down to the event that is at fault, which costs only itself.
    `parsed` is what was read ahead."""
    try:
        with transaction.atomic():
            batch = Batch(integration, now)
            for event in events:
                batch.add(event, parsed.get(event.pk) or _parsed(integration, event))
            batch.write()
    except (OperationalError, InterfaceError):
        raise  # not the events' fault: a lost connection, a deadlock; the whole batch is tried again
    except Exception as error:
        # The boundary to whatever tools send: what cannot be written must not stop those behind it.
        if len(events) == 1:
            log.exception("event %s could not be processed", events[0].pk)
            events[0].problem = reason_of(error)
            return
        for event in events:
            event.problem, event.notes = "", []
        middle = len(events) // 2
        _write(integration, events[:middle], now, {})
        _write(integration, events[middle:], now, {})


def _parsed(integration: Integration, event: Event) -> Parsed:
    """What the source makes of the stored body; a body that it cannot read is kept with the reason, never dropped."""
    try:
        return read(integration, event)
    except Exception as error:
        # The same boundary: one odd event must not stop those behind it.
        log.exception("event %s could not be read", event.pk)
        event.problem = reason_of(error)
        return Parsed()


def read(integration: Integration, event: Event) -> Parsed:
    """What the source makes of the stored body. Raises BadBody, UnknownKind, or what an odd body brings about."""
    stored = Stored(
        text=event.body,
        received_at=event.received_at,
        context=event.context,
        dedup_key=event.dedup_key,
        options=integration.options,
    )
    return reader(integration.kind, event.endpoint)(stored)


def reason_of(error: Exception) -> str:
    """One line for whoever looks at the event; a refusal of ours is a sentence already."""
    said = error.reason if isinstance(error, BadBody) else f"{type(error).__name__}: {error}"
    return clean(said, 500)


MARK = """
    UPDATE alerts_event e SET processed_at = %s, problem = v.problem, notes = v.notes
    FROM unnest(%s::bigint[], %s::text[], %s::jsonb[]) AS v(id, problem, notes)
    WHERE e.id = v.id AND e.received_at BETWEEN %s AND %s
"""
MARK_PLAIN = "UPDATE alerts_event SET processed_at = %s WHERE id = ANY(%s) AND received_at BETWEEN %s AND %s"


def _mark(events: list[Event], now: datetime) -> None:
    """Their time is named so that only the partitions that they lie in are opened."""
    moments = [event.received_at for event in events]
    within = [min(moments), max(moments)]
    noted = [event for event in events if event.problem or event.notes]
    plain = [event.pk for event in events if not (event.problem or event.notes)]
    with connection.cursor() as cursor:
        if plain:
            cursor.execute(MARK_PLAIN, [now, plain, *within])
        if noted:
            rows: list[Any] = [
                [e.pk for e in noted],
                [e.problem for e in noted],
                [json.dumps(e.notes) for e in noted],
            ]
            cursor.execute(MARK, [now, *rows, *within])


def _measure(events: Iterable[Event], now: datetime) -> None:
    for event in events:
        measures.count("events_processed")
        measures.observe("event_wait", (now - event.received_at).total_seconds())
