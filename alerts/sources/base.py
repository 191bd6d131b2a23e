"""The shapes between the door and the worker: what arrives, what is stored of it, what is answered, what it says."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Protocol

from lib.jsonbody import as_text, parse

Action = Literal["trigger", "acknowledge", "resolve", "update", "note"]
Severity = Literal["critical", "error", "warning", "info"]
Link = dict[str, str]  # "href" and "text"; for an image "src", "href" and "alt"

ALERT, CHANGE, PING = "alert", "change", "ping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that a tool says about one condition. All text is clean and within the lengths named here.

    An acknowledge or resolve may come without a summary and source. An "update" brings new words for an open alert
    and counts as no firing (`keeps_severity` where it does not say how bad it is; lists in its details add to those
    that are there); a "note" is its summary, written on the incident's timeline. `happened_at` is aware UTC:
    when the condition began, for a resolve when it ended. `expires_at` is when the tool wants the alert to end if it
    is not repeated before. `rule` is what the tool calls the rule, monitor or check that fired, whatever it fired on.
    """

    action: Action
    dedup_key: str  # at most 255, never empty
    happened_at: datetime
    summary: str = ""  # at most 1024; a longer one is whole in details["summary_full"]
    source: str = ""  # at most 300: host, instance or tool
    severity: Severity = "error"  # another word than these four is kept in details["severity_given"]
    component: str = ""
    group: str = ""
    class_: str = ""
    rule: str = ""  # at most 200
    labels: Mapping[str, str] = field(default_factory=dict)  # see values.labels
    details: Mapping[str, Any] = field(default_factory=dict)
    links: Sequence[Link] = ()
    images: Sequence[Link] = ()
    client: str = ""
    client_url: str = ""
    expires_at: datetime | None = None
    keeps_severity: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A deploy, a flag, a config change: context for later, it pages nobody. `service` is what the tool calls the
    thing that was changed, where it says so; else it is the integration's."""

    summary: str
    happened_at: datetime
    kind: Literal["deploy", "flag", "config", "other"] = "other"
    service: str = ""
    source: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """A sign of life of the heartbeat that the integration knows by `slug`."""

    slug: str
    what: Literal["ok", "start", "fail", "log"] = "ok"
    said: str = ""  # at most 300: an exit status, the first words of the body
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Parsed:
    """All that one request says, in its order. `notes` are sentences for whoever looks at the event."""

    signals: tuple[Signal, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    pings: tuple[Ping, ...] = ()


class Rejected(Exception):
    """The request is refused at the door; `errors` are sentences for its sender, `status` the HTTP status."""

    def __init__(self, reason: str, errors: Sequence[str] = (), status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.errors = tuple(errors) or (reason,)
        self.status = status


@dataclass(frozen=True)
class Arrived:
    """A request as it came. `path` is what stands behind the gate's prefix and key, percent-decoded, without a slash
    before it; header names are lower case; of a query field that comes twice the last is kept, and all of them stand
    in `queries`."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    queries: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def json(self) -> object:
        """The body as JSON, parsed once; raises BadBody."""
        return parse(self.body, max_bytes=len(self.body))

    @cached_property
    def text(self) -> str:
        """The body as text that Postgres stores; raises BadBody where it is in no Unicode encoding."""
        return as_text(self.body)


@dataclass(frozen=True, slots=True)
class Door:
    """What the accept path knows of an integration, from memory when warm. `secret` is what its sender signs with;
    `heartbeat` is the slug of the heartbeat whose own key was given, empty for the integration's."""

    id: int
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    limit: int | None = None
    heartbeat: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: `body` is JSON, or text where it is a str, or nothing. Senders log it: no secrets."""

    status: int = 202
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What is stored of a request, and what is answered once it is committed: `answer` is given the event's id.

    `text` is the body as it came; `context` holds what else the reader needs (see Event.context).
    """

    answer: Callable[[int], Answer]
    text: str
    endpoint: str = ALERT
    context: Mapping[str, Any] = field(default_factory=dict)
    dedup_key: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """An accepted request as its reader gets it from the table. `options` are the integration's."""

    text: str
    received_at: datetime
    context: Mapping[str, Any] = field(default_factory=dict)
    dedup_key: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


class Reader(Protocol):
    """Makes signals of what was accepted."""

    def __call__(self, stored: Stored, /) -> Parsed:
        """Read without refusing anything; raises BadBody only for what is not the format that the gate checked."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A place where a kind listens: paths below `prefix` whose rest (behind the key, where that stands in the path)
    is `rest` as a whole, the slash before it included. Of two gates with one prefix the first that fits counts.

    `key_of` finds the integration's key in the request, "" where there is none; with KEY_IN_PATH it is the segment
    behind the prefix. `take` checks a request whose key is known: it returns what to store, or an Answer where there
    is nothing to store (a probe, a query), or raises Rejected or BadBody; it must be quick. `refused` makes the
    answer of a Rejected or BadBody; `stranger` is for a key that is unknown, disabled or of another kind; `away` for
    what could not be stored now, and `busy` for what is beyond the integration's limit: both as this sender retries.
    `keeps` is how many bytes of a body are read where a longer one is cut; without it, a body that is too large is
    refused: one of more than `most` bytes, where that is not as for all.
    """

    prefix: str
    take: Callable[[Arrived, Door], Accepted | Answer]
    key_of: Callable[[Arrived], str] | None = None  # None: in the path
    rest: re.Pattern[str] = re.compile("")
    methods: frozenset[str] = frozenset({"POST"})
    refused: Callable[[int, str, Sequence[str]], Answer] = field(default=lambda *_: Answer(400))
    stranger: Answer = field(default_factory=lambda: Answer(404))
    away: Answer = field(default_factory=lambda: Answer(503))
    busy: Answer = field(default_factory=lambda: Answer(503))
    keeps: int | None = None
    most: int | None = None


class Source(Protocol):
    """What a source of plain JSON offers. `obj` is what lib.jsonbody.parse made of the body."""

    def check(self, obj: object, /) -> str:
        """Raise Rejected for the few things that are refused, before anything is stored; must be quick.

        Returns the dedup key that the answer has to name (made up where the sender left it to us), else "".
        """

    def parse(self, obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
        """Read what `check` has accepted, without raising. `dedup_key` is what check returned then."""

    def answer(self, dedup_key: str, /) -> dict[str, object]:
        """Return the body of the 202."""

    def refusal(self, rejected: Rejected, /) -> dict[str, object]:
        """Return the body of a 400 for what check refused."""

    def unreadable(self, reason: str, /) -> dict[str, object]:
        """Return the body of a 4xx for what is not JSON, or too large."""


class Sample(Protocol):
    """Makes the body of a trigger of severity info, as this kind's tool would send it."""

    def __call__(self, *, key: str, dedup_key: str, summary: str) -> dict[str, object]:
        """Return an object that the kind's check accepts; `key` is 32 characters."""
