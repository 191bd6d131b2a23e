"""The alarm about the pager itself: opened once, told to the admins without broker and without the outbox.

Whoever inserts the row tells; all other processes see it and keep quiet. Telling goes straight to the transports, one
method after the other until one takes it, and is in the ledger like any message. A teller that dies is stood in for
after STAND_IN; while the alarm is open, it is told again every REPEAT.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from lib.sealing import BadSeal, unseal
from notifications import circuits, transports
from notifications.actions.deliveries import build
from notifications.leases import OLD_LEASE
from notifications.models import Alarm, Attempt, ContactMethod, Delivery, DeliveryKind, DeliveryState, Urgency
from notifications.recipients import people, ways
from notifications.transports.base import Envelope, Message, PermanentFailure, TemporaryFailure

log = logging.getLogger(__name__)

REPEAT = timedelta(minutes=30)
STAND_IN = timedelta(minutes=2)
# No telling takes longer than this, however many admins there are and however slowly their methods answer.
LONGEST_TELLING = 60.0
Clock = Callable[[], datetime]

OPEN = """
    INSERT INTO notifications_alarm (kind, text, opened_at) VALUES (%s, %s, %s)
    ON CONFLICT (kind) WHERE closed_at IS NULL DO NOTHING RETURNING id
"""


def open_alarm(*, kind: str, text: str, now: datetime) -> Alarm | None:
    """The alarm, for the one caller that opened it; None where it is open already."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [kind, text[:500], now])
        row = cursor.fetchone()
    return Alarm(pk=row[0], kind=kind, text=text[:500], opened_at=now) if row else None


def close_alarm(*, kind: str, now: datetime) -> Alarm | None:
    """The alarm, for the one caller that closed it; None where none of the kind is open."""
    alarm = Alarm.objects.filter(kind=kind, closed_at=None).first()
    if alarm is None or not Alarm.objects.filter(pk=alarm.pk, closed_at=None).update(closed_at=now):
        return None
    alarm.closed_at = now
    return alarm


CLAIM_REPEAT = """
    UPDATE notifications_alarm SET told_at = %(now)s
    WHERE closed_at IS NULL AND (told_at <= %(again)s OR (told_at IS NULL AND opened_at <= %(stand_in)s))
    RETURNING id
"""


def claim_repeats(now: datetime) -> list[Alarm]:
    """Open alarms that this caller is to tell again, or to tell in place of a process that died."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_REPEAT, {"now": now, "again": now - REPEAT, "stand_in": now - STAND_IN})
        ids = [row[0] for row in cursor.fetchall()]
    return list(Alarm.objects.filter(pk__in=ids).order_by("id"))


def tell(alarm: Alarm, *, facts: tuple[tuple[str, str], ...], now: Clock) -> int:
    """To every admin, by the first of their methods that takes it; returns how many were reached.

    Where nobody was, `told_at` stays empty, so that the next look of any process tries again.
    """
    reached = _to_admins(alarm, _message(alarm, facts), now)
    told_at = now() if reached else None
    if not alarm.closed_at:
        Alarm.objects.filter(pk=alarm.pk, closed_at=None).update(told_at=told_at)
    if not reached:
        log.error("alarm reached nobody: %s", alarm.text)
    return reached


def _message(alarm: Alarm, facts: tuple[tuple[str, str], ...]) -> Message:
    over = alarm.closed_at is not None
    headline = (
        _("Tocsin is paging in time again") if over else _("Tocsin itself is in trouble: pages may be late")
    )
    return Message(
        kind="alarm",
        headline=headline,
        intro=alarm.text,
        facts=facts,
        url=_operations_url(),
        link_text=_("Open Operations"),
        thread=f"alarm:{alarm.pk}",
        quiet=over,
    )


def _operations_url() -> str:
    return f"{settings.SITE_URL}{reverse('insights:operations')}"


@dataclass(frozen=True, slots=True)
class _Try:
    """One admin by one way; without a method by mail to their account's address."""

    user: User
    method: ContactMethod | None


def _to_admins(alarm: Alarm, message: Message, now: Clock) -> int:
    """First everybody's first method, then the second of those who were not reached, and so on."""
    deadline = time.monotonic() + LONGEST_TELLING
    reached: set[int] = set()
    for number, each in enumerate(_tries()):
        if each.user.pk not in reached and time.monotonic() < deadline:
            row = _row(alarm, message, each, number, now())
            if _hand_over(row, each, message, now):
                reached.add(each.user.pk)
    return len(reached)


def _tries() -> list[_Try]:
    ids = list(User.objects.admins().values_list("pk", flat=True))
    lines = [_ways_of(user) for user in people(ids).values()]
    return [each for rank in zip_longest(*lines) for each in rank if each is not None]


def _ways_of(user: User) -> list[_Try]:
    """In the order of their rules for high urgency, then what the rules leave out; what is down comes last."""
    by_rule = [way.method for way in ways(user, Urgency.HIGH)]
    usable: list[ContactMethod] = getattr(user, "usable_methods", [])
    methods = {method.pk: method for method in (*by_rule, *usable)}
    shut = set(circuits.shut())
    found = sorted(
        methods.values(), key=lambda method: transports.circuit_of(method.transport, method.address) in shut
    )
    return [*(_Try(user, method) for method in found), *([] if found else [_Try(user, None)])]


def _row(alarm: Alarm, message: Message, each: _Try, number: int, now: datetime) -> Delivery:
    """In the ledger as being sent, with its attempt, before the provider is called. No worker holds its lease: if this
    process dies, the outbox sends it once the time of old leases is over."""
    row = build(
        method=each.method,
        key=f"alarm:{alarm.pk}:{'over' if alarm.closed_at else now.timestamp()}:{each.user.pk}:{number}",
        group=f"alarm:{alarm.pk}:{each.user.pk}",
        kind=DeliveryKind.ALARM,
        subject=f"alarm:{alarm.pk}",
        message=message,
        now=now,
        due_at=now,
        reason={"name": str(each.user), "kind": "alarm"},
        user_id=each.user.pk,
        address=each.user.email,
    )
    row.state, row.attempts_made, row.due_at = DeliveryState.SENDING, 1, now + 2 * OLD_LEASE
    row.save()
    Attempt.objects.create(delivery=row, number=1, transport=row.transport, worker="watch", started_at=now)
    return row


def _hand_over(row: Delivery, each: _Try, message: Message, now: Clock) -> bool:
    provider_id, answer, succeeded, permanent = "", "", False, False
    try:
        receipt = transports.get(row.transport).send(_envelope(row, each, message, now()))
        provider_id, answer, succeeded = receipt.provider_id, receipt.answer, True
    except PermanentFailure as error:
        answer, permanent = str(error), True
    except (TemporaryFailure, transports.UnknownTransport, BadSeal) as error:
        answer = str(error) or type(error).__name__
    except Exception as error:
        # The boundary to a provider's library: the next method must still be tried.
        log.exception("transport %s broke", row.transport)
        answer = type(error).__name__
    _settle(row, now(), provider_id, answer, succeeded=succeeded, permanent=permanent)
    return succeeded


def _settle(
    row: Delivery, now: datetime, provider_id: str, answer: str, *, succeeded: bool, permanent: bool
) -> None:
    Attempt.objects.filter(delivery=row, number=1).update(
        answered_at=now,
        succeeded=succeeded,
        permanent=permanent,
        provider_id=provider_id[:200],
        answer=answer[:500],
    )
    Delivery.objects.filter(pk=row.pk, state=DeliveryState.SENDING).update(
        state=DeliveryState.SENT if succeeded else DeliveryState.FAILED,
        sent_at=now if succeeded else None,
        settled_at=now,
        provider_id=provider_id[:200],
        outcome="" if succeeded else answer[:500],
    )


def _envelope(row: Delivery, each: _Try, message: Message, now: datetime) -> Envelope:
    sealed = each.method.secret if each.method else ""
    return Envelope(
        address=row.address,
        secret=unseal(sealed) if sealed else "",
        key=row.key,
        attempt=1,
        message=message,
        now=now,
        delivery=row.pk,
    )
