"""The words of the mail to whoever takes over."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models import Severity, State
from insights.models import HandoffNote
from lib.intervals import load_zone
from lib.text import one_line
from notifications.transports.base import Message

SHOWN = 10


def taking_over(note: HandoffNote) -> Message:
    """What is open comes first; the subject alone says how much that is."""
    name = one_line(f"{note.schedule} ({note.schedule.team})", 170)
    return Message(
        kind="notice",
        headline=_("You took over %(name)s: %(open)s") % {"name": name, "open": _open(note.body)},
        facts=(*_incidents(note.body), *_muted(note), *_shift(note.body), *_changes(note.body)),
        url=f"{settings.SITE_URL}{reverse('insights:handoff', args=[note.pk])}",
        link_text=_("Read the hand-off note"),
    )


def _open(body: dict[str, Any]) -> str:
    count = body.get("open", {}).get("count", 0)
    if not count:
        return _("nothing is open")
    return ngettext("%(n)s incident is open", "%(n)s incidents are open", count) % {"n": count}


def _incidents(body: dict[str, Any]) -> list[tuple[str, str]]:
    found = body.get("open", {"rows": [], "count": 0})
    due = {row["number"] for row in body.get("due", {}).get("rows", ())}
    facts = [(f"#{row['number']}", _incident(row, row["number"] in due)) for row in found["rows"][:SHOWN]]
    if found["count"] > SHOWN:
        facts.append((_("And"), _("%(n)s more") % {"n": found["count"] - SHOWN}))
    return facts


def _incident(row: dict[str, Any], is_due: bool) -> str:
    leader = row["commander"]
    parts = [
        str(Severity(row["severity"]).label) if row["severity"] else "",
        one_line(f"{row['service']}: {row['title']}", 160),
        str(State(row["state"]).label),
        _("led by %(name)s") % {"name": leader["name"]} if leader else _("no commander"),
        _("an update is due") if is_due else "",
    ]
    return ", ".join(part for part in parts if part)


def _muted(note: HandoffNote) -> list[tuple[str, str]]:
    """Until when what is silent, on the schedule's clock."""
    found = note.body.get("muted")
    if not found:
        return []
    zone = load_zone(note.schedule.time_zone)
    rows = [
        f"{one_line(row['name'], 80)} ({_when(row['starts_at'], zone)} – {_when(row['ends_at'], zone)})"
        for row in found["rows"][:SHOWN]
    ]
    waiting = [
        f"#{row['number']}: {one_line(row['why'], 120)} ({_when(row['next_at'], zone)})"
        for row in found["waiting"]
    ]
    facts = [(_("Muted"), "; ".join(rows))] if rows else []
    return [*facts, (_("Waiting"), "; ".join(waiting[:SHOWN]))] if waiting else facts


def _when(text: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%a %d %b %H:%M %Z}"


def _shift(body: dict[str, Any]) -> list[tuple[str, str]]:
    found = body.get("happened", {})
    counts = {name: (found.get(name) or {}).get("count", 0) for name in ("opened", "closed")}
    facts = [
        (
            _("On the shift"),
            _("%(opened)s opened, %(closed)s closed, %(pages)s pages")
            % {**counts, "pages": found.get("pages", 0)},
        )
    ]
    woken = [row for row in found.get("paged", ()) if row["woken"]]
    if woken:
        names = ", ".join(f"{row['person']['name']} ({row['woken']})" for row in woken)
        facts.append((_("Woken"), names))
    return facts


def _changes(body: dict[str, Any]) -> list[tuple[str, str]]:
    found = body.get("changes")
    if not found:
        return []
    last = found["rows"][0]
    words = one_line(f"{last['service']}: {last['summary']}", 160)
    return [(_("Changes"), _("%(n)s, the last: %(words)s") % {"n": found["count"], "words": words})]
