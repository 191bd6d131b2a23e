"""What incidents add to the pages of the layers below."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from catalog.queries import register_health
from incidents.actions.verdicts import was_paged
from incidents.models import Incident, PageVerdict, State
from incidents.queries.board import rows_of, with_rows, worst_first
from incidents.queries.health import health_source
from incidents.queries.rooms import shown
from lib.panels import Panel, register

MOST_OPEN = 20
RECENT = 5


def register_all() -> None:
    """A service's incidents on its page, how services are wherever they are shown, and the rooms that hear."""
    register_health(health_source)
    register(
        "service",
        Panel("incidents", str(_("Incidents")), "incidents/_service_panel.html", service_panel, order=10),
    )
    register(
        "incident",
        Panel(
            "verdict",
            str(_("Was the page useful?")),
            "incidents/_verdict_panel.html",
            verdict_panel,
            "side",
            order=5,
        ),
    )
    for page in ("service", "team"):
        register(
            page, Panel("rooms", str(_("Chat rooms")), "incidents/_rooms_panel.html", rooms_panel, order=60)
        )


def verdict_panel(incident: Any, user: Any) -> dict[str, Any] | None:
    """Was this page useful? Asked of those who were paged, once it no longer waits for anybody."""
    if incident.state == State.TRIAGE or not was_paged(incident, user):
        return None
    verdict = PageVerdict.objects.filter(incident=incident, user=user).first()
    return {"incident": incident, "verdict": verdict}


def service_panel(service: Any, user: Any) -> dict[str, Any]:
    """What is open on it, worst first, and the last few that are over."""
    found = Incident.objects.filter(service=service)
    recent = found.closed().order_by("-closed_at", "-id")
    return {
        "service": service,
        "open": rows_of(with_rows(worst_first(found.open()))[:MOST_OPEN]),
        "recent": rows_of(with_rows(recent)[:RECENT]),
        "may_act": user.can_respond,
    }


def rooms_panel(owner: Any, user: Any) -> dict[str, Any] | None:
    """The chat rooms that hear of its incidents, and what became of the last test of each; nothing to others while
    there is none."""
    is_team = isinstance(owner, Team)
    team = owner if is_team else owner.team
    may_change = Team.objects.changeable_by(user).filter(pk=team.pk).exists()
    rooms = list(owner.channels.all())
    if not rooms and not may_change:
        return None
    return {
        "owner": owner,
        "is_team": is_team,
        "rooms": shown(rooms),
        "of_team": [] if is_team else shown(list(team.channels.all())),
        "team": team,
        "may_change": may_change,
    }
