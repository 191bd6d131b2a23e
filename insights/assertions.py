"""What a company expects of an answer to “who is paged then?”: small JSON, read and judged. Pure.

An expectation holds one or more of these, and all of them must hold:

- `{"paged": {"anyone_of": [7, "ada@example.test"], "within": 300, "by": "email"}}`: somebody of these is paged, within
  so many seconds of the start (default: at all), by that transport (default: any). In place of `anyone_of` a `team` may
  stand, by its slug.
- `{"never_empty": true}`: no step is passed over, held or replaced by the fallback because it has nobody.
- `{"first_page_within": 60}`: somebody is paged within so many seconds.
- `{"not_paged": [7]}`: none of these is paged, in no step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from lib.intervals import load_zone, to_instant, to_wall

MOST_PEOPLE, LONGEST = 50, 30 * 24 * 3600
_KNOWN = ("paged", "never_empty", "first_page_within", "not_paged")
Person = int | str
"""Somebody's id, or the e-mail address that they sign in by."""


class InvalidExpectation(ValueError):
    """An expectation that cannot be read. `field` is what to correct ("paged.within"), `message` says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Expectation:
    """`anyone_of` or `team` must be paged `within` seconds `by` a transport; the rest is as in the JSON."""

    anyone_of: tuple[Person, ...] = ()
    team: str = ""
    within: int | None = None
    by: str = ""
    never_empty: bool = False
    first_page_within: int | None = None
    not_paged: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Somebody is paged by a transport, so long after the start. `names` are all by which they may be expected."""

    names: frozenset[Person]
    teams: frozenset[str]
    transport: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer as far as expectations are about it; `empty` says in words which steps have nobody."""

    pages: tuple[Page, ...]
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missed:
    """An expectation that is not met: `what` is its key, `found` is what is the case in its place."""

    what: str
    found: timedelta | str | None = None


def read(data: object) -> Expectation:
    """The expectation that the JSON says. Raises InvalidExpectation."""
    if not isinstance(data, Mapping):
        raise InvalidExpectation("", "An expectation is an object.")
    unknown = sorted(str(key) for key in data if key not in _KNOWN)
    if unknown:
        raise InvalidExpectation(unknown[0][:80], f"Expect one of {', '.join(_KNOWN)}.")
    found = Expectation(
        **_paged(data["paged"]) if "paged" in data else {},
        never_empty=_flag(data.get("never_empty", False)),
        first_page_within=_seconds(data.get("first_page_within"), "first_page_within"),
        not_paged=_people(data["not_paged"], "not_paged") if "not_paged" in data else (),
    )
    if found == Expectation():
        raise InvalidExpectation("", "Expect something: who is paged, or when, or that no step is empty.")
    return found


def _paged(data: object) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise InvalidExpectation("paged", "This is an object with `anyone_of` or `team`.")
    for key in data:
        if key not in ("anyone_of", "team", "within", "by"):
            raise InvalidExpectation(f"paged.{key}"[:80], "Give anyone_of or team, within, by.")
    if ("anyone_of" in data) == ("team" in data):
        raise InvalidExpectation("paged", "Name people in `anyone_of`, or a `team`: one of the two.")
    return {
        "anyone_of": _people(data["anyone_of"], "paged.anyone_of") if "anyone_of" in data else (),
        "team": _word(data["team"], "paged.team") if "team" in data else "",
        "within": _seconds(data.get("within"), "paged.within"),
        "by": _word(data["by"], "paged.by") if data.get("by") else "",
    }


def _people(data: object, field: str) -> tuple[Person, ...]:
    if not isinstance(data, list) or not data:
        raise InvalidExpectation(field, "List people by their numbers or e-mail addresses.")
    if len(data) > MOST_PEOPLE:
        raise InvalidExpectation(field, f"Name at most {MOST_PEOPLE} people.")
    return tuple(dict.fromkeys(_person(each, field) for each in data))


def _person(value: object, field: str) -> Person:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
        return value
    if isinstance(value, str) and 2 < len(value) < 255 and "@" in value:
        return value.strip().lower()
    raise InvalidExpectation(field, "Name people by their numbers or e-mail addresses.")


def _word(value: object, field: str) -> str:
    if not isinstance(value, str) or not value or len(value) > 80:
        raise InvalidExpectation(field, "A name is needed.")
    return value


def _seconds(value: object, field: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LONGEST:
        raise InvalidExpectation(field, f"A whole number of seconds from 0 to {LONGEST} is needed.")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidExpectation("never_empty", "This is true or false.")
    return value


def written(expected: Expectation) -> dict[str, Any]:
    """The JSON that `read` takes, only what is expected."""
    found: dict[str, Any] = {}
    if expected.anyone_of or expected.team:
        whom = {"team": expected.team} if expected.team else {"anyone_of": list(expected.anyone_of)}
        within = {} if expected.within is None else {"within": expected.within}
        found["paged"] = whom | within | ({"by": expected.by} if expected.by else {})
    if expected.never_empty:
        found["never_empty"] = True
    if expected.first_page_within is not None:
        found["first_page_within"] = expected.first_page_within
    if expected.not_paged:
        found["not_paged"] = list(expected.not_paged)
    return found


def judged(expected: Expectation, outcome: Outcome) -> tuple[Missed, ...]:
    """What of it is not met, in the order of the JSON; nothing when it holds."""
    return tuple(_missed(expected, outcome))


def _missed(expected: Expectation, outcome: Outcome) -> Iterator[Missed]:
    if expected.anyone_of or expected.team:
        yield from _unpaged(expected, outcome)
    if expected.never_empty and outcome.empty:
        yield Missed("never_empty", "; ".join(outcome.empty))
    if expected.first_page_within is not None:
        first = min((page.after for page in outcome.pages), default=None)
        if first is None or first > timedelta(seconds=expected.first_page_within):
            yield Missed("first_page_within", first)
    unwanted = frozenset(expected.not_paged)
    first = min((page.after for page in outcome.pages if page.names & unwanted), default=None)
    if first is not None:
        yield Missed("not_paged", first)


def _unpaged(expected: Expectation, outcome: Outcome) -> Iterator[Missed]:
    wanted = frozenset(expected.anyone_of)
    found = [
        page.after
        for page in outcome.pages
        if (page.names & wanted or expected.team in page.teams) and expected.by in ("", page.transport)
    ]
    first = min(found, default=None)
    late = first is not None and expected.within is not None and first > timedelta(seconds=expected.within)
    if first is None or late:
        yield Missed("paged", first)


def next_moment(now: datetime, zone: str, at: time, weekday: int | None) -> datetime:
    """When clocks of that zone show `at` next, now or later, on that weekday (0 is Monday; None: any day)."""
    clock = load_zone(zone)
    today = to_wall(now, clock).date()
    # A zone may have left a day out: eight days always hold the weekday, nine also its next one.
    for ahead in range(16):
        day = today + timedelta(days=ahead)
        found = to_instant(datetime.combine(day, at), clock)
        if found >= now and weekday in (None, day.weekday()):
            return found.astimezone(UTC)
    raise AssertionError("a week has seven days")
