"""Mails about an account itself, to the address that its person signs in by."""

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
    key = f"account:{uuid.uuid4()}"
    row = build(
        method=None,
        key=key,
        group=key,
        kind=DeliveryKind.NOTICE,
        subject=f"account:{person.pk}",
        message=message,
        now=now,
        due_at=now,
        reason={},
        user_id=person.pk,
        address=email,
    )
    enqueue(deliveries=[row])
    return row
