"""Writing down what a provider said, also when the database is away just then.

Whoever handed a message over and cannot write it down keeps trying and keeps the message in hand: another worker would
send it twice. Only a process that dies inside leaves that open, and the ledger then says so.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec

from django.db import Error as DatabaseProblem
from django.db import close_old_connections, connection, transaction

from lib import backoff
from lib.clock import steady
from notifications import circuits, lateness, measures, subjects
from notifications.actions import deliveries
from notifications.actions.methods import switch_off
from notifications.claims import Claimed
from notifications.lifecycle import sources
from notifications.models import Attempt, ContactMethod, Delivery, DeliveryKind, DeliveryState, LatenessKind
from notifications.transports.base import Receipt, TemporaryFailure

log = logging.getLogger(__name__)

# A channel that is down has its circuit; these waits are for one address that is refused for now.
FIRST_WAIT, SHORT_WAIT, LONG_WAIT = timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30)
HURRIED = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(hours=1)
# Another method is used when this one failed twice, or has been trying for this long.
HASTEN_AFTER, HASTEN_LATE = 2, timedelta(seconds=8)
# How a circuit says that it holds a message back (notifications.circuits).
WAITS = "waits: "
REST, LONGEST_REST = 0.5, 600.0

P = ParamSpec("P")


def persistently(write: Callable[P, None]) -> Callable[P, None]:
    """Repeat `write` until the database takes it, for ten minutes at most."""

    @wraps(write)
    def tried(*args: P.args, **kwargs: P.kwargs) -> None:
        deadline = time.monotonic() + LONGEST_REST
        while True:
            try:
                return write(*args, **kwargs)
            except DatabaseProblem as error:
                if connection.in_atomic_block or time.monotonic() > deadline:
                    raise
                log.warning("the ledger waits for the database: %s", error)
                close_old_connections()
                connection.close()
                time.sleep(REST)

    return tried


# A code or a link that lets somebody in has done its work once it is sent; only a page's link is worth keeping. A
# report that overtook the provider's answer has left its moment.
SENT = """
WITH before AS (
    SELECT id, state, outcome FROM notifications_delivery WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE
), tried AS (
    UPDATE notifications_attempt a
    SET answered_at = %(now)s, succeeded = true, provider_id = %(provider)s, answer = %(answer)s
    FROM unnest(%(ids)s::bigint[], %(numbers)s::int[]) AS v(id, number)
    WHERE a.delivery_id = v.id AND a.number = v.number
    RETURNING a.delivery_id, a.started_at
)
UPDATE notifications_delivery d
SET state = CASE WHEN delivered_at IS NULL THEN 'sent' ELSE 'delivered' END,
    sent_at = %(now)s, settled_at = %(now)s, provider_id = %(provider)s, outcome = %(answer)s,
    message = CASE WHEN kind IN ('verification', 'notice') THEN message - 'code' - 'url' ELSE message END
FROM before LEFT JOIN tried ON tried.delivery_id = before.id
WHERE d.id = before.id AND before.state = ANY(%(states)s)
RETURNING d.id, before.state = 'cancelled', before.outcome, tried.started_at
"""


@persistently
def sent(claimed: Claimed, receipt: Receipt, now: datetime) -> None:
    """The provider has it."""
    values: dict[str, Any] = {
        "ids": claimed.carried,
        "numbers": [claimed.attempt, *(number for _, number, _ in claimed.others)],
        "now": now,
        "provider": receipt.provider_id[:200],
        "answer": receipt.answer[:500],
        "states": sources("hand_over"),
    }
    with connection.cursor() as cursor:
        cursor.execute(SENT, values)
        rows = cursor.fetchall()
    overtaken = [row[0] for row in rows if row[1]]
    _counted(claimed, "sent")
    if claimed.circuit:
        circuits.succeeded(claimed.circuit, now=now)
    if claimed.kind == DeliveryKind.PAGE:
        held = next((row[2:] for row in rows if row[0] == claimed.id), ("", None))
        _timed(claimed, now, _why_late(claimed, held[0], held[1], now))
    _tell_overtaken(overtaken, now)


def _why_late(claimed: Claimed, before: str, started: datetime | None, now: datetime) -> str:
    """What held it up: what a provider said, a circuit, a throttle, a slow answer, or that nobody was free."""
    if before.startswith(WAITS):
        before = f"its circuit was open: {before.removeprefix(WAITS)}"
    if before:
        return f"{before} ({claimed.attempt} tries)" if claimed.attempt > 1 else before
    if claimed.attempt > 1:
        return f"{claimed.attempt} tries"
    took = (now - started).total_seconds() if started else 0.0
    if took > (now - claimed.scheduled_at).total_seconds() / 2:
        return f"the provider took {took:.1f} s to answer"
    return "it waited for a sender that is free"


def _timed(claimed: Claimed, now: datetime, cause: str) -> None:
    measures.observe("delivery_lateness", (now - claimed.scheduled_at).total_seconds(), claimed.transport)
    lateness.observe(
        LatenessKind.SEND,
        due=claimed.scheduled_at,
        done=now,
        subject=claimed.subject,
        what=f"{claimed.transport} #{claimed.id}",
        cause=cause,
    )


def _tell_overtaken(ids: list[int], now: datetime) -> None:
    """They were taken back while the provider was being called: whoever reads them is told that it is over."""
    for delivery in Delivery.objects.filter(pk__in=ids, kind=DeliveryKind.PAGE) if ids else ():
        owned = subjects.owner_of(delivery.subject)
        if owned and owned[0].overtaken:
            owned[0].overtaken(owned[1], delivery, now)


@persistently
def failed_for_good(
    claimed: Claimed, reason: str, now: datetime, *, disable: bool = False, unknown: bool = False
) -> None:
    """It never will be taken; the next method is due. `unknown`: the last try has no answer all the same."""
    _close_attempts(claimed, reason, None if unknown else now, permanent=True)
    for delivery in claimed.carried:
        deliveries.fail(delivery_id=delivery, outcome=reason, now=now)
    if disable and claimed.method_id:
        switch_off(method_id=claimed.method_id, reason=reason, now=now)
    _counted(claimed, "failed")


@persistently
def failed_for_now(claimed: Claimed, error: TemporaryFailure, now: datetime) -> None:
    """Try again later, for an hour at most; after a bounded time the next method is used as well."""
    reason = str(error)
    if claimed.circuit and error.down:
        circuits.failed(claimed.circuit, reason=reason, retry_after=error.retry_after, now=now)
    if now - claimed.scheduled_at >= GIVE_UP_AFTER:
        given_up = f"given up after {claimed.attempt} tries: {reason}"
        failed_for_good(claimed, given_up, now, unknown=error.unknown)
        return
    with transaction.atomic():
        _close_attempts(claimed, reason, None if error.unknown else now, permanent=False)
        if claimed.method_id and claimed.throttle:
            # It did not go out, so the method's turn is not used up.
            ContactMethod.objects.filter(pk=claimed.method_id).update(last_page_at=None)
        Delivery.objects.filter(pk__in=claimed.carried, state__in=sources("retry")).update(
            state=DeliveryState.PENDING,
            due_at=now + _wait(claimed, error.retry_after, now),
            outcome=reason[:500],
            bundle=None,
        )
    if claimed.is_page and _is_time_for_another(claimed, error.retry_after, now):
        with transaction.atomic():
            for delivery in Delivery.objects.filter(pk__in=claimed.carried):
                deliveries.hasten(delivery=delivery, now=now)
    _counted(claimed, "retried")


def _wait(claimed: Claimed, retry_after: float | None, now: datetime) -> timedelta:
    cap = SHORT_WAIT if now - claimed.scheduled_at < HURRIED else LONG_WAIT
    wait = backoff.delay(claimed.attempt, base=FIRST_WAIT, cap=cap, jitter=random.random())  # noqa: S311 - spreads load, guards nothing
    return max(wait, timedelta(seconds=min(retry_after or 0, 600)))


def _is_time_for_another(claimed: Claimed, retry_after: float | None, now: datetime) -> bool:
    if claimed.attempt >= HASTEN_AFTER or now - claimed.scheduled_at >= HASTEN_LATE:
        return True
    return bool(retry_after and retry_after >= HASTEN_LATE.total_seconds())


def not_needed(claimed: Claimed) -> None:
    """It was claimed and never handed over, since somebody acknowledged before its turn came."""
    _close_attempts(claimed, "not handed over: no longer needed", steady(), permanent=False)


def _close_attempts(claimed: Claimed, reason: str, now: datetime | None, *, permanent: bool) -> None:
    """With `now` None there was no answer: the next try then says that it may be a repeat."""
    numbers = {claimed.id: claimed.attempt} | {each: number for each, number, _ in claimed.others}
    for delivery, number in numbers.items():
        Attempt.objects.filter(delivery_id=delivery, number=number).update(
            answered_at=now,
            succeeded=None if now is None else False,
            permanent=permanent,
            answer=reason[:500],
        )


def _counted(claimed: Claimed, what: str) -> None:
    measures.count("deliveries", f"{claimed.transport}:{what}", by=len(claimed.carried))
