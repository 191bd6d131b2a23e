"""What reports and hand-off notes add to the pages of the layers below."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from insights import notes
from insights.forms import MailChoiceForm
from insights.models import HandoffNote
from lib.intervals import Interval
from lib.panels import Panel, register
from oncall.models import MailChoice, Schedule
from oncall.reports.reading import load_report

LOAD_OVER = timedelta(weeks=4)


def register_all() -> None:
    """The last note and the load on a schedule's page; the choice of mails on one's own."""
    register(
        "schedule",
        Panel(
            "handoff", str(_("Last hand-off")), "insights/handoff/_panel.html", last_note, "side", order=30
        ),
    )
    register(
        "schedule",
        Panel("load", str(_("Load, last four weeks")), "insights/_load_panel.html", load, order=60),
    )
    register(
        "me", Panel("mails", str(_("Regular mails")), "insights/handoff/_mails.html", mails, "side", order=60)
    )


def last_note(schedule: Schedule, user: User) -> dict[str, Any] | None:
    """Nothing before the first hand-off."""
    note = HandoffNote.objects.filter(schedule=schedule).first()
    return {"told": notes.told([note])[0]} if note else None


def load(schedule: Schedule, user: User) -> dict[str, Any] | None:
    """Nothing where nobody was on call."""
    now = timezone.now()  # a page shows what is behind its reader
    report = load_report([schedule], Interval(now - LOAD_OVER, now), all_pages=False)
    return None if report.is_empty else {"report": report, "schedule": schedule}


def mails(person: User, user: User) -> dict[str, Any] | None:
    """Viewers are never on call and manage nothing."""
    if not person.can_respond:
        return None
    choice = MailChoice.objects.filter(user=person).first() or MailChoice(user=person)
    chosen = {"handoff_notes": choice.handoff_notes, "coverage_reports": choice.coverage_reports}
    return {"form": MailChoiceForm(manages=Team.objects.changeable_by(person).exists(), initial=chosen)}
