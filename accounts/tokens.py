"""Looking up who a bearer token acts for."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import ApiToken
from lib.secrets import digest

USE_IS_NOTED_EVERY = timedelta(minutes=5)


def authenticate(token: str, *, now: datetime) -> ApiToken | None:
    """The usable token whose digest this is, with its user; None for anything else.

    The digest is looked up by an index: a 160-bit secret leaves nothing to learn from timing.
    """
    found = ApiToken.objects.usable(now).select_related("user").filter(digest=digest(token)).first()
    if found and (found.last_used_at is None or now - found.last_used_at > USE_IS_NOTED_EVERY):
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found
