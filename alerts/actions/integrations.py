"""Making and changing integrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alerts import keys
from alerts.models import Integration
from catalog.models import Service
from lib.sealing import seal
from lib.secrets import digest, new_key
from lib.text import one_line


class NameTaken(ValueError):
    """The service has another integration of this name. The message is for the person who chose it."""

    def __init__(self) -> None:
        super().__init__(_("The service has an integration of this name already."))


def create_integration(
    *, actor: User | None, kind: str, name: str, service: Service, now: datetime
) -> tuple[Integration, str]:
    """An integration and its key (32 hex digits, as PagerDuty's clients expect). Raises NameTaken."""
    key = new_key()
    row = Integration(
        kind=kind, name=one_line(name, 80), service=service, created_at=now, **_fields_of_key(key)
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise NameTaken from error
    return row, key


def rename_integration(*, actor: User, integration: Integration, name: str) -> None:
    """Another name; key and address stay. Raises NameTaken."""
    try:
        with transaction.atomic():
            Integration.objects.filter(pk=integration.pk).update(name=one_line(name, 80))
    except IntegrityError as error:
        raise NameTaken from error


def renew_key(*, actor: User, integration: Integration) -> str:
    """A new key; the old one stops working within seconds."""
    key = new_key()
    Integration.objects.filter(pk=integration.pk).update(**_fields_of_key(key))
    keys.forget()
    return key


def set_enabled(*, actor: User, integration: Integration, enabled: bool, now: datetime) -> None:
    """Switch the door off, or on again. Stored events stay, and those that wait are still worked through."""
    Integration.objects.filter(pk=integration.pk).update(disabled_at=None if enabled else now)
    keys.forget()


def _fields_of_key(key: str) -> dict[str, Any]:
    return {"key_digest": digest(key), "key_sealed": seal(key)}
