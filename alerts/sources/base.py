"""The shape that every source is read into, and the contract that its module keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Action = Literal["trigger", "acknowledge", "resolve"]
Severity = Literal["critical", "error", "warning", "info"]
Link = dict[str, str]  # "href" and "text"; for an image "src", "href" and "alt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that a tool says about one condition. All text is clean and within the lengths named here.

    An acknowledge or resolve may come without a summary and source. `happened_at` is aware UTC: when the
    condition began, for a resolve when it ended.
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
    details: Mapping[str, Any] = field(default_factory=dict)
    links: Sequence[Link] = ()
    images: Sequence[Link] = ()
    client: str = ""
    client_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A deploy, a config change, a migration: context for later, it pages nobody."""

    summary: str
    happened_at: datetime
    source: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """All that one request says, in its order. `notes` are sentences for whoever looks at the event."""

    signals: tuple[Signal, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


class Rejected(Exception):
    """The request is refused at the door with 400; `errors` are sentences for its sender."""

    def __init__(self, reason: str, errors: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.errors = tuple(errors) or (reason,)


class Source(Protocol):
    """What a source's module offers. `obj` is what lib.jsonbody.parse made of the body."""

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
