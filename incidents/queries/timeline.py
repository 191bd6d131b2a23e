"""Lines of a timeline as a page shows them, and who moved an incident last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from accounts.models import User
from incidents.models import WRITTEN, EntryKind, Impact, Incident, Phase, State, TimelineEntry

SHOWN = 100
MOST_NEW = 500
LATE = timedelta(minutes=1)

ICONS = {
    EntryKind.OPENED: "flame",
    EntryKind.ALERT: "activity",
    EntryKind.STATE: "arrow-right",
    EntryKind.PAGED: "bell-ringing",
    EntryKind.ESCALATION: "ladder",
    EntryKind.ACKNOWLEDGED: "check",
    EntryKind.ROLE: "user-check",
    EntryKind.UPDATE: "speakerphone",
    EntryKind.CHANGED: "pencil",
}
TONES = {
    EntryKind.OPENED: "tl-alarm",
    EntryKind.PAGED: "tl-alarm",
    EntryKind.ACKNOWLEDGED: "tl-good",
    EntryKind.STATE: "tl-act",
}
ENDED = ("resolve", "dismiss")
MOVES = (EntryKind.STATE, EntryKind.ACKNOWLEDGED, EntryKind.OPENED)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry with its looks. `by` is the actor of a machine's sentence that does not name them."""

    entry: TimelineEntry
    css: str
    icon: str
    is_written: bool
    is_late: bool
    by: str
    phase: str | Promise = ""
    impact: str | Promise = ""
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """Who changed an incident's state last, in the words of its timeline. `person` is None for a tool."""

    text: str
    person: User | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Slice:
    """Lines, newest first. `earlier` counts those that come before the last of them."""

    lines: tuple[Line, ...]
    earlier: int

    @property
    def oldest(self) -> int:
        """The number of the last line shown."""
        return self.lines[-1].entry.number if self.lines else 0


def newest(incident: Incident, *, before: int | None = None) -> Slice:
    """Up to SHOWN lines, the newest first; only those with a number below `before` when it is given."""
    entries = _entries(incident)
    if before is not None:
        entries = entries.filter(number__lt=before)
    lines = tuple(line_of(entry) for entry in entries[:SHOWN])
    return Slice(lines, lines[-1].entry.number - 1 if lines else 0)


def after(incident: Incident, number: int) -> list[Line]:
    """What was written since the line of that number, newest first; at most MOST_NEW."""
    return [line_of(entry) for entry in _entries(incident).filter(number__gt=number)[:MOST_NEW]]


def _entries(incident: Incident) -> QuerySet[TimelineEntry]:
    return (
        TimelineEntry.objects.filter(incident=incident)
        .select_related("actor")
        .defer("search", "hash", "previous")
        .order_by("-number")
    )


def line_of(entry: TimelineEntry) -> Line:
    """How the entry looks."""
    kind = EntryKind(entry.kind)
    is_written = kind in WRITTEN or kind == EntryKind.UPDATE
    name = str(entry.actor) if entry.actor else ""
    return Line(
        entry,
        f"tl-{kind}" if is_written else f"tl-system {_tone(kind, entry.data)}",
        _icon(kind, entry.data),
        is_written,
        entry.recorded_at - entry.happened_at > LATE,
        name if name and name not in entry.text else "",
        **(_update(entry.data) if kind == EntryKind.UPDATE else {}),
    )


def _tone(kind: EntryKind, data: dict[str, Any]) -> str:
    return "tl-good" if data.get("verb") in ENDED else TONES.get(kind, "")


def _icon(kind: EntryKind, data: dict[str, Any]) -> str:
    return "circle-check" if data.get("verb") in ENDED else ICONS.get(kind, "point")


def _update(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "phase": dict(Phase.choices).get(data.get("phase", ""), ""),
        "impact": dict(Impact.choices).get(data.get("impact", ""), ""),
        "is_public": data.get("public") is True,
    }


def last_move(incident: Incident, kinds: Iterable[str] = MOVES) -> Move | None:
    """What changed its state last, and who did."""
    entry = (
        TimelineEntry.objects.filter(incident=incident, kind__in=list(kinds))
        .select_related("actor")
        .order_by("-number")
        .first()
    )
    return Move(entry.text, entry.actor, entry.happened_at) if entry else None


def answer_to(incident: Incident) -> Move | None:
    """Who acknowledged it last, or declared it; None while it waits in triage."""
    if incident.state == State.TRIAGE:
        return None
    return last_move(incident, [EntryKind.ACKNOWLEDGED]) or last_move(incident)
