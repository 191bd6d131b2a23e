"""What the pages about people say about how they are reached."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib import panels
from notifications.queries import cards_of, lines_of, reach_of


def register() -> None:
    """Called once, when the app is ready."""
    panels.register(
        "people", panels.Panel("reach", str(_("Reached by")), "notifications/_reach_cell.html", _cells)
    )
    panels.register(
        "person", panels.Panel("reach", str(_("Reached by")), "notifications/_person.html", _person)
    )


def _cells(people: list[User], reader: User) -> dict[str, Any]:
    """For the list of people: the kinds of methods by person."""
    return {"reach": reach_of(people)}


def _person(person: User, reader: User) -> dict[str, Any]:
    """Everybody sees whether and by what somebody is reached; the addresses only they and admins."""
    return {
        "reach": reach_of([person])[person.pk],
        "cards": cards_of(person) if reader.is_admin or reader == person else [],
        "lines": lines_of(person) if reader.is_admin or reader == person else [],
        "may_invite": reader.is_admin and person.is_active and not person.has_usable_password(),
    }
