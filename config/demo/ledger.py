"""The past of the outbox: what was due to people was handed over at the time, and nothing of it is due now."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from config.demo.wire import DOMAIN
from notifications.leases import OLD_LEASE
from notifications.models import Attempt, Delivery, DeliveryState

WORKERS = ("worker-1:212", "worker-2:198")
GREYLISTED = 0.03
"""How often a mail server asks to be tried again, as they do."""


def settle(*, subject: str, until: datetime, rng: Random) -> None:
    """Everything about `subject` that was due before `until` was sent when it was due, with its attempts."""
    rows = list(
        Delivery.objects.about(subject)
        .filter(state=DeliveryState.PENDING, due_at__lt=until)
        .order_by("due_at", "id")
    )
    attempts = [attempt for row in rows for attempt in _sent(row, rng)]
    fields = ["state", "due_at", "attempts_made", "sent_at", "settled_at", "provider_id", "outcome"]
    Delivery.objects.bulk_update(rows, fields)
    Attempt.objects.bulk_create(attempts)


def _sent(row: Delivery, rng: Random) -> list[Attempt]:
    attempts: list[Attempt] = []
    started = row.due_at + timedelta(milliseconds=rng.randint(8, 90))
    if row.transport == "email" and rng.random() < GREYLISTED:
        attempts.append(_greylisted(row, started, rng))
        started += timedelta(milliseconds=rng.randint(4_000, 7_000))
    last = _taken(row, len(attempts) + 1, started, rng)
    attempts.append(last)
    row.state, row.attempts_made, row.due_at = DeliveryState.SENT, last.number, started + OLD_LEASE
    row.sent_at = row.settled_at = last.answered_at
    row.provider_id, row.outcome = last.provider_id, last.answer
    return attempts


def _taken(row: Delivery, number: int, started: datetime, rng: Random) -> Attempt:
    mail = row.transport == "email"
    return Attempt(
        delivery=row,
        number=number,
        transport=row.transport,
        worker=rng.choice(WORKERS),
        started_at=started,
        answered_at=started + timedelta(milliseconds=rng.randint(40, 420)),
        succeeded=True,
        provider_id=f"<{rng.getrandbits(128):032x}@tocsin.{DOMAIN}>" if mail else row.key,
        answer="accepted by the mail server" if mail else "HTTP 204",
    )


def _greylisted(row: Delivery, started: datetime, rng: Random) -> Attempt:
    return Attempt(
        delivery=row,
        number=1,
        transport=row.transport,
        worker=rng.choice(WORKERS),
        started_at=started,
        answered_at=started + timedelta(milliseconds=rng.randint(200, 900)),
        succeeded=False,
        answer="451 4.7.1 Greylisted, please try again later",
    )
