"""Home: is anything wrong, and is it mine."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import PersonRequest
from accounts.models import Team
from catalog.models import Service
from incidents.forms import IncidentSearch
from incidents.models import Incident, IncidentQuerySet, Severity
from incidents.queries import board as queries
from incidents.queries.board import UNASSESSED

OPEN_SHOWN = 100
OVER_SHOWN = 20
FILTERS = ("service", "team", "severity", "mine", "q")


@login_required
@require_safe
@vary_on_headers("HX-Request")
def board(request: PersonRequest) -> HttpResponse:
    """What pages the reader, then open incidents, worst first, then what is over; filters are in the address."""
    if request.htmx:
        return board_fragment(request)
    context = {
        **board_context(request),
        "services": Service.objects.live().only("name", "slug"),
        "teams": Team.objects.filter(services__isnull=False).distinct(),
        "severities": [*Severity.choices, (UNASSESSED, "")],
    }
    return render(request, "incidents/list.html", context)


@login_required
@require_safe
def bell(request: PersonRequest) -> HttpResponse:
    """What concerns the reader, for a page that stays open."""
    if not request.htmx:
        return redirect("incidents:list")
    return render(request, "components/_bell.html", {"oob": True})


def board_fragment(request: PersonRequest) -> HttpResponse:
    """The part that changes while the page is open, with what was said and the bell."""
    return render(request, "incidents/_board_answer.html", board_context(request))


def board_context(request: PersonRequest) -> dict[str, Any]:
    """The same queries whatever the number of incidents."""
    chosen = IncidentSearch(request.GET).chosen()
    state = chosen.get("state") or ("all" if chosen.get("q") else "open")
    matching = queries.matching(chosen, request.user)
    context = {
        "chosen": chosen,
        "state": state,
        "is_filtered": any(chosen.get(name) for name in FILTERS),
        "paging": queries.paging(request.user),
    }
    parts = {"open": _open_and_over, "closed": _over, "all": _all}
    return {**context, **parts[state](request, matching)}


def _open_and_over(request: PersonRequest, matching: IncidentQuerySet) -> dict[str, Any]:
    page = _page(request, queries.worst_first(matching.open()), OPEN_SHOWN)
    over = queries.with_rows(matching.closed().order_by("-closed_at", "-id"))[: OVER_SHOWN + 1]
    closed = queries.rows_of(over)
    return {
        "page": page,
        "groups": queries.by_severity(queries.rows_of(page.object_list)),
        "over": closed[:OVER_SHOWN],
        "is_more_over": len(closed) > OVER_SHOWN,
        "ever": bool(closed) or page.paginator.count > 0 or Incident.objects.exists(),
    }


def _over(request: PersonRequest, matching: IncidentQuerySet) -> dict[str, Any]:
    page = _page(request, matching.closed().order_by("-closed_at", "-id"), OVER_SHOWN)
    return {"page": page, "rows": queries.rows_of(page.object_list)}


def _all(request: PersonRequest, matching: IncidentQuerySet) -> dict[str, Any]:
    page = _page(request, matching.order_by("-id"), OPEN_SHOWN)
    return {"page": page, "rows": queries.rows_of(page.object_list)}


def _page(request: PersonRequest, found: QuerySet[Incident], size: int) -> Page[Incident]:
    """What `with_rows` adds is no part of what is counted, so it is added to the page's slice alone."""
    page = Paginator(found, size).get_page(request.GET.get("page"))
    first = max(page.start_index() - 1, 0)
    page.object_list = list(queries.with_rows(found)[first : first + size])
    return page
