"""Handing deliveries over, with every try in the ledger.

A claim is one statement: the state moves to `sending`, the lease is counted up, and the attempt is written, before the
provider is called. So whatever an ack finds still waiting is never sent, and a worker that dies inside the call leaves
a row that is taken back (notifications.leases), marked as a possible repeat. Pages come before everything else. Under
load a thread claims several at once, all by the same channel, and looks before each whether it is still wanted.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from django.db import connection, transaction

from lib.clock import steady
from lib.sealing import BadSeal, unseal
from notifications import acks, bundles, circuits, leases, settling
from notifications.actions import codes, deliveries
from notifications.claims import Claimed, claim, claim_probe
from notifications.models import PAGING, Delivery
from notifications.recipients import last_resort_secret
from notifications.transports import UnknownTransport, get
from notifications.transports.base import Envelope, PermanentFailure, Receipt, TemporaryFailure, Transport

log = logging.getLogger(__name__)

LARGEST_BATCH = 8
# A process keeps a sender free of each channel, however busy it is: whether it will answer is known only afterwards.
SENDERS_KEPT = 1
_thread = threading.local()
_choosing = threading.Lock()


def forget() -> None:
    """Begin with batches of one again."""
    _thread.batch = 1


def send_due(*, worker: str, now: datetime | None = None, limit: int = 1000, senders: int = 4) -> int:
    """Hand over what is due, pages first, oldest first, until nothing is left; returns how many were tried.

    `now` is fixed by tests only: a sender works for longer than an instant. `senders` is how many threads of this
    process do the same.
    """
    done = 0
    while done < limit:
        batch = _next(worker, now or steady(), senders)
        if not batch:
            return done
        try:
            _hand_over_all(batch, now)
        finally:
            leases.hands.rest()
        done += len(batch)
    return done


def _next(worker: str, now: datetime, senders: int) -> list[Claimed]:
    """What this thread does next: a probe of what was down, else a batch as large as the last ones were full."""
    shut = circuits.shut()
    if shut:
        _hold(shut, now)
        for name in circuits.to_probe(shut, now):
            return claim_probe(worker=worker, now=now, circuit=name)
    size: int = getattr(_thread, "batch", 1)
    # One after the other, or two threads at once would each take what only one of them may.
    with _choosing:
        full = leases.hands.full(max(senders - SENDERS_KEPT, 1))
        batch = claim(worker=worker, now=now, limit=size, avoid=[*shut, *full])
        if batch:
            leases.hands.serve(batch[0].circuit)
    _thread.batch = min(size * 2, LARGEST_BATCH) if len(batch) == size else 1
    return batch


@transaction.atomic
def _hold(shut: list[str], now: datetime) -> None:
    """What is due by a channel that is down waits for its next probe; its people's other methods are used now."""
    held = circuits.hold(shut, now)
    for delivery in Delivery.objects.filter(pk__in=held, kind__in=PAGING):
        deliveries.hasten(delivery=delivery, now=now)


def _hand_over_all(batch: list[Claimed], now: datetime | None) -> None:
    with leases.hands.holding([each.id for each in batch]):
        for number, parcel in enumerate(bundles.sort_out(batch, now or steady())):
            if number == 0 or _still_wanted(parcel):
                with leases.hands.holding(parcel.carried):
                    hand_over(parcel, now=now)


def _still_wanted(claimed: Claimed) -> bool:
    """Whether nobody acknowledged while those before it in the batch were sent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state = 'sending' FROM notifications_delivery WHERE id = %s", [claimed.id])
        row = cursor.fetchone()
    if row and row[0]:
        return True
    settling.not_needed(claimed)
    return False


def hand_over(claimed: Claimed, *, now: datetime | None = None) -> None:
    """Call the provider and write down what it said."""
    try:
        receipt = _call(claimed, now or steady())
    except TemporaryFailure as error:
        settling.failed_for_now(claimed, error, now or steady())
    except PermanentFailure as error:
        settling.failed_for_good(claimed, str(error), now or steady(), disable=error.disable)
    except (UnknownTransport, BadSeal) as error:
        settling.failed_for_good(claimed, f"{error}" or type(error).__name__, now or steady())
    except Exception as error:
        # The boundary to a provider's library: whatever it raises must not stop the sender or lose the page. Nobody
        # knows how far it had come.
        log.exception("transport %s broke", claimed.transport)
        broken = TemporaryFailure(f"{type(error).__name__}: {error}", down=False, unknown=True)
        settling.failed_for_now(claimed, broken, now or steady())
    else:
        settling.sent(claimed, receipt, now or steady())


def _call(claimed: Claimed, now: datetime) -> Receipt:
    transport = get(claimed.transport)
    envelope = _envelope(claimed, transport, now)
    if claimed.replaces is None:
        return transport.send(envelope)
    return transport.edit(envelope, claimed.replaces)


def _envelope(claimed: Claimed, transport: Transport, now: datetime) -> Envelope:
    token = acks.token(claimed.answered_as) if claimed.answered_as else ""
    message = deliveries.unpacked(claimed.message, ack_url=acks.link_of(token) if token else "")
    return Envelope(
        address=claimed.address,
        secret=_secret(claimed, transport),
        key=claimed.key,
        attempt=claimed.attempt,
        message=bundles.together(message, claimed.others) if claimed.others else message,
        now=now,
        token=token,
        reply_code=_reply_code(claimed, now) if transport.carries.reply_codes else "",
        delivery=claimed.id,
    )


def _secret(claimed: Claimed, transport: Transport) -> str:
    if claimed.secret:
        return unseal(claimed.secret)
    return last_resort_secret() if transport.needs_secret and claimed.method_id is None else ""


def _reply_code(claimed: Claimed, now: datetime) -> str:
    """None for the fallback: an answer counts only from a number that its person has verified."""
    if claimed.answered_as is None or claimed.user_id is None or claimed.method_id is None:
        return ""
    return codes.reply_code(delivery_id=claimed.answered_as, user_id=claimed.user_id, now=now)
