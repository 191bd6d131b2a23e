"""Connecting a chat: a link that only its person has starts the bot, and the bot learns the chat's number.

What follows `start=` may have 64 letters, digits, underscores and dashes, so Django's signers do not fit.
"""

from __future__ import annotations

import base64
import binascii
import struct
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from lib.text import one_line
from notifications.actions.methods import MOST_METHODS, TooManyMethods, mark_verified
from notifications.models import ContactMethod

VALID_FOR = timedelta(minutes=15)
SALT = "tocsin.telegram.start"
_PARTS = struct.Struct(">QI")
_MAC = 24


class BadStart(Exception):
    """The link was changed, is older than fifteen minutes, or belongs to somebody who left."""


def start_token(user_id: int, now: datetime) -> str:
    """The last part of t.me/<bot>?start=…: who, when, and our signature over both."""
    said = _PARTS.pack(user_id, int(now.timestamp()))
    return base64.urlsafe_b64encode(said + _signature(said)).decode()


def person_of(token: str, now: datetime) -> User:
    """Whose link it is. Raises BadStart."""
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeError) as error:
        raise BadStart from error
    if len(raw) != _PARTS.size + _MAC:
        raise BadStart
    said, signature = raw[: _PARTS.size], raw[_PARTS.size :]
    if not constant_time_compare(signature, _signature(said)):
        raise BadStart
    user_id, made = _PARTS.unpack(said)
    age = now.timestamp() - made
    found: User | None = User.objects.filter(pk=user_id, is_active=True).first()
    if not -60 <= age < VALID_FOR.total_seconds() or found is None:
        raise BadStart
    return found


def _signature(said: bytes) -> bytes:
    return salted_hmac(SALT, said, algorithm="sha256").digest()[:_MAC]


@transaction.atomic
def connect(*, user: User, chat: str, label: str, now: datetime) -> ContactMethod:
    """The chat is a verified way to reach the person: only they had the link. Raises TooManyMethods."""
    User.objects.select_for_update().get(pk=user.pk)
    known = ContactMethod.objects.filter(user=user)
    method = known.filter(transport="telegram", address=chat).first()
    if method is None and known.count() >= MOST_METHODS:
        raise TooManyMethods
    if method is None:
        method = ContactMethod.objects.create(
            user=user, transport="telegram", address=chat, label=one_line(label, 60), created_at=now
        )
    mark_verified(method=method, now=now)
    return method
