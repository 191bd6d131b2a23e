"""Making and changing integrations."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from alerts import keys
from alerts.models import Integration
from catalog.models import Service
from lib.sealing import seal
from lib.secrets import digest, new_key
from lib.text import one_line


def create_integration(
    *, actor: User | None, kind: str, name: str, service: Service, now: datetime
) -> tuple[Integration, str]:
    """An integration and its key (32 hex digits, as PagerDuty's clients expect)."""
    key = new_key()
    row = Integration.objects.create(
        kind=kind,
        name=one_line(name, 80),
        service=service,
        key_digest=digest(key),
        key_sealed=seal(key),
        created_at=now,
    )
    return row, key


def renew_key(*, actor: User, integration: Integration) -> str:
    """A new key; the old one stops working within seconds."""
    key = new_key()
    Integration.objects.filter(pk=integration.pk).update(key_digest=digest(key), key_sealed=seal(key))
    keys.forget()
    return key


def set_enabled(*, actor: User, integration: Integration, enabled: bool, now: datetime) -> None:
    """Switch the door off, or on again. Stored events stay."""
    Integration.objects.filter(pk=integration.pk).update(disabled_at=None if enabled else now)
    keys.forget()
