"""What being on call adds to other pages: what waits for somebody, their conflicts, shifts and time off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.panels import Panel, register
from oncall import covering
from oncall.access import may_speak_for, spoken_for
from oncall.conflicts import conflicts_in, conflicts_of
from oncall.models import Schedule
from oncall.queries import shifts_of

AHEAD = timedelta(weeks=8)
FURTHER = timedelta(weeks=5)
"""Looked at besides, so that a shift that begins within AHEAD is shown until its own end."""
AWAY_AHEAD = timedelta(weeks=26)
SHOWN = 6


def register_all() -> None:
    """On one's own page, a person's page, a schedule's, and on the page of who is on call."""
    waiting = Panel("waiting", str(_("Waiting for you")), "oncall/_people_waiting.html", _waiting, order=10)
    shifts = Panel("shifts", str(_("Next shifts")), "oncall/_my_shifts_panel.html", _shifts, order=40)
    away = Panel("absences", str(_("Time off")), "oncall/_people_absences.html", _absences, order=50)
    clash = str(_("On call while away"))
    conflicts = Panel("conflicts", clash, "oncall/_people_conflicts.html", _conflicts, order=20)
    asked = Panel("requests", str(_("You ask for cover")), "oncall/_my_requests.html", _requests, order=30)
    for panel in (waiting, conflicts, asked, shifts, away):
        register("me", panel)
    for panel in (conflicts, shifts, away):
        register("person", panel)
    register("schedule", Panel("conflicts", clash, "oncall/_people_conflicts.html", _schedule, order=10))
    register("oncall", waiting)


def _waiting(subject: User, user: User) -> dict[str, Any] | None:
    """Requests that the person may accept; nothing when there is none."""
    offers = covering.waiting_for(subject, timezone.now())  # a page shows what is ahead of its reader
    return {"offers": offers} if offers else None


def _requests(subject: User, user: User) -> dict[str, Any] | None:
    """What the person asks for; nothing when there is none."""
    found = covering.open_requests_of(subject, timezone.now())
    return {"requests": found} if found else None


def _conflicts(subject: User, user: User) -> dict[str, Any] | None:
    """Nothing when all is settled."""
    now = timezone.now()
    found = conflicts_of(subject, now, now + AWAY_AHEAD)
    if not found:
        return None
    return {"conflicts": found, "speaks_for": spoken_for(user, [subject]), "reader": user}


def _schedule(subject: Schedule, user: User) -> dict[str, Any] | None:
    """Whoever is on call here although they are away; nothing when all is settled."""
    now = timezone.now()
    found = conflicts_in([subject], now, now + AHEAD)
    if not found:
        return None
    people = {each.person for each in found}
    return {"conflicts": found, "speaks_for": spoken_for(user, people), "reader": user, "names": True}


def _shifts(subject: User, user: User) -> dict[str, Any] | None:
    """Nothing for somebody who is in no schedule."""
    now = timezone.now()
    found = shifts_of(subject, now, now + AHEAD + FURTHER)
    shifts = [each for each in found if each.start < now + AHEAD][:SHOWN]
    if not shifts:
        return None
    return {
        "shifts": shifts,
        "now": now,
        "asks": may_speak_for(user, subject),
        "asked": covering.open_requests_of(subject, now),
        "person": subject,
        "reader": user,
    }


def _absences(subject: User, user: User) -> dict[str, Any] | None:
    """To oneself and those who may enter it always, with a way to add; to others when there is some."""
    now = timezone.now()
    found = list(subject.absences.touching(now, now + 2 * AWAY_AHEAD).select_related("feed"))
    may_change = subject.can_respond and may_speak_for(user, subject)
    if not found and not may_change:
        return None
    return {"absences": found, "now": now, "may_change": may_change, "person": subject, "reader": user}
