"""Alerts: of an incident, and each by itself with what its tool really sent."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from alerts import queries
from alerts.models import Alert
from alerts.panels import incident_panel
from alerts.shown import IN_PANEL, pretty, shown
from incidents.models import Incident

PER_PAGE = 50


@login_required
@require_safe
def of_incident(request: PersonRequest, number: int) -> HttpResponse:
    """Every alert of an incident, those that fire first."""
    incident = get_object_or_404(Incident.objects.select_related("service"), pk=number)
    page = Paginator(queries.alerts_of(incident), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "incident": incident,
        "page": page,
        "alerts": [shown(alert, IN_PANEL) for alert in page.object_list],
    }
    return render(request, "alerts/incident_alerts.html", context)


@login_required
@require_safe
def panel(request: PersonRequest, number: int) -> HttpResponse:
    """The panel of an incident's page alone, for a page that stays open."""
    incident = get_object_or_404(Incident, pk=number)
    return render(request, "alerts/_incident_panel.html", {"panel": incident_panel(incident, request.user)})


@login_required
@require_safe
def alert(request: PersonRequest, pk: int) -> HttpResponse:
    """One alert, whole, with the body of the event that it was last told by."""
    found = _alert(pk)
    context = {"shown": shown(found), "alert": found, **_raw(found)}
    return render(request, "alerts/alert.html", context)


@login_required
@require_safe
def raw(request: PersonRequest, pk: int) -> HttpResponse:
    """The body alone, for a page that shows the alert already."""
    if not request.htmx:
        return redirect("alerts:alert", pk=pk)
    found = _alert(pk)
    return render(request, "alerts/_raw.html", {"alert": found, **_raw(found)})


def _alert(pk: int) -> Alert:
    related = ("integration__service", "incident", "first_event", "last_event")
    return get_object_or_404(Alert.objects.select_related(*related), pk=pk)


def _raw(found: Alert) -> dict[str, object]:
    event = found.last_event or found.first_event
    return {"event": event, "text": pretty(event.body) if event else ""}
