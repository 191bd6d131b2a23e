"""Whom the events of a calendar mean. Pure.

The title names people: by name, by e-mail address or by what stands before its @, whatever the case; several of them
with commas, "&" or "and" between. The whole title may be that, or a part of it that is set off by a colon, a dash or a
bar ("On call: Payments — Ada Lovelace"); of several such parts the last that names somebody counts. "[L2]" in front is
the level: events of a higher level cover lower ones. A title that names nobody leaves it to the attendees, then to the
organizer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from oncall.calendars.events import Event, Problem, Trouble

MOST_LEVEL = 99

_LEVEL = re.compile(r"\s*\[\s*L\s*([0-9]{1,2})\s*\]\s*", re.IGNORECASE)
_PARTS = re.compile(r":\s|\s[—–|-]\s")
_NAMES = re.compile(r"\s*[,;&+]\s*|\s+and\s+", re.IGNORECASE)
_SECONDARY_ROLES = frozenset({"secondary", "shadow"})


@dataclass(frozen=True, slots=True)
class Known:
    """A person whom a calendar may name."""

    id: int
    name: str
    email: str
    can_respond: bool = True


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's part in an event."""

    uid: str
    person: int
    start: datetime
    end: datetime
    level: int
    title: str


class Directory:
    """Finds people by what calendars call them."""

    def __init__(self, people: Iterable[Known]) -> None:
        self._people: dict[int, Known] = {}
        self._names: defaultdict[str, set[int]] = defaultdict(set)
        self._short: defaultdict[str, set[int]] = defaultdict(set)
        for each in people:
            self._people[each.id] = each
            self._names[_key(each.name)].add(each.id)
            self._names[_key(each.email)].add(each.id)
            self._short[_key(each.email.partition("@")[0])].add(each.id)

    def find(self, words: str) -> int | Trouble:
        """The one person who is called so, or why there is none."""
        key = _key(words)
        if not key:
            return Trouble.NOBODY
        found = self._names.get(key) or self._short.get(key) or self._names.get(_turned(key)) or set()
        present = [each for each in found if self._people[each].can_respond]
        if len(present) == 1:
            return present[0]
        if present:
            return Trouble.SEVERAL
        return Trouble.NOT_A_RESPONDER if found else Trouble.NOBODY


def shifts(events: Iterable[Event], directory: Directory) -> tuple[list[Shift], list[Problem]]:
    """Who is on call by these events, and which of them name nobody who can be."""
    found: list[Shift] = []
    problems: list[Problem] = []
    for event in events:
        if event.role in _SECONDARY_ROLES:
            continue
        level, words = _level(event.title)
        people, troubles = _named(event, words, directory)
        found += [Shift(event.uid, each, event.start, event.end, level, event.title) for each in people]
        problems += [Problem(trouble, event.title, detail) for trouble, detail in troubles]
    return found, problems


def _named(event: Event, words: str, directory: Directory) -> tuple[list[int], list[tuple[Trouble, str]]]:
    people, troubles = _in_title(words, directory)
    if people:
        return people, troubles
    for addresses in (event.attendees, (event.organizer,)):
        found = [each for each in map(directory.find, addresses) if not isinstance(each, Trouble)]
        if found:
            return list(dict.fromkeys(found)), []
    return [], troubles or [(Trouble.NOBODY, "")]


def _in_title(words: str, directory: Directory) -> tuple[list[int], list[tuple[Trouble, str]]]:
    """The whole title, then its parts from the last to the first; one in which every name is known before others."""
    texts = dict.fromkeys([words, *reversed(_PARTS.split(words))])
    found = [_in_words(text, directory) for text in texts]
    named = [(people, troubles) for people, troubles in found if people]
    if named:
        return min(named, key=lambda each: len(each[1]) > 0)
    return [], next(filter(None, (_told(troubles) for _people, troubles in found)), [])


def _told(troubles: list[tuple[Trouble, str]]) -> list[tuple[Trouble, str]]:
    """What is known about the words, and not only that they are no name."""
    return [each for each in troubles if each[0] is not Trouble.NOBODY]


def _in_words(text: str, directory: Directory) -> tuple[list[int], list[tuple[Trouble, str]]]:
    people: dict[int, None] = {}
    troubles: list[tuple[Trouble, str]] = []
    whole = directory.find(text)
    for name in [text] if not isinstance(whole, Trouble) else filter(None, _NAMES.split(text)):
        found = directory.find(name)
        if isinstance(found, Trouble):
            troubles.append((found, name))
        else:
            people[found] = None
    return list(people), troubles


def _level(title: str) -> tuple[int, str]:
    """ "[L2] bob" is (2, "bob"); without a mark it is level 0."""
    found = _LEVEL.match(title)
    return (int(found[1]), title[found.end() :]) if found else (0, title)


def _turned(key: str) -> str:
    """ "lovelace, ada" as "ada lovelace": how address books sort people."""
    last, comma, first = key.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else ""


def _key(words: str) -> str:
    return " ".join(words.split()).casefold()
