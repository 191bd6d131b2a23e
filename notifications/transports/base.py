"""The contract of a transport: a folder here with a module `transport` that holds one `Transport`.

A transport declares what an address looks like and hands one message over. It raises `TemporaryFailure` when the same
message may succeed later and `PermanentFailure` when it never will; anything else is a bug and is treated as temporary.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class TemporaryFailure(Exception):
    """May work later: the provider is down, slow or throttles. `retry_after` is its own wish in seconds."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class PermanentFailure(Exception):
    """Will not work however often it is tried: the address is refused, the endpoint is gone."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is said, apart from how. `headline` alone must do: it is the subject, the first line, the push text.

    `facts` are label and value in the order in which they are needed, `url` is where to read on, `ack_url` a page
    with one button (empty when there is nothing to acknowledge), `code` a number to type back.
    """

    kind: str
    headline: str
    intro: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    url: str = ""
    link_text: str = ""
    ack_url: str = ""
    code: str = ""
    thread: str = ""
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one address. `key` is the same on every attempt, so that a provider can drop repeats."""

    address: str
    secret: str
    key: str
    attempt: int
    message: Message
    now: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider said when it took the message."""

    provider_id: str = ""
    answer: str = ""


class Transport(Protocol):
    name: str
    title: str
    address_label: str
    address_help: str
    needs_secret: bool

    def clean_address(self, raw: str) -> str:
        """The address as it is stored; raises django.core.exceptions.ValidationError with what to do about it."""
        ...

    def send(self, envelope: Envelope) -> Receipt:
        """Hand over, or raise TemporaryFailure or PermanentFailure. Bounded in time."""
        ...
