"""Hand-off notes as pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Team, User
from incidents.models import Severity, State
from insights.handoff_facts import SECTIONS, Section
from insights.models import HandoffNote


@dataclass(frozen=True, slots=True)
class Named:
    """A person as a note names them: what a face needs."""

    pk: int
    name: str

    def get_full_name(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a note with its facts, read back."""

    section: Section
    facts: Any


@dataclass(frozen=True, slots=True)
class Told:
    """A note with its people. `open` is how many incidents were open."""

    note: HandoffNote
    outgoing: tuple[User, ...]
    incoming: tuple[User, ...]
    open: int


def notes_of(user: User) -> QuerySet[HandoffNote]:
    """Of the schedules that `user` stands in or whose team they are in."""
    return HandoffNote.objects.filter(
        Q(schedule__team__in=Team.objects.of(user))
        | Q(schedule__in=user.slots.filter(layer__replaced_at=None).values("layer__schedule"))
        | Q(schedule__in=user.overrides.values("schedule"))
    )


def told(notes: Iterable[HandoffNote]) -> list[Told]:
    """With everybody's names, in one query; whoever has been deleted is left out."""
    listed = list(notes)
    people = User.objects.in_bulk({each for note in listed for each in (*note.outgoing, *note.incoming)})
    return [
        Told(
            note,
            tuple(people[each] for each in note.outgoing if each in people),
            tuple(people[each] for each in note.incoming if each in people),
            note.body.get("open", {}).get("count", 0),
        )
        for note in listed
    ]


def parts(note: HandoffNote) -> list[Part]:
    """The sections that have something to say, in order."""
    return [
        Part(section, revived(note.body[section.name])) for section in SECTIONS if note.body.get(section.name)
    ]


def revived(value: Any) -> Any:
    """Facts as they were before they were stored: moments, people, and what people call states and severities."""
    if isinstance(value, list):
        return [revived(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"id", "name"}:
        return Named(value["id"], value["name"])
    return {name: _fact(name, each) for name, each in value.items()} | _labels(value)


def _fact(name: str, value: Any) -> Any:
    if name.endswith("_at") and isinstance(value, str):
        return datetime.fromisoformat(value)
    return revived(value)


def _labels(row: dict[str, Any]) -> dict[str, Any]:
    labels: dict[str, Any] = {}
    if row.get("state") in State.values:
        labels["state_label"] = State(row["state"]).label
    if row.get("severity") in Severity.values:
        labels["severity_label"] = Severity(row["severity"]).label
    return labels
