"""Reading any JSON by expressions that a person wrote: one for each slot, each for one item of the body.

A slot without an expression, or whose expression finds nothing, is read as without a mapping: by the names that such
fields usually have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Action, Parsed, Signal
from alerts.sources.generic.expressions import LONGEST, BadExpression, Budget, compiled, evaluated, is_true
from alerts.sources.generic.fields import Fields
from alerts.sources.generic.parser import MOST_SIGNALS, action_of, signal_of
from lib.text import truncate
from lib.times import parse_lenient

OPTION = "mapping"
ITEMS = "items"
SLOTS = (
    *(ITEMS, "resolved", "acknowledged", "action", "dedup_key", "summary", "severity", "source", "rule"),
    *("service", "labels", "links", "happened_at"),
)
SHOWN = 300


@dataclass(frozen=True, slots=True)
class Cell:
    """What one slot's expression finds in the first item: the value as JSON, or why there is none."""

    value: str = ""
    error: str = ""


def problems(mapping: Mapping[str, str]) -> dict[str, BadExpression]:
    """What is wrong with the expressions, by slot."""
    found = {}
    for slot, expression in mapping.items():
        try:
            if slot not in SLOTS:
                raise BadExpression("There is no such slot.")
            compiled(expression)
        except BadExpression as error:
            found[slot] = error
    return found


def parse(obj: object, mapping: Mapping[str, str], received_at: datetime) -> Parsed:
    """Return a signal for each item; an expression that fails is left out and noted."""
    notes: list[str] = []
    finder = _Finder(obj, mapping, notes)
    entries, left_out = finder.entries()
    signals = [_signal(entry, finder, received_at) for entry in entries]
    if left_out:
        notes.append(f"{left_out} items beyond the first {MOST_SIGNALS} are left out.")
    return Parsed(tuple(signals), notes=tuple(dict.fromkeys(notes)))


def cells(obj: object, mapping: Mapping[str, str]) -> dict[str, Cell]:
    """What each slot's expression finds, for whoever writes it."""
    entries, _left_out = _Finder(obj, mapping, []).entries()
    first = entries[0] if entries else None
    return {
        slot: _cell(expression, obj if slot == ITEMS else first, obj) for slot, expression in mapping.items()
    }


def _cell(expression: str, value: object, root: object) -> Cell:
    try:
        found = evaluated(expression, value, root)
    except BadExpression as error:
        return Cell(error=told(error))
    return Cell(truncate(json.dumps(found, ensure_ascii=False, default=str), SHOWN))


def told(error: BadExpression) -> str:
    """The reason, with the place where there is one."""
    return f"{error.reason} (character {error.position})" if error.position else error.reason


@dataclass(frozen=True, slots=True)
class _Finder:
    """A body with its mapping, and what evaluating it may still cost."""

    root: object
    mapping: Mapping[str, str]
    notes: list[str]
    budget: Budget = field(default_factory=Budget)

    def find(self, slot: str, value: object) -> Any:
        """What the slot's expression finds; None where it has none, or fails."""
        if not self.mapping.get(slot):
            return None
        try:
            return evaluated(self.mapping[slot], value, self.root, self.budget)
        except BadExpression as error:
            self.notes.append(f"“{slot}”: {told(error)}")
            return None

    def entries(self) -> tuple[list[Any], int]:
        """What the signals are made of, and how many are too many."""
        found = self.find(ITEMS, self.root) if self.mapping.get(ITEMS) else self.root
        if found is None and not self.notes:
            self.notes.append("“items” found nothing in this body.")
        kept = [entry for entry in (found if isinstance(found, list) else [found]) if entry is not None]
        return kept[:MOST_SIGNALS], max(0, len(kept) - MOST_SIGNALS)


def _signal(entry: object, finder: _Finder, received_at: datetime) -> Signal:
    heard: list[str] = []
    fields = Fields(dict(entry) if isinstance(entry, dict) else {"value": entry})
    base = signal_of(fields, received_at, heard)
    if not any(finder.mapping.get(slot) for slot in ("action", "resolved", "dedup_key", "summary")):
        finder.notes.extend(heard)
    return _overlaid(base, lambda slot: finder.find(slot, entry), received_at)


def _overlaid(base: Signal, found: Callable[[str], Any], received_at: datetime) -> Signal:
    details = dict(base.details)
    given: dict[str, Any] = {
        "action": _action(found),
        "dedup_key": values.key(found("dedup_key")),
        "summary": values.summary(found("summary"), details),
        "source": values.name(found("source")),
        "rule": values.name(found("rule"), 200),
        "component": values.name(found("service")),
        "labels": values.labels(found("labels")),
        "links": _links(found("links")),
    }
    severity, when = found("severity"), found("happened_at")
    if severity is not None:
        given["severity"] = values.severity(severity, details)
    if when is not None:
        given["happened_at"] = parse_lenient(when, default=received_at)
    used = {name: value for name, value in given.items() if value}
    return replace(base, details=details, **_keyed(base, used))


def _keyed(base: Signal, used: dict[str, Any]) -> dict[str, Any]:
    """A key that the body does not name is made of summary and source, of those that the mapping found too."""
    made = base.dedup_key == values.hashed(base.summary, base.source)
    if "dedup_key" not in used and made:
        used["dedup_key"] = values.hashed(used.get("summary", base.summary), used.get("source", base.source))
    return used


def _action(found: Callable[[str], Any]) -> Action | None:
    if is_true(found("resolved")):
        return "resolve"
    if is_true(found("acknowledged")):
        return "acknowledge"
    word = values.name(found("action")).lower()
    return action_of(word, []) if word else None


def _links(value: object) -> list[dict[str, str]]:
    return values.links(value if isinstance(value, list) else [value])


__all__ = ["ITEMS", "LONGEST", "OPTION", "SLOTS", "Cell", "cells", "parse", "problems", "told"]
