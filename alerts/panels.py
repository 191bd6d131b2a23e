"""What alerts add to the pages of the layers below."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team
from alerts import queries, queries_heartbeats
from alerts.heartbeats import beats_shown
from alerts.models import Alert, AlertState
from alerts.queries_rules import covering
from alerts.shown import IN_PANEL, shown
from alerts.shown_mutes import shown_mute
from alerts.sources.registry import KINDS
from lib.panels import Panel, register

FIRST_FEW = 5
MOST_BEATS = 20


def register_all() -> None:
    """An incident's alerts, and the doors of a service."""
    register(
        "incident", Panel("alerts", _("Alerts"), "alerts/_incident_panel.html", incident_panel, order=20)
    )
    register(
        "incident", Panel("muted", _("Muted now"), "alerts/_muted_panel.html", muted_on_incident, order=1)
    )
    register("service", Panel("muted", _("Muted now"), "alerts/_muted_panel.html", muted_panel, order=1))
    register(
        "service",
        Panel("integrations", _("Integrations"), "alerts/_service_panel.html", service_panel, order=30),
    )
    register(
        "service",
        Panel("heartbeats", _("Heartbeats"), "alerts/_heartbeats_panel.html", heartbeats_panel, order=25),
    )


def heartbeats_panel(service: Any, user: Any) -> dict[str, Any] | None:
    """The jobs of a service that must not fall silent, what is wrong first; nothing to others while there is none."""
    rows = list(queries_heartbeats.listed({"service": service.slug})[:MOST_BEATS])
    may_make = service.archived_at is None and (
        Team.objects.changeable_by(user).filter(pk=service.team_id).exists()
    )
    if not rows:
        return None
    return {"service": service, "beats": beats_shown(rows), "may_make": may_make, "most": MOST_BEATS}


def incident_panel(incident: Any, user: Any) -> dict[str, Any] | None:
    """The first few alerts, those that fire before the others; nothing for an incident that never had one."""
    alerts = list(queries.alerts_of(incident)[: FIRST_FEW + 1])
    if not alerts:
        return None
    firing, total = _numbers(incident, alerts)
    return {
        "incident": incident,
        "alerts": [shown(alert, IN_PANEL) for alert in alerts[:FIRST_FEW]],
        "firing": firing,
        "total": total,
        "more": total - min(total, FIRST_FEW),
    }


def _numbers(incident: Any, alerts: list[Alert]) -> tuple[int, int]:
    """How many fire and how many there are; asked only where the list does not say it by itself."""
    if len(alerts) <= FIRST_FEW:
        return sum(alert.state != AlertState.RESOLVED for alert in alerts), len(alerts)
    found = Alert.objects.filter(incident=incident).aggregate(
        firing=queries.count_of(~Q(state=AlertState.RESOLVED)), total=queries.count_of(Q())
    )
    return found["firing"], found["total"]


def service_panel(service: Any, user: Any) -> dict[str, Any] | None:
    """Through which doors alerts come in, and where to open another."""
    rows = list(queries.listed({"service": service.slug}))
    is_theirs = Team.objects.changeable_by(user).filter(pk=service.team_id).exists()
    return {
        "service": service,
        "rows": [(row, KINDS[row.kind].label if row.kind in KINDS else row.kind) for row in rows],
        "may_make": is_theirs and service.archived_at is None,
    }


def muted_on_incident(incident: Any, user: Any) -> dict[str, Any] | None:
    """The same for an incident that is open."""
    return muted_panel(incident.service, user) if incident.is_open else None


def muted_panel(service: Any, user: Any) -> dict[str, Any] | None:
    """The mutes of this moment that cover the service; nothing where there is none."""
    now = timezone.now()
    rows = [shown_mute(mute, now) for mute in covering(service, now)]
    return {"rows": rows} if rows else None
