"""Short numbers for answers by text."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction

from notifications.acks import VALID_FOR
from notifications.models import ReplyCode

TRIES = 20


def reply_code(*, delivery_id: int, user_id: int, now: datetime) -> str:
    """The delivery's code, made at its first use: four digits that no other waiting page of this person has."""
    known = ReplyCode.objects.filter(delivery=delivery_id).first()
    if known is not None:
        return known.code
    ReplyCode.objects.filter(user=user_id, expires_at__lte=now).delete()
    for _ in range(TRIES):
        code = f"{1000 + secrets.randbelow(9000)}"
        try:
            with transaction.atomic():
                ReplyCode.objects.create(
                    delivery_id=delivery_id, user_id=user_id, code=code, expires_at=now + VALID_FOR
                )
        except IntegrityError:
            continue
        return code
    # Thousands of pages wait for one person: the link still answers.
    return ""
