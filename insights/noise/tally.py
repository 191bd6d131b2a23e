"""Pages counted by rule and by service, and what to mend first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

TARGET, PER = 2.0, timedelta(hours=12)
FIRST = 3


@dataclass(frozen=True, slots=True)
class Paged:
    """One person paged about one incident, by whatever number of methods; `rule` is what fired.

    `by_itself`: the incident ended without anybody having declared it, since its alerts did. `unanswered`: nobody
    acknowledged it. `useful` is what this person said about it, None where nothing.
    """

    incident: int
    service: int
    integration: int | None
    rule: str
    person: int
    at: datetime
    at_night: bool
    by_itself: bool
    unanswered: bool
    useful: bool | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over some pages. `weight` orders what to mend: a page at night counts twice, one that ended by itself or
    was called useless counts once more, one that was called useful does not count."""

    pages: int
    incidents: int
    night: int
    by_itself: int
    unanswered: int
    useless: int
    useful: int
    weight: int


@dataclass(frozen=True, slots=True)
class RuleKey:
    """Which rule of which service."""

    service: int
    integration: int | None
    rule: str


def tally(pages: Iterable[Paged]) -> Tally:
    """All of them together."""
    listed = list(pages)
    return Tally(
        pages=len(listed),
        incidents=len({page.incident for page in listed}),
        night=sum(page.at_night for page in listed),
        by_itself=sum(page.by_itself for page in listed),
        unanswered=sum(page.unanswered for page in listed),
        useless=sum(page.useful is False for page in listed),
        useful=sum(page.useful is True for page in listed),
        weight=sum(map(_weight, listed)),
    )


def by_rule(pages: Iterable[Paged]) -> list[tuple[RuleKey, Tally]]:
    """What weighs most comes first."""
    return _by(pages, lambda page: RuleKey(page.service, page.integration, page.rule))


def by_service(pages: Iterable[Paged]) -> list[tuple[int, Tally]]:
    """What weighs most comes first."""
    return _by(pages, lambda page: page.service)


def to_mend(rules: Iterable[tuple[RuleKey, Tally]]) -> list[tuple[RuleKey, Tally]]:
    """The three rules that would spare most: only such as were of no use at least once, as far as is known."""
    noisy = [row for row in rules if row[1].by_itself or row[1].useless or row[1].unanswered]
    return noisy[:FIRST]


def per_shift(pages: int, on_call: timedelta) -> float | None:
    """Pages for each twelve hours on call; None where nobody was."""
    return pages / (on_call / PER) if on_call else None


def _by(pages: Iterable[Paged], key_of: Callable[[Paged], Key]) -> list[tuple[Key, Tally]]:
    groups: defaultdict[Key, list[Paged]] = defaultdict(list)
    for page in pages:
        groups[key_of(page)].append(page)
    found = [(key, tally(group)) for key, group in groups.items()]
    return sorted(found, key=lambda row: (-row[1].weight, -row[1].pages, str(row[0])))


def _weight(page: Paged) -> int:
    if page.useful:
        return 0
    return 1 + page.at_night + page.by_itself + (page.useful is False)
