"""How the layer that owns a subject takes part when a delivery about it fails.

A subject is named "<kind>:<id>" on a delivery. Its owner registers how to lock it and what to do when a person could
not be reached, so that the failure, the next method and the timeline entry are one transaction, and rows are always
locked in the same order (subject first, delivery second).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from notifications.models import Delivery


@dataclass(frozen=True, slots=True)
class Owner:
    """`lock(subject_id)` takes the subject's rows; `unreachable(subject_id, delivery, now)` is told that the
    delivery's person has no method left."""

    lock: Callable[[int], None]
    unreachable: Callable[[int, Delivery, datetime], None]


_owners: dict[str, Owner] = {}


def register(kind: str, owner: Owner) -> None:
    """Called once by each owning app in its `AppConfig.ready()`."""
    _owners[kind] = owner


def owner_of(subject: str) -> tuple[Owner, int] | None:
    """The owner and the id, or None for subjects that nobody waits for (verifications, tests)."""
    kind, _, number = subject.partition(":")
    owner = _owners.get(kind)
    return (owner, int(number)) if owner and number.isdigit() else None
