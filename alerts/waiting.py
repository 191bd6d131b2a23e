"""The look for events that wait: what it costs must not grow with the days kept, nor with the integrations.

Every statement bounds `received_at` from below where the caller says so, so that Postgres opens the partitions of the
last days and no other, and jumps from one waiting integration to the next through the index of what waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from django.db import connection

from alerts.models import Event

# What is older waits only after an outage of days; alerts.turns looks for that each minute.
LATELY = timedelta(days=2)
# The bodies of one read, in bytes: a batch of the largest ones must fit into memory.
MOST_BYTES = 8_000_000
# An insert takes milliseconds; an id that is missing for longer was given to one that failed.
IN_FLIGHT = timedelta(milliseconds=700)

INTEGRATIONS = """
    WITH RECURSIVE found AS (
        (SELECT integration_id FROM alerts_event WHERE processed_at IS NULL {since}
         ORDER BY integration_id, id LIMIT 1)
        UNION ALL
        SELECT (SELECT e.integration_id FROM alerts_event e
                WHERE e.processed_at IS NULL {since} AND e.integration_id > found.integration_id
                ORDER BY e.integration_id, e.id LIMIT 1)
        FROM found WHERE found.integration_id IS NOT NULL
    )
    SELECT integration_id FROM found WHERE integration_id IS NOT NULL
"""
IDS = """
    SELECT id FROM alerts_event
    WHERE integration_id = %s AND id > %s AND processed_at IS NULL {since} ORDER BY id LIMIT %s
"""
COUNT = "SELECT count(*) FROM alerts_event WHERE id = ANY(%s) AND processed_at IS NULL {since}"
EVENTS = """
    SELECT * FROM (
        SELECT *, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS before
        FROM alerts_event WHERE id = ANY(%s) AND processed_at IS NULL {since}
    ) AS wanted WHERE before < %s ORDER BY id
"""
LATEST = "SELECT id FROM alerts_event WHERE id BETWEEN %s AND %s AND received_at >= %s ORDER BY id"
BESIDE = 32


def waiting(*, since: datetime | None = None, before: datetime | None = None) -> list[int]:
    """The integrations with events that wait, by id: of those received from `since` on, or before `before`, or all."""
    text, values = ("AND received_at < %s", [before]) if before else _since(since)
    with connection.cursor() as cursor:
        cursor.execute(INTEGRATIONS.format(since=text), [*values, *values])
        return [row[0] for row in cursor.fetchall()]


def waiting_ids(
    integration_id: int, limit: int, since: datetime | None = None, *, above: int = 0
) -> list[int]:
    """The first ids of what waits of one integration, in the order in which it came; only those `above` an id."""
    text, values = _since(since)
    with connection.cursor() as cursor:
        cursor.execute(IDS.format(since=text), [integration_id, above, *values, limit])
        return [row[0] for row in cursor.fetchall()]


def all_wait(ids: list[int], since: datetime | None = None) -> bool:
    """Whether none of them has been worked through."""
    text, values = _since(since)
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(since=text), [ids, *values])
        return bool(cursor.fetchone()[0] == len(ids))


def events(ids: list[int], since: datetime | None = None) -> list[Event]:
    """These events in their order: as many from the first on as fit into memory, at least one."""
    text, values = _since(since)
    return list(Event.objects.raw(EVENTS.format(since=text), [ids, *values, MOST_BYTES]))


def settled(found: list[Event], now: datetime) -> list[Event]:
    """Those before which no other is still being stored: what has a lower id and is committed a moment later would be
    worked through after them. An id that is missing among the latest is waited for, for at most IN_FLIGHT."""
    recent = [each.pk for each in found if -IN_FLIGHT < now - each.received_at < IN_FLIGHT]
    if not recent:
        return found
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [recent[0] - BESIDE, recent[-1], now - LATELY])
        there = [row[0] for row in cursor.fetchall()]
    gap = next((low for low, high in pairwise(there) if high > low + 1 and high >= recent[0]), None)
    return found if gap is None else [each for each in found if each.pk <= gap]


def _since(since: datetime | None) -> tuple[str, list[datetime]]:
    return ("AND received_at >= %s", [since]) if since else ("", [])
