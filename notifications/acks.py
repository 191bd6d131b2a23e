"""Links that acknowledge: signed, for one delivery and so for one person, valid for two days.

The signature stands in for a stored secret: nothing to leak from the database, nothing to clean up. One use comes
from `Delivery.acknowledged_at`.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing

VALID_FOR = timedelta(days=2)
SALT = "tocsin.ack"


class BadLink(Exception):
    """The link was changed, or is older than two days."""


class ExpiredLink(BadLink):
    """The link was right and is older than two days."""


def token(delivery_id: int) -> str:
    """The last part of the link."""
    return signing.TimestampSigner(salt=SALT, sep="~").sign(str(delivery_id))


def link(delivery_id: int) -> str:
    """The whole address, as it stands in a mail."""
    return link_of(token(delivery_id))


def link_of(text: str) -> str:
    """The address for a token that was made before."""
    return f"{settings.SITE_URL}/ack/{text}"


def read(text: str) -> int:
    """The delivery's id; raises BadLink, ExpiredLink. Compared in constant time by the signer."""
    try:
        return int(signing.TimestampSigner(salt=SALT, sep="~").unsign(text, max_age=VALID_FOR))
    except signing.SignatureExpired as error:
        raise ExpiredLink(str(error)) from error
    except (signing.BadSignature, ValueError) as error:
        raise BadLink(str(error)) from error
