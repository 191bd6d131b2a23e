"""Which regular mails somebody wants."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from oncall.models import MailChoice


def set_mail_choice(
    *,
    actor: User,
    now: datetime,
    handoff_notes: bool | None = None,
    coverage_reports: bool | None = None,
) -> MailChoice:
    """The actor's own choice; None leaves one as it is."""
    wanted = {"handoff_notes": handoff_notes, "coverage_reports": coverage_reports}
    given = {name: value for name, value in wanted.items() if value is not None}
    choice, _made = MailChoice.objects.update_or_create(user=actor, defaults=given)
    return choice
