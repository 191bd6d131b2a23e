"""Mails to the address that a person signs in by: about the account itself, and regular notices."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from accounts.models import User
from notifications.actions.deliveries import build, enqueue
from notifications.models import Delivery, DeliveryKind
from notifications.transports.base import Message


@transaction.atomic
def send_account_mail(*, person: User, email: str, message: Message, now: datetime) -> Delivery:
    """Put the mail into the outbox, to the address itself, whatever contact methods the person has."""
    row = _notice(person, email, f"account:{uuid.uuid4()}", f"account:{person.pk}", message, now)
    enqueue(deliveries=[row])
    return row


@transaction.atomic
def mail_notice(*, person: User, key: str, subject: str, message: Message, now: datetime) -> None:
    """Put a notice for `person` into the outbox; one of the same `key` (at most 160 characters) goes out once.

    `subject` names what it is about, such as "schedule:7".
    """
    enqueue(deliveries=[_notice(person, person.email, key, subject, message, now)])


def _notice(person: User, email: str, key: str, subject: str, message: Message, now: datetime) -> Delivery:
    return build(
        method=None,
        key=key,
        group=key[:120],
        kind=DeliveryKind.NOTICE,
        subject=subject,
        message=message,
        now=now,
        due_at=now,
        reason={},
        user_id=person.pk,
        address=email,
    )
