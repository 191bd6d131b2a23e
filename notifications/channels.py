"""Reads about what carries messages."""

from __future__ import annotations

from dataclasses import dataclass

from notifications import transports
from notifications.models import Circuit, Delivery, DeliveryKind, Provider
from notifications.providers import NAMES, Declared, declared
from notifications.transports.base import Transport


@dataclass(frozen=True, slots=True)
class Set:
    """One set of settings: what it is, whether it stands, and which channels it serves."""

    about: Declared
    row: Provider | None
    serves: tuple[Transport, ...]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: whether it can be used, what of it is down, and the last message that went by it."""

    transport: Transport
    is_available: bool
    circuits: tuple[Circuit, ...]
    last: Delivery | None


def served_by(name: str) -> list[str]:
    """The channels that a set of settings serves, by name."""
    return [each.name for each in transports.every() if name in each.providers]


def sets() -> list[Set]:
    """All that can be set up, in a fixed order. One query."""
    rows = {row.name: row for row in Provider.objects.select_related("updated_by")}
    every = transports.every()
    return [
        Set(declared(name), rows.get(name), tuple(each for each in every if name in each.providers))
        for name in NAMES
    ]


def channels() -> list[Channel]:
    """All channels in the order in which people are offered them. Two queries."""
    broken = list(Circuit.objects.open())
    last = {
        row.transport: row
        for row in Delivery.objects.exclude(kind=DeliveryKind.EDIT)
        .filter(sent_at__isnull=False)
        .order_by("transport", "-id")
        .distinct("transport")
    }
    return [
        Channel(
            each,
            each.is_available(),
            tuple(circuit for circuit in broken if circuit.name.split(":")[0] == each.name),
            last.get(each.name),
        )
        for each in transports.every()
    ]
