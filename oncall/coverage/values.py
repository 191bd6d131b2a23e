"""A schedule as the calculators take it, and what they answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from lib.intervals import Interval
from oncall.rotation import AnyLayer

BY_CREATION = attrgetter("created_seq")


class OverrideKind(StrEnum):
    """What an override does with its person."""

    REPLACE = "replace"  # they stand in for every primary, or for the one in `replaces` in whichever role
    ADD = "add"  # they are a primary too
    REMOVE = "remove"  # they are not on call, in no role


@dataclass(frozen=True, slots=True)
class Override:
    """A change to who is on call from `start` until just before `end`.

    `created_seq` grows with every override that is made. One that replaces a person who is not on call at
    that time changes nothing. Raises ValueError when the end is not after the start, or the kind is unknown.
    """

    id: int
    start: datetime
    end: datetime
    person: int
    created_seq: int
    replaces: int | None = None
    kind: OverrideKind = OverrideKind.REPLACE

    def __post_init__(self) -> None:
        period = Interval(self.start, self.end)
        object.__setattr__(self, "start", period.start)
        object.__setattr__(self, "end", period.end)
        object.__setattr__(self, "kind", OverrideKind(self.kind))

    @property
    def source(self) -> str:
        """How segments name this override."""
        return f"override:{self.id}"


@dataclass(frozen=True, slots=True)
class Away:
    """That person counts as nobody from `start` until just before `end`. Raises ValueError when that is no time."""

    person: int
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        period = Interval(self.start, self.end)
        object.__setattr__(self, "start", period.start)
        object.__setattr__(self, "end", period.end)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Layers of every role from low to high, and overrides in any order.

    `wants_secondary` says that one person at a time is too few. `away` are times in which somebody counts as
    nobody; `coverage.without` adds to it.
    """

    layers: tuple[AnyLayer, ...] = ()
    overrides: tuple[Override, ...] = ()
    wants_secondary: bool = False
    away: tuple[Away, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "overrides", tuple(sorted(self.overrides, key=BY_CREATION)))


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call at a moment, because of what, who is next in line, and who is only told."""

    people: tuple[int, ...]
    source: str
    secondary: tuple[int, ...] = ()
    shadow: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Handoff:
    """At that moment those who are paged change: primaries, then secondaries. Nobody is an empty tuple."""

    at: datetime
    outgoing: tuple[int, ...]
    incoming: tuple[int, ...]
