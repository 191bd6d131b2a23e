"""Setting up what carries messages. Only admins do; secrets are sealed, and shown to nobody again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.db import transaction

from accounts.models import User
from lib.sealing import seal
from notifications import providers
from notifications.models import Provider
from notifications.providers import Declared, declared


class NotYours(Exception):
    """Only admins set up providers."""


class Wrong(Exception):
    """Values that cannot be right: `errors` by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def filled(about: Declared, given: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """The values as they would be kept: a secret that was left empty stays what it was, defaults fill the rest."""
    found: dict[str, str] = {}
    for field in about.fields:
        text = str(given.get(field.name) or "").strip()
        if not text and field.kind == "secret":
            text = known.get(field.name, "")
        found[field.name] = text or field.default
    return found


@transaction.atomic
def save_provider(*, actor: User, name: str, values: Mapping[str, str], now: datetime) -> Provider:
    """Set it up, or change it; every process goes by it within seconds. Raises NotYours, Wrong, KeyError."""
    if not actor.is_admin:
        raise NotYours
    about = declared(name)
    row = Provider.objects.select_for_update().filter(name=name).first() or Provider(name=name)
    kept = filled(about, values, providers.opened(row.values) or {})
    missing = {
        field.name: "This is needed." for field in about.fields if field.required and not kept[field.name]
    }
    if errors := missing or about.check(kept):
        raise Wrong(errors)
    row.values, row.updated_at, row.updated_by = seal(json.dumps(kept)), now, actor
    row.save()
    transaction.on_commit(partial(providers.forget, name))
    return row


@transaction.atomic
def remove_provider(*, actor: User, name: str, now: datetime) -> bool:
    """Nothing goes by it any more; False when it was not set up. Raises NotYours."""
    if not actor.is_admin:
        raise NotYours
    gone, _rows = Provider.objects.filter(name=name).delete()
    transaction.on_commit(partial(providers.forget, name))
    return bool(gone)
