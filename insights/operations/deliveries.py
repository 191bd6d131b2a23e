"""The ledger of all messages, for whoever looks after the pager."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from incidents.queries.ledger import Sent, shown
from notifications.models import Delivery, DeliveryKind

# What concerns nobody but the person, and those who run the installation.
PRIVATE = (DeliveryKind.VERIFICATION, DeliveryKind.TEST)


def readable_by(reader: User) -> QuerySet[Delivery]:
    """Messages that `reader` may know of, the newest first, without what was written in them."""
    found = (
        Delivery.objects.select_related("user").prefetch_related("attempts").defer("message").order_by("-id")
    )
    return found if reader.is_admin else found.exclude(~Q(user=reader), kind__in=PRIVATE)


def chosen(found: QuerySet[Delivery], asked: dict[str, Any]) -> QuerySet[Delivery]:
    """What the filters leave."""
    for name, lookup in LOOKUPS.items():
        if asked.get(name):
            found = found.filter(**{lookup: asked[name]})
    if asked.get("incident"):
        found = found.filter(subject=f"incident:{asked['incident']}")
    return found


LOOKUPS = {"person": "user", "method": "transport", "state": "state", "kind": "kind"}


def lines(rows: list[Delivery], reader: User) -> list[tuple[Sent, int | None]]:
    """Each as `reader` may see it, with the number of the incident that it is about."""
    return [(shown(row, reader), incident_of(row.subject)) for row in rows]


def incident_of(subject: str) -> int | None:
    """The number of the incident that a subject names; None for others."""
    kind, _, number = subject.partition(":")
    return int(number) if kind == "incident" and number.isascii() and number.isdigit() else None
