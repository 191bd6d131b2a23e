"""Heartbeats: which job fell silent, and how to let one be heard."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from accounts.models import Team
from alerts import queries_heartbeats as queries
from alerts.expecting import upcoming
from alerts.heartbeat_forms import HeartbeatSearch
from alerts.heartbeats import beats_shown, is_running, rhythm_of, rhythm_words
from alerts.models import Heartbeat, HeartbeatState
from catalog.models import Service
from lib.sealing import BadSeal, unseal

PER_PAGE = 50
NO_KEY = "YOUR-KEY"
SHOWN_NEXT = 3
LISTED = 10


@login_required
@require_safe
def heartbeats(request: PersonRequest) -> HttpResponse:
    """Every job that must not fall silent, the silent ones first."""
    context = {
        **_rows(request),
        "services": Service.objects.filter(integrations__heartbeats__isnull=False).distinct(),
        "teams": Team.objects.filter(services__integrations__heartbeats__isnull=False).distinct(),
        "may_make": Service.objects.live().changeable_by(request.user).exists(),
    }
    return render(request, "alerts/heartbeats.html", context)


@login_required
@require_safe
def rows(request: PersonRequest) -> HttpResponse:
    """The list alone, for a page that stays open."""
    return render(request, "alerts/_heartbeats.html", _rows(request))


def _rows(request: PersonRequest) -> dict[str, Any]:
    chosen = HeartbeatSearch(request.GET).chosen()
    page = Paginator(queries.listed(chosen), PER_PAGE).get_page(request.GET.get("page"))
    counted = dict(
        queries.listed({**chosen, "state": ""}).order_by().values_list("state").annotate(Count("pk"))
    )
    return {
        "page": page,
        "rows": beats_shown(page.object_list),
        "chosen": chosen,
        "counts": [(state.value, state.label, counted.get(state.value, 0)) for state in queries.WRONG_FIRST],
        "total": sum(counted.values()),
        "wrong": counted.get(HeartbeatState.DOWN.value, 0) + counted.get(HeartbeatState.LATE.value, 0),
        "query": request.GET.urlencode(),
    }


@login_required
@require_safe
def heartbeat(request: PersonRequest, pk: int) -> HttpResponse:
    """One job: is it on time, what it said lately, and the lines that let it be heard."""
    row = get_object_or_404(queries.readable(), pk=pk)
    may_change = queries.changeable_by(request.user).filter(pk=pk).exists()
    now = timezone.now()
    context = {
        **_live(row),
        "may_change": may_change,
        "rhythm": rhythm_words(row),
        "next": upcoming(rhythm_of(row), now, SHOWN_NEXT) if row.cron else [],
        **_addresses(row, may_change),
    }
    return render(request, "alerts/heartbeat.html", context)


@login_required
@require_safe
def live(request: PersonRequest, pk: int) -> HttpResponse:
    """What it said, alone, for a page that stays open."""
    return render(request, "alerts/_heartbeat.html", _live(get_object_or_404(queries.readable(), pk=pk)))


def _live(row: Heartbeat) -> dict[str, Any]:
    pings = queries.recent_pings(row)
    return {
        "heartbeat": row,
        "pings": pings[:LISTED],
        "strip": _strip(pings),
        "alert": queries.alert_of(row),
        "is_running": is_running(row),
        "rhythm": rhythm_words(row),
    }


def _strip(pings: list[queries.Pinged]) -> list[tuple[int, queries.Pinged]]:
    """The oldest at the left, each with the place of its bar."""
    return [(place * 8, each) for place, each in enumerate(reversed(pings))]


def _addresses(row: Heartbeat, may_change: bool) -> dict[str, str]:
    """Its own address, and the one below its integration's key; with the keys for those who may change it."""
    base = settings.SITE_URL.rstrip("/")
    try:
        own = unseal(row.key_sealed) if may_change else NO_KEY
        shared = unseal(row.integration.key_sealed) if may_change else NO_KEY
    except BadSeal:
        return {"bad_seal": "1"}
    shared_url = f"{base}/ping/{shared}/{row.slug}" if row.integration.kind == "heartbeat" else ""
    return {"url": f"{base}/ping/{own}", "shared_url": shared_url, "schedule": row.cron or "*/5 * * * *"}
