"""What incidents add to the pages of the layers below."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.queries import register_health
from incidents.models import Incident
from incidents.queries.board import rows_of, with_rows, worst_first
from incidents.queries.health import health_source
from lib.panels import Panel, register

MOST_OPEN = 20
RECENT = 5


def register_all() -> None:
    """A service's incidents on its page, and how services are wherever they are shown."""
    register_health(health_source)
    register(
        "service",
        Panel("incidents", str(_("Incidents")), "incidents/_service_panel.html", service_panel, order=10),
    )


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
