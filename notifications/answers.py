"""An answer to a message, from wherever it came: a link, a text message, a digit, a button.

Transports' callbacks prove who speaks and which delivery is meant, then call `answer`; the layer that owns the
delivery's subject does what was asked and says in one sentence what happened, fit for the person.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from notifications import subjects
from notifications.acks import BadLink, read
from notifications.models import ContactMethod, Delivery, Inbound, ReplyCode
from notifications.subjects import Answered, Verb

LETTERS = {"a": Verb.ACKNOWLEDGE, "e": Verb.ESCALATE, "r": Verb.RESOLVE}
DIGITS = {"4": Verb.ACKNOWLEDGE, "6": Verb.ESCALATE}


class Unknown(Exception):
    """No page of this person is meant by it; the message is fit for whoever sent it."""


class Repeated(Exception):
    """The provider sent the same thing before."""


def delivery_of(token: str) -> Delivery:
    """The delivery behind a button. Raises BadLink, ExpiredLink."""
    found = Delivery.objects.select_related("user", "method").filter(pk=read(token)).first()
    if found is None:
        raise BadLink("unknown")
    return found


def delivery_by_code(*, person: User, code: str, now: datetime) -> Delivery:
    """The page that this person's short number names. Raises Unknown."""
    row = (
        ReplyCode.objects.filter(user=person, code=code, expires_at__gt=now)
        .select_related("delivery__user", "delivery__method")
        .first()
    )
    if row is None:
        raise Unknown("No page of yours waits for this code. It may be older than two days.")
    return row.delivery


def person_at(*, transport: str, address: str) -> User | None:
    """Whose verified method this is, None for a stranger's."""
    method = (
        ContactMethod.objects.usable()
        .filter(transport=transport, address=address, user__is_active=True)
        .select_related("user")
        .order_by("id")
        .first()
    )
    return method.user if method else None


def answer(*, delivery: Delivery, verb: Verb, actor: User | None = None, via: str, now: datetime) -> Answered:
    """Do what the reader of a message asked for, for it and all that it stood for.

    `actor` is the delivery's own person unless a room's message was answered. Raises BadLink when nobody may answer it.
    """
    person = actor or delivery.user
    if person is None or not person.can_respond:
        raise BadLink("nobody who may answer")
    owned = [
        (found, member)
        for member in [delivery, *delivery.bundled.select_related("user")]
        if (found := subjects.owner_of(member.subject))
    ]
    if not owned:
        raise BadLink("nothing to answer")
    said = [
        owner.answer(number, member, verb, person, via, now)
        for (owner, number), member in owned
        if owner.answer
    ]
    if not said:
        raise BadLink("nothing to answer")
    if len(said) == 1:
        return said[0]
    done = sum(each.changed for each in said)
    return Answered(bool(done), f"{done} of {len(said)}: " + " ".join(each.text for each in said)[:600])


def is_awaited(delivery: Delivery) -> bool:
    """Whether an answer to it, or to one that it stood for, has anything left to do."""
    for member in [delivery, *delivery.bundled.all()]:
        owned = subjects.owner_of(member.subject)
        if owned and (owned[0].waits is None or owned[0].waits(owned[1], member)):
            return True
    return False


@transaction.atomic
def note(
    *,
    transport: str,
    provider_id: str,
    sender: str,
    summary: str,
    now: datetime,
    delivery: Delivery | None = None,
) -> Inbound:
    """Keep what came in before acting on it. Raises Repeated when the provider's id is known already."""
    try:
        with transaction.atomic():
            return Inbound.objects.create(
                transport=transport,
                provider_id=provider_id[:200],
                sender=sender[:200],
                summary=summary[:300],
                received_at=now,
                delivery=delivery,
            )
    except IntegrityError as error:
        raise Repeated(provider_id) from error
