"""How the layer that owns a subject takes part when a delivery about it fails.

A subject is named "<kind>:<id>" on a delivery. Its owner registers how to lock it and what to do when a person could
not be reached, so that the failure, the next method and the timeline entry are one transaction, and rows are always
locked in the same order (subject first, delivery second).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.models import User
from notifications.models import Delivery


class Verb(StrEnum):
    """What somebody can ask for by answering a message."""

    ACKNOWLEDGE = "acknowledge"
    ESCALATE = "escalate"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did: `changed` is False when it came late or again; `text` says what happened, and who had it."""

    changed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Owner:
    """What the owner of a kind of subjects does.

    `lock(subject_id)` takes the subject's rows; `unreachable(subject_id, delivery, now)` is told that the delivery's
    person has no method left. `answer(subject_id, delivery, verb, person, via, now)` does what a reader asked for.
    `overtaken(subject_id, delivery, now)`: a page had reached its provider when it was taken back, so its reader is
    to be told that it is over. `waits(subject_id, delivery)`: whether an answer to this message has anything left to
    do.
    """

    lock: Callable[[int], None]
    unreachable: Callable[[int, Delivery, datetime], None]
    answer: Callable[[int, Delivery, Verb, User, str, datetime], Answered] | None = None
    overtaken: Callable[[int, Delivery, datetime], None] | None = None
    waits: Callable[[int, Delivery], bool] | None = None


_owners: dict[str, Owner] = {}


def register(kind: str, owner: Owner) -> None:
    """Called once by each owning app in its `AppConfig.ready()`."""
    _owners[kind] = owner


def owner_of(subject: str) -> tuple[Owner, int] | None:
    """The owner and the id, or None for subjects that nobody waits for (verifications, tests)."""
    kind, _, number = subject.partition(":")
    owner = _owners.get(kind)
    return (owner, int(number)) if owner and number.isdigit() else None
