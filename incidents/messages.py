"""The words of pages and notices about incidents."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from incidents.models import Incident
from lib.text import one_line
from notifications.transports.base import Message


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody is paged: where the escalation stands. `step` and `steps` count from 1."""

    policy: str
    kind: str
    step: int
    steps: int
    cycle: int
    also: tuple[str, ...] = ()


def incident_url(incident: Incident) -> str:
    """The incident's page, as an address that works from a mail."""
    return f"{settings.SITE_URL}/incidents/{incident.pk}/"


def subject_of(incident: Incident) -> str:
    """How deliveries name the incident."""
    return f"incident:{incident.pk}"


def page(incident: Incident, why: Why) -> Message:
    """The page itself: the headline alone says what is down and that the reader is wanted."""
    rank = incident.get_severity_display() if incident.severity else ""
    name = incident.service.name
    title = incident.title if name.lower() in incident.title.lower() else f"{name}: {incident.title}"
    position = (
        _("fallback")
        if why.kind == "fallback"
        else _("step %(step)s of %(steps)s") % {"step": why.step, "steps": why.steps}
    )
    headline = (
        one_line(f"{rank} {title}".strip(), 150)
        + ", "
        + _("you are paged (%(position)s)") % {"position": position}
    )
    return Message(
        kind="page",
        headline=headline,
        intro=one_line(incident.summary, 600),
        facts=tuple(_facts(incident, why)),
        url=incident_url(incident),
        link_text=_("Open incident #%(number)s") % {"number": incident.pk},
        thread=subject_of(incident),
        data={"incident": incident.pk, "service": name, "state": incident.state, "urgency": incident.urgency},
    )


def shadowed(incident: Incident, paged: tuple[str, ...]) -> Message:
    """What somebody who shadows is told: who was paged, and that nothing is asked of the reader."""
    names = ", ".join(paged)
    return Message(
        kind="notice",
        headline=one_line(f"{incident.service.name}: {incident.title}", 150)
        + ", "
        + _("%(names)s was paged, you are shadowing") % {"names": names},
        intro=_("Nobody waits for you: this is for you to look over a shoulder."),
        facts=(
            (_("Incident"), f"#{incident.pk} {incident.title}"),
            (_("Service"), incident.service.name),
            (_("Paged"), names),
        ),
        url=incident_url(incident),
        link_text=_("Open incident #%(number)s") % {"number": incident.pk},
        thread=subject_of(incident),
    )


def _facts(incident: Incident, why: Why) -> list[tuple[str, str]]:
    facts = [
        (_("Incident"), f"#{incident.pk} {incident.title}"),
        (_("Service"), incident.service.name),
        (_("Since"), incident.started_at.strftime("%Y-%m-%d %H:%M UTC")),
        (_("Urgency"), str(incident.get_urgency_display())),
        (_("Policy"), why.policy),
    ]
    if why.also:
        facts.append((_("Also paged"), ", ".join(why.also)))
    if incident.service.runbook_url:
        facts.append((_("Runbook"), incident.service.runbook_url))
    return facts
