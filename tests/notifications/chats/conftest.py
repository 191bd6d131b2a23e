"""A service to speak to, and pages whose answers are noted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from notifications import acks, providers, subjects
from notifications.models import ContactMethod, Delivery
from notifications.subjects import Answered, Owner, Verb
from notifications.transports.base import Envelope, Message
from notifications.transports.chats import posting
from tests.notifications.chats.server import Chat, running

KIND = "something"


@pytest.fixture
def chat(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    monkeypatch.setattr(posting, "TIMEOUT", 2.0)
    providers.forget()
    with running() as found:
        yield found
    providers.forget()


@pytest.fixture
def envelope(now: datetime) -> Callable[..., Envelope]:
    """`envelope("address", token="…", headline="…")`: a page unless something else is said."""

    def made(address: str, *, token: str = "", **parts: Any) -> Envelope:
        message = Message(
            **{
                "kind": "page",
                "headline": "SEV1 Checkout is down, you are paged",
                "intro": "Cards are refused.",
                "facts": (("Service", "Payments API"), ("Since", "2026-03-10 12:00 UTC")),
                "url": "https://tocsin.example.test/incidents/7/",
                "link_text": "Open incident #7",
                "ack_url": "https://tocsin.example.test/ack/abc" if token else "",
                **parts,
            }
        )
        return Envelope(
            address=address, secret="", key="key", attempt=1, message=message, now=now, token=token
        )

    return made


@dataclass
class Answers:
    """What was asked for. The first to acknowledge has it, as with a real incident."""

    asked: list[tuple[Verb, User, str]] = field(default_factory=list)
    over: set[str] = field(default_factory=set)

    def waits(self, _number: int, delivery: Delivery) -> bool:
        return delivery.subject not in self.over

    def answer(
        self, _number: int, _delivery: Delivery, verb: Verb, person: User, via: str, _now: datetime
    ) -> Answered:
        had = [who for done, who, _via in self.asked if done == verb]
        if had:
            return Answered(False, f"{had[0].name} did this before.")
        self.asked.append((verb, person, via))
        return Answered(True, f"{person.name} has it.")


@pytest.fixture
def asked() -> Iterator[Answers]:
    """Owns the subjects of `paged`."""
    owner = Answers()
    subjects.register(
        KIND, Owner(lock=lambda _: None, unreachable=lambda *_: None, answer=owner.answer, waits=owner.waits)
    )
    yield owner
    subjects._owners.pop(KIND)


@pytest.fixture
def paged(now: datetime, asked: Answers) -> Callable[..., tuple[Delivery, str]]:
    """`paged(user, "ntfy", "https://…")`: a page that was sent, and its token. Without a user it went to a room."""

    def made(user: User | None, transport: str, address: str) -> tuple[Delivery, str]:
        method = None
        if user:
            method, _is_new = ContactMethod.objects.get_or_create(
                user=user,
                transport=transport,
                address=address,
                defaults={"created_at": now, "verified_at": now},
            )
        number = Delivery.objects.count() + 1
        delivery = Delivery.objects.create(
            key=f"{transport}:{number}",
            kind="page",
            subject=f"{KIND}:{number}",
            group="g",
            message={"kind": "page", "headline": "Checkout is down"},
            user=user,
            method=method,
            transport=transport,
            address=address,
            state="sent",
            created_at=now,
            scheduled_at=now,
            due_at=now,
            sent_at=now,
        )
        return delivery, acks.token(delivery.pk)

    return made
