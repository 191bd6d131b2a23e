"""The contract of a transport: a folder here with a module `transport` that holds one `TRANSPORT`.

A transport declares what an address looks like and what it can carry, and hands one message over. It raises
`TemporaryFailure` when the same message may succeed later and `PermanentFailure` when it never will; anything else is
a bug and is treated as temporary. Libraries of a provider are imported inside the function that uses them, so that
nothing is loaded for a channel that nobody uses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise

from notifications import providers


class TemporaryFailure(Exception):
    """May work later: the provider is down, slow or throttles.

    `retry_after` is its own wish in seconds. `down` says that the provider itself is in trouble, so that others who
    are reached by it will be too; False where only this address is (a full mailbox). `unknown` says that it may have
    taken the message: the whole of it was on its way and no answer came, so that the next try may be a repeat.
    """

    def __init__(
        self, reason: str, retry_after: float | None = None, *, down: bool = True, unknown: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.down = down
        self.unknown = unknown


class PermanentFailure(Exception):
    """Will not work however often it is tried: the address is refused, the endpoint is gone.

    `disable` says that the address itself is dead (an unsubscribed browser, a 410), so that the contact method is
    switched off with this reason and its person told.
    """

    def __init__(self, reason: str, *, disable: bool = False) -> None:
        super().__init__(reason)
        self.disable = disable


@dataclass(frozen=True, slots=True)
class Message:
    """What is said, apart from how. `headline` alone must do: it is the subject, the first line, the push text.

    `facts` are label and value in the order in which they are needed, `url` is where to read on, `ack_url` a page
    with one button (empty when there is nothing to acknowledge), `code` a number to type back. `quiet` asks for as
    little noise as the channel can make: it is only to know. `more` are the headlines of further pages that this one
    message stands for.
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
    quiet: bool = False
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one address. `key` is the same on every attempt, so that a provider can drop repeats.

    `token` names the delivery in answers and reports (notifications.acks), empty where nobody may answer; a transport
    that carries answers puts it behind its buttons. `reply_code` is the short number for an answer by text, made only
    for a transport that has `reply_codes`. `details` are what the contact method keeps sealed beside its address.
    """

    address: str
    secret: str
    key: str
    attempt: int
    message: Message
    now: datetime
    token: str = ""
    reply_code: str = ""
    delivery: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider said when it took the message. `provider_id` finds it again for reports and edits."""

    provider_id: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Carries:
    """What a channel can do.

    `answers`: its reader can acknowledge from the message itself; `edits`: a sent message can be changed; `quiet`: it
    can arrive without a sound (a call can not); `receipts`: the provider reports delivery later; `reply_codes`: it
    asks for an answer by text; `wakes`: it is meant to wake somebody (counted by the readiness report).
    """

    answers: bool = False
    edits: bool = False
    quiet: bool = True
    receipts: bool = False
    reply_codes: bool = False
    wakes: bool = False


class Transport(ABC):
    """One channel. Everything here is declared by the folder; nothing elsewhere knows a channel by its name."""

    name: str
    # Its icon in static/icons.svg.
    icon = "message"
    title: str | Promise
    address_label: str | Promise
    address_help: str | Promise
    needs_secret = False
    carries = Carries()
    # Which sets of settings can serve it, in order of preference (notifications.providers); () needs none.
    providers: tuple[str, ...] = ()
    # How long a person's next page by this channel waits behind the last one, unless they choose otherwise.
    throttle = timedelta(0)
    # An address that people do not type: it is learned when they connect (push, Telegram). The page at
    # `connect` (a URL name) does it.
    connect = ""
    # A room that can hear of incidents, not only a person. The two texts are for where a room's address differs.
    is_room = False
    room_label: str | Promise = ""
    room_help: str | Promise = ""

    @abstractmethod
    def clean_address(self, raw: str) -> str:
        """The address as it is stored; raises django.core.exceptions.ValidationError with what to do about it."""

    def clean_room(self, raw: str) -> str:
        """The same for a room's address, where it differs from a person's."""
        return self.clean_address(raw)

    @abstractmethod
    def send(self, envelope: Envelope) -> Receipt:
        """Hand over, or raise TemporaryFailure or PermanentFailure. Bounded in time."""

    def edit(self, envelope: Envelope, provider_id: str) -> Receipt:
        """Change a message that was sent; only called where `carries.edits`."""
        raise PermanentFailure(f"{self.name} cannot change a message")

    def circuit(self, address: str) -> str:
        """The name of what fails together: the channel, or for addresses on people's own servers the host."""
        return self.name

    def shown(self, address: str) -> str:
        """The address as people are shown it; whole unless it is a secret."""
        return address

    def is_available(self) -> bool:
        """Whether the installation has set up what this needs."""
        return not self.providers or providers.first_of(self.providers) is not None
