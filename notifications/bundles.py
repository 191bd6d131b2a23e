"""Many pages to one phone in one message.

A method may ask for at most one message in a while. The first goes at once; what comes within that while waits for its
end and is then told together, with an honest count. Nothing is bundled by a method that asks for no such thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from lib.text import one_line
from notifications.claims import Claimed
from notifications.leases import OLD_LEASE
from notifications.transports import UnknownTransport, get
from notifications.transports.base import Message

MOST_NAMED = 10


def together(first: Message, others: Iterable[tuple[int, int, str]]) -> Message:
    """One message for `first` and the headlines of others: how many there are, then each by name."""
    headlines = [headline for _id, _attempt, headline in others]
    named = [f"– {one_line(headline, 150)}" for headline in headlines[:MOST_NAMED]]
    if len(headlines) > MOST_NAMED:
        named.append(_("and %(count)s more") % {"count": len(headlines) - MOST_NAMED})
    return replace(
        first,
        headline=_("%(count)s pages: %(first)s") % {"count": len(headlines) + 1, "first": first.headline},
        intro="\n".join([part for part in (first.intro, _("Also:"), *named) if part]),
        more=tuple(headlines),
    )


def sort_out(batch: Sequence[Claimed], now: datetime) -> list[Claimed]:
    """What is really sent of a claimed batch: pages of a throttled method become one message, or wait their turn."""
    sent: list[Claimed] = []
    for claimed in batch:
        limit = _limit(claimed)
        if not limit:
            sent.append(claimed)
        elif claimed.method_id not in {each.method_id for each in sent if each.throttle is not None}:
            sent += _first_or_wait(replace(claimed, throttle=limit), batch, limit, now)
    return sent


def _limit(claimed: Claimed) -> timedelta:
    """At most one message in this long; nothing for what is not a page."""
    if not claimed.is_page or claimed.method_id is None:
        return timedelta(0)
    return spacing(claimed.transport, claimed.throttle)


def spacing(transport: str, chosen: timedelta | None) -> timedelta:
    """How long a method's next page waits behind the last: what its person chose, else what the channel does."""
    if chosen is not None:
        return chosen
    try:
        return get(transport).throttle
    except UnknownTransport:
        return timedelta(0)


TURN = """
    UPDATE notifications_contactmethod SET last_page_at = %(now)s
    WHERE id = %(method)s AND (last_page_at IS NULL OR last_page_at <= %(edge)s OR last_page_at > %(now)s)
"""


def _first_or_wait(
    claimed: Claimed, batch: Sequence[Claimed], limit: timedelta, now: datetime
) -> list[Claimed]:
    same = [each for each in batch if each.method_id == claimed.method_id and each.kind == claimed.kind]
    if same[0].id != claimed.id:
        return []
    with connection.cursor() as cursor:
        cursor.execute(TURN, {"now": now, "edge": now - limit, "method": claimed.method_id})
        if not cursor.rowcount:
            _wait(same, limit, now)
            return []
    mine = [(each.id, each.attempt, str(each.message.get("headline", ""))) for each in same[1:]]
    return [replace(claimed, others=(*mine, *_gathered(claimed, [each[0] for each in mine], now)))]


# The attempt was never made: it is taken out of the ledger again.
WAIT = """
    WITH untried AS (
        DELETE FROM notifications_attempt a USING unnest(%(ids)s::bigint[], %(numbers)s::int[]) AS v(id, number)
        WHERE a.delivery_id = v.id AND a.number = v.number
    )
    UPDATE notifications_delivery d
    SET state = 'pending', attempts_made = attempts_made - 1,
        due_at = greatest(m.last_page_at + %(limit)s::interval, %(now)s), outcome = %(why)s
    FROM notifications_contactmethod m
    WHERE d.id = ANY(%(ids)s) AND d.state = 'sending' AND m.id = d.method_id
"""


def _wait(same: Sequence[Claimed], limit: timedelta, now: datetime) -> None:
    why = _("waits to be told together with others: at most one message in %(seconds)s s") % {
        "seconds": int(limit.total_seconds())
    }
    values: dict[str, Any] = {
        "ids": [each.id for each in same],
        "numbers": [each.attempt for each in same],
        "limit": limit,
        "now": now,
        "why": why,
    }
    with connection.cursor() as cursor:
        cursor.execute(WAIT, values)


GATHER = """
WITH next AS (
    SELECT id FROM notifications_delivery
    WHERE method_id = %(method)s AND state = 'pending' AND kind = %(kind)s AND due_at <= %(now)s
    ORDER BY due_at, id FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE notifications_delivery d
    SET state = 'sending', due_at = %(old_lease)s, lease = lease + 1, attempts_made = attempts_made + 1
    FROM next WHERE d.id = next.id RETURNING d.*
), tried AS (
    INSERT INTO notifications_attempt
        (delivery_id, number, transport, worker, started_at, permanent, repeats_unknown, provider_id, answer)
    SELECT moved.id, moved.attempts_made, moved.transport, leader.worker, %(now)s, false,
           moved.attempts_made > 1 AND EXISTS (
               SELECT 1 FROM notifications_attempt a
               WHERE a.delivery_id = moved.id AND a.number = moved.attempts_made - 1 AND a.answered_at IS NULL),
           '', ''
    FROM moved, notifications_attempt leader
    WHERE leader.delivery_id = %(leader)s AND leader.number = %(number)s
), mine AS (
    UPDATE notifications_delivery SET bundle_id = %(leader)s WHERE id = ANY(%(mine)s) AND state = 'sending'
)
SELECT id, attempts_made, coalesce(message->>'headline', '') FROM moved
"""
BUNDLE = "UPDATE notifications_delivery SET bundle_id = %(leader)s WHERE id = ANY(%(ids)s)"


def _gathered(claimed: Claimed, mine: list[int], now: datetime) -> list[tuple[int, int, str]]:
    """Whatever else is due by the same method, now in the same hands; all of it knows its bundle."""
    values: dict[str, Any] = {
        "method": claimed.method_id,
        "kind": claimed.kind,
        "now": now,
        "old_lease": now + OLD_LEASE,
        "leader": claimed.id,
        "number": claimed.attempt,
        "mine": mine,
    }
    with connection.cursor() as cursor:
        cursor.execute(GATHER, values)
        gathered = [(int(row[0]), int(row[1]), str(row[2])) for row in cursor.fetchall()]
        if gathered:
            # A statement sees a row in one version only: those just claimed are marked by a second one.
            cursor.execute(BUNDLE, {"leader": claimed.id, "ids": [each[0] for each in gathered]})
    return gathered
