"""Changes to people, teams and tokens."""

from __future__ import annotations

from datetime import datetime

from accounts.models import ApiToken, User
from lib.secrets import digest, new_token


def create_token(
    *, actor: User, name: str, now: datetime, read_only: bool = False, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A token for `actor`, and its text, which is shown this once."""
    text = new_token("toc")
    row = ApiToken.objects.create(
        user=actor, name=name, digest=digest(text), hint=text[-4:], read_only=read_only,
        created_at=now, expires_at=expires_at,
    )
    return row, text


def revoke_token(*, actor: User, token: ApiToken, now: datetime) -> None:
    """Ends the token at once; a second revocation changes nothing."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
