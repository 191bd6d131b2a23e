"""From stored events to alerts and incidents: in order per integration, in batches, set by set.

A worker takes an integration by a transaction lock, so events of one integration are worked through in the order in
which they came, and different integrations are worked through side by side. The number of statements for a batch
does not grow with the events in it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef

from alerts.batch import Batch
from alerts.models import Event, Integration
from alerts.sources.base import Parsed, Stored
from alerts.sources.registry import reader
from lib.jsonbody import BadBody
from lib.text import clean
from notifications import measures

log = logging.getLogger(__name__)

BATCH = 400
LOCK_CLASS = 7_301
ROUNDS = 5


def process_waiting(*, now: datetime, rounds: int = ROUNDS) -> int:
    """Work through what waits, a batch of each integration in turn so that a storm in one delays no other much.

    Returns how many events were done. Goes on while a batch was full, for at most `rounds` turns: what trickles in
    meanwhile is cheaper a moment later, together.
    """
    total = 0
    for _ in range(rounds):
        done = [process(integration_id=each, now=now) for each in waiting()]
        total += sum(done)
        if max(done, default=0) < BATCH:
            break
    return total


def waiting() -> list[int]:
    """The integrations with events to process: one look into the index for each integration."""
    events = Event.objects.filter(integration=OuterRef("pk"), processed_at=None)
    return list(Integration.objects.filter(Exists(events)).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def process(*, integration_id: int, now: datetime, limit: int = BATCH) -> int:
    """One batch of one integration; 0 when another worker has it or nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, integration_id])
        if not cursor.fetchone()[0]:
            return 0
    events = list(
        Event.objects.filter(integration_id=integration_id, processed_at=None).order_by("pk")[:limit]
    )
    if not events:
        return 0
    integration = Integration.objects.select_related("service").get(pk=integration_id)
    _write(integration, events, now)
    _mark(events, now)
    transaction.on_commit(lambda: _measure(events, now))
    return len(events)


def _write(integration: Integration, events: list[Event], now: datetime) -> None:
    """All at once; where that is refused, in halves down to the event that is at fault, which costs only itself."""
    try:
        with transaction.atomic():
            batch = Batch(integration, now)
            for event in events:
                batch.add(event, _parsed(integration, event))
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
        _write(integration, events[:middle], now)
        _write(integration, events[middle:], now)


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
    FROM unnest(%s::bigint[], %s::text[], %s::jsonb[]) AS v(id, problem, notes) WHERE e.id = v.id
"""
MARK_PLAIN = "UPDATE alerts_event SET processed_at = %s WHERE id = ANY(%s)"


def _mark(events: list[Event], now: datetime) -> None:
    noted = [event for event in events if event.problem or event.notes]
    plain = [event.pk for event in events if not (event.problem or event.notes)]
    with connection.cursor() as cursor:
        if plain:
            cursor.execute(MARK_PLAIN, [now, plain])
        if noted:
            rows: list[Any] = [
                [e.pk for e in noted],
                [e.problem for e in noted],
                [json.dumps(e.notes) for e in noted],
            ]
            cursor.execute(MARK, [now, *rows])


def _measure(events: Iterable[Event], now: datetime) -> None:
    for event in events:
        measures.count("events_processed")
        measures.observe("event_wait", (now - event.received_at).total_seconds())
