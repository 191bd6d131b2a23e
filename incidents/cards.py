"""The message about an incident that is kept up to date: in the rooms of its service and team, and with those paged.

Where a channel can change what it sent, each state makes it anew; so it says how things stand, not what happened.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from incidents.messages import incident_url, subject_of
from incidents.models import CLOSED, Incident, State
from lib.text import one_line
from notifications.transports.base import Message

LONGEST_TITLE = 150


def card(incident: Incident, *, commander: User | None = None, by: User | None = None) -> Message:
    """How the incident stands; it has no buttons once it is over (`data["answers"]`).

    `incident` comes with its service and with whoever acknowledged it; `by` moved it into its state, if a person did.
    """
    return Message(
        kind="notice",
        headline=headline(incident, by),
        intro=one_line(incident.summary, 600) if incident.is_open else "",
        facts=tuple(_facts(incident, commander)),
        url=incident_url(incident),
        link_text=_("Open incident #%(number)s") % {"number": incident.pk},
        thread=subject_of(incident),
        data=_data(incident),
        quiet=incident.state not in (State.TRIAGE, State.ACTIVE),
    )


def headline(incident: Incident, by: User | None = None) -> str:
    """What is wrong and how it stands, in one line."""
    rank = f"{incident.get_severity_display()} " if incident.severity else ""
    drill = _("Drill: ") if incident.is_drill else ""
    name = incident.service.name
    title = incident.title if name.lower() in incident.title.lower() else f"{name}: {incident.title}"
    return one_line(f"{drill}{rank}{title}", LONGEST_TITLE) + ", " + standing(incident, by)


def standing(incident: Incident, by: User | None = None) -> str:
    """Who has it, or what became of it."""
    if incident.merged_into_id:
        return _("merged into #%(number)s") % {"number": incident.merged_into_id}
    if incident.state in CLOSED:
        done = _("resolved") if incident.state == State.RESOLVED else _("dismissed: not an incident")
        return _("%(done)s by %(name)s") % {"done": done, "name": by} if by else done
    has = incident.acknowledged_by
    if incident.state == State.TRIAGE:
        return _("nobody has it yet")
    if incident.state == State.ACKNOWLEDGED:
        return _("%(name)s has it") % {"name": has} if has else _("acknowledged")
    return str(incident.get_state_display()).lower()


def _facts(incident: Incident, commander: User | None) -> list[tuple[str, str]]:
    facts = [
        (_("State"), str(incident.get_state_display())),
        (_("Incident"), f"#{incident.pk} {incident.title}"),
        (_("Service"), incident.service.name),
        (_("Since"), f"{incident.started_at:%Y-%m-%d %H:%M} UTC"),
    ]
    if incident.severity:
        facts.insert(1, (_("Severity"), str(incident.get_severity_display())))
    if commander or incident.acknowledged_by:
        label = _("Commander") if commander else _("Acknowledged by")
        facts.insert(1, (label, str(commander or incident.acknowledged_by)))
    if incident.service.runbook_url and incident.is_open:
        facts.append((_("Runbook"), incident.service.runbook_url))
    return facts


def _data(incident: Incident) -> dict[str, Any]:
    return {
        "incident": incident.pk,
        "service": incident.service.name,
        "state": incident.state,
        "urgency": incident.urgency,
        "answers": incident.is_open,
    }
