"""Alerts: of an incident, and each by itself with what its tool really sent."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from alerts import queries, queries_alerts
from alerts.forms import AlertSearch
from alerts.models import Alert, AlertSeverity
from alerts.panels import incident_panel
from alerts.shown import IN_PANEL, pretty, shown
from alerts.views.merging import merging_context
from catalog.models import Service
from incidents.models import Incident

PER_PAGE = 50


@login_required
@require_safe
def alerts(request: PersonRequest) -> HttpResponse:
    """Everything that fires, also what is held back, muted, or becomes no incident; filters are in the address."""
    context = {
        **_listed(request),
        "services": Service.objects.filter(alerts__isnull=False).distinct(),
        "severities": AlertSeverity.choices,
        "states": queries_alerts.STATES,
        "places": [(name, label) for name, (label, _q) in queries_alerts.PLACES.items()],
    }
    return render(request, "alerts/alerts.html", context)


@login_required
@require_safe
def rows(request: PersonRequest) -> HttpResponse:
    """The list alone, for a page that stays open."""
    return render(request, "alerts/_alerts.html", _listed(request))


def _listed(request: PersonRequest) -> dict[str, object]:
    chosen = AlertSearch(request.GET).chosen()
    page = Paginator(queries_alerts.listed(chosen), PER_PAGE).get_page(request.GET.get("page"))
    return {
        "page": page,
        "alerts": [shown(each, IN_PANEL) for each in page.object_list],
        "chosen": chosen,
        "most": queries_alerts.MOST,
        "query": request.GET.urlencode(),
    }


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
        **merging_context(request, incident),
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
    related = ("integration__service", "service", "incident", "route", "mute", "first_event", "last_event")
    return get_object_or_404(Alert.objects.select_related(*related), pk=pk)


def _raw(found: Alert) -> dict[str, object]:
    event = found.last_event or found.first_event
    return {"event": event, "text": pretty(event.body) if event else ""}
