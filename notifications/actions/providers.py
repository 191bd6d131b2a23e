"""Setting up what carries messages. Only admins do; secrets are sealed, and shown to nobody again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from lib.sealing import seal
from notifications import providers
from notifications.actions.deliveries import build, enqueue
from notifications.actions.methods import refuse_too_many
from notifications.models import Delivery, DeliveryKind, Provider
from notifications.providers import CLEAR, Declared, declared
from notifications.recipients import last_resort
from notifications.transports.base import Message

FALLBACK_TEST = "fallback:test"
TESTS_A_DAY = 30


class NotYours(Exception):
    """Only admins set up providers."""


class NoFallback(Exception):
    """There is none to try out."""


class Wrong(Exception):
    """Values that cannot be right: `errors` by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def filled(about: Declared, given: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """The values as they would be kept: a secret that was left empty stays what it was unless it is to be forgotten,
    defaults fill the rest."""
    found: dict[str, str] = {}
    for field in about.fields:
        text = str(given.get(field.name) or "").strip()
        if not text and field.kind == "secret" and not given.get(CLEAR + field.name):
            text = known.get(field.name, "")
        found[field.name] = text or field.default
    return found


def sent_elsewhere(
    about: Declared, given: Mapping[str, str], kept: Mapping[str, str], known: Mapping[str, str]
) -> dict[str, str]:
    """Errors for secrets that would go to another host than they were typed for: whoever may change an address must
    not get by it at what they may not read."""
    addresses = [field for field in about.fields if field.kind == "url"]
    if all(_host(kept[each.name]) == _host(known.get(each.name) or each.default) for each in addresses):
        return {}
    return {
        field.name: str(_("The address leads elsewhere now: type this again."))
        for field in about.fields
        if field.kind == "secret" and known.get(field.name) and kept[field.name] and not given.get(field.name)
    }


def _host(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return "", address
    return parts.scheme.lower(), parts.netloc.lower()


@transaction.atomic
def save_provider(*, actor: User, name: str, values: Mapping[str, str], now: datetime) -> Provider:
    """Set it up, or change it; every process goes by it within seconds. Raises NotYours, Wrong, KeyError."""
    if not actor.is_admin:
        raise NotYours
    about = declared(name)
    row = Provider.objects.select_for_update().filter(name=name).first() or Provider(name=name)
    known = providers.opened(row.values) or {}
    kept = filled(about, values, known)
    missing = {
        field.name: str(_("This is needed."))
        for field in about.fields
        if field.required and not kept[field.name]
    }
    if (
        errors := missing
        or (sent_elsewhere(about, values, kept, known) if known else {})
        or about.check(kept)
    ):
        raise Wrong(errors)
    row.values, row.updated_at, row.updated_by = seal(json.dumps(about.tidied(kept))), now, actor
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


@transaction.atomic
def try_fallback(*, actor: User, now: datetime) -> Delivery:
    """A message to the fallback's address that says only that it arrived.

    Raises NotYours, NoFallback, and TooSoon, TooManyMessages of notifications.actions.methods.
    """
    if not actor.is_admin:
        raise NotYours
    Provider.objects.select_for_update().filter(name="fallback").first()
    last = last_resort()
    if last is None:
        raise NoFallback
    sent = Delivery.objects.about(FALLBACK_TEST)
    refuse_too_many(sent, TESTS_A_DAY, now)
    message = Message(
        kind="test",
        headline=_("Test from Tocsin: pages that reach nobody else come here"),
        intro=_("%(name)s asked for this test. Nothing is wrong and there is nothing to acknowledge.")
        % {"name": actor.name},
        url=settings.SITE_URL + reverse("notifications:provider", args=["fallback"]),
        link_text=_("Where it is set up:"),
    )
    key = f"{FALLBACK_TEST}:{now.timestamp()}"
    row = build(
        method=None,
        key=key,
        group=key,
        kind=DeliveryKind.TEST,
        subject=FALLBACK_TEST,
        message=message,
        now=now,
        due_at=now,
        reason={"kind": "test", "name": str(_("Fallback"))},
        address=last["address"],
        transport=last["transport"],
    )
    enqueue(deliveries=[row])
    return row
