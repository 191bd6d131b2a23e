"""Rows in a form that a submit button adds, removes and moves, so that editing needs no script.

A form has `layer-count` rows; the fields of row 0 are named `layer-0-name` and so on. A field that holds
several values in order repeats its name. A button named `do` says what to change:

    layer:add            layer:1:remove            layer:1:up            layer:1:down
    layer:1:people:add   layer:1:people:0:remove   layer:1:people:0:up   layer:1:people:0:down
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.http import QueryDict

Item = TypeVar("Item")
Row = dict[str, list[str]]
_INDEX = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Rows:
    """What a form repeats. `lists` names the fields that hold several values, each with the keys that are
    moved together; `blank` is what a new row holds."""

    prefix: str
    lists: Mapping[str, Sequence[str]]
    blank: Mapping[str, Sequence[str]] = field(default_factory=dict)
    most: int = 50

    def count(self, data: QueryDict) -> int:
        """How many rows the form says that it has; nonsense is none, too many are cut."""
        text = data.get(f"{self.prefix}-count", "")
        return min(int(text), self.most) if _INDEX.fullmatch(text) else 0

    def edited(self, data: QueryDict, command: str) -> QueryDict:
        """The same form after the command; one that makes no sense changes nothing."""
        first, *words = command.split(":")
        if first != self.prefix or not words:
            return data
        rows = self._read(data)
        if words == ["add"]:
            rows = [*rows, {key: list(values) for key, values in self.blank.items()}][: self.most]
        elif len(words) == 2:
            rows = moved(rows, words[0], words[1])
        elif words[0].isdecimal() and int(words[0]) < len(rows):
            self._edit_list(rows[int(words[0])], words[1:])
        return self.written(data, rows)

    def _edit_list(self, row: Row, words: list[str]) -> None:
        keys = self.lists.get(words[0], ())
        lines = _lines([row.get(key, []) for key in keys])
        if words[1:] == ["add"]:
            lines = [*lines, ("",) * len(keys)]
        elif len(words) == 3:
            lines = moved(lines, words[1], words[2])
        for place, key in enumerate(keys):
            row[key] = [line[place] for line in lines]

    def _read(self, data: QueryDict) -> list[Row]:
        rows: list[Row] = []
        for index in range(self.count(data)):
            start = f"{self.prefix}-{index}-"
            rows.append({key[len(start) :]: data.getlist(key) for key in data if key.startswith(start)})
        return rows

    def written(self, data: QueryDict, rows: Sequence[Row]) -> QueryDict:
        """The same form with these rows instead of its own."""
        ours = re.compile(rf"{re.escape(self.prefix)}-[0-9]+-")
        fresh = QueryDict(mutable=True)
        for key, values in data.lists():
            if not ours.match(key):
                fresh.setlist(key, values)
        fresh[f"{self.prefix}-count"] = str(len(rows))
        for index, row in enumerate(rows):
            for key, values in row.items():
                fresh.setlist(f"{self.prefix}-{index}-{key}", values)
        return fresh


def _lines(columns: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    longest = max((len(column) for column in columns), default=0)
    return [
        tuple(column[index] if index < len(column) else "" for column in columns) for index in range(longest)
    ]


def moved(items: Sequence[Item], index: str, verb: str) -> list[Item]:
    """The items with one of them removed or moved "up" or "down"; what makes no sense changes nothing."""
    found = list(items)
    if not _INDEX.fullmatch(index) or int(index) >= len(found):
        return found
    place = int(index)
    if verb == "remove":
        del found[place]
    target = {"up": place - 1, "down": place + 1}.get(verb, -1)
    if 0 <= target < len(found):
        found[place], found[target] = found[target], found[place]
    return found
