"""What being on call adds to the pages of the layers below: somebody's next shifts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.panels import Panel, register
from oncall.queries import shifts_of

AHEAD = timedelta(weeks=8)
SHOWN = 6


def register_all() -> None:
    """Shifts, on a person's page and on one's own."""
    for page in ("person", "me"):
        register(page, Panel("shifts", str(_("Next shifts")), "oncall/_shifts_panel.html", _shifts, order=40))


def _shifts(subject: User, user: User) -> dict[str, Any] | None:
    """Nothing for somebody who is in no schedule."""
    now = timezone.now()  # a page shows what is ahead of its reader
    shifts = shifts_of(subject, now, now + AHEAD)[:SHOWN]
    return {"shifts": shifts, "now": now} if shifts else None
