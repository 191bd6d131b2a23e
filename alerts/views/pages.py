"""Integrations: is anything arriving, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from accounts.models import Team
from alerts import queries, queries_heartbeats
from alerts.actions.mapping import MAPPED
from alerts.arrivals import Arrivals, summed
from alerts.forms import PINGED, IntegrationSearch
from alerts.heartbeats import beats_shown
from alerts.limits import last_hour
from alerts.models import Event, Integration
from alerts.processing import read, reason_of
from alerts.queries_rules import own_routes
from alerts.shown import pretty
from alerts.sources.base import Change, Parsed, Signal
from alerts.sources.registry import KINDS, UnknownKind, setup_file, setup_html
from alerts.views.reach import changeable, readable
from catalog.models import Service
from lib.sealing import BadSeal, unseal

PER_PAGE = 50
NO_KEY = "YOUR-KEY"


@login_required
@require_safe
def integrations(request: PersonRequest) -> HttpResponse:
    """Every door: what came last, how much in the last day, what could not be understood."""
    context = {
        **_rows(request),
        "services": Service.objects.filter(integrations__isnull=False).distinct(),
        "teams": Team.objects.filter(services__integrations__isnull=False).distinct(),
        "may_make": Service.objects.live().changeable_by(request.user).exists(),
    }
    return render(request, "alerts/integrations.html", context)


@login_required
@require_safe
def rows(request: PersonRequest) -> HttpResponse:
    """The list alone, for a page that stays open."""
    return render(request, "alerts/_rows.html", _rows(request))


def _rows(request: PersonRequest) -> dict[str, Any]:
    chosen = IntegrationSearch(request.GET).chosen()
    page = Paginator(queries.listed(chosen), PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    came = queries.arrivals([each.pk for each in shown], timezone.now())
    return {
        "page": page,
        "rows": [(each, label_of(each), came[each.pk]) for each in shown],
        "sum": summed(list(came.values())),
        "newest": max((at for each in shown if (at := last_event_of(each))), default=None),
        "chosen": chosen,
        "query": request.GET.urlencode(),
    }


@login_required
@require_safe
def integration(request: PersonRequest, pk: int) -> HttpResponse:
    """One door: what came in lately and what became of it, how to set up the sender, tests."""
    subject = readable(pk)
    may_change = queries.may_change(request.user, subject)
    context = {
        **_came(subject, timezone.now()),
        "may_change": may_change,
        "is_mapped": subject.kind in MAPPED,
        **_setup(subject, may_change),
        "beats": beats_shown(queries_heartbeats.listed({"integration": subject.pk})),
        "takes_pings": subject.kind in PINGED,
        "routes": own_routes(subject),
    }
    return render(request, "alerts/integration.html", context)


@login_required
@require_safe
def came(request: PersonRequest, pk: int) -> HttpResponse:
    """What arrived, alone, for a page that stays open."""
    return render(request, "alerts/_came.html", _came(readable(pk), timezone.now()))


@login_required
@require_safe
def event(request: PersonRequest, pk: int, event_pk: int) -> HttpResponse:
    """One event: how it was read, which alerts it belongs to, and its body."""
    subject = readable(pk)
    found = get_object_or_404(Event, pk=event_pk, integration=subject)
    template = "alerts/_event.html" if request.htmx else "alerts/event.html"
    context = {**event_context(subject, found), "may_change": queries.may_change(request.user, subject)}
    response = render(request, template, context)
    response["Vary"] = "HX-Request, Cookie"
    return response


@login_required
@require_safe
def body(request: PersonRequest, pk: int, event_pk: int) -> HttpResponse:
    """The body as it came, as plain text that no browser takes for a page."""
    found = get_object_or_404(Event, pk=event_pk, integration=readable(pk))
    return HttpResponse(found.body, content_type="text/plain; charset=utf-8")


def last_event_of(listed: Integration) -> datetime | None:
    """What queries.listed has noted on the row."""
    at: datetime | None = getattr(listed, "last_event_at", None)
    return at


def label_of(subject: Integration) -> str | Promise:
    """What the kind is called."""
    return KINDS[subject.kind].label if subject.kind in KINDS else subject.kind


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that an event says, and the alert that it belongs to."""

    signal: Signal
    alert: Any


def event_context(subject: Integration, found: Event) -> dict[str, Any]:
    """What the event's page and fragment need."""
    parsed, reason = _read(subject, found)
    belongs = queries.alerts_of_event(found, {signal.dedup_key for signal in parsed.signals})
    changes: tuple[Change, ...] = parsed.changes
    return {
        "integration": subject,
        "event": found,
        "reason": found.problem or reason,
        "readings": [Reading(signal, belongs.get(signal.dedup_key)) for signal in parsed.signals],
        "changes": changes,
        "text": pretty(found.body),
    }


def _read(subject: Integration, found: Event) -> tuple[Parsed, str]:
    try:
        return read(subject, found), ""
    except Exception as error:
        # The boundary to whatever tools send: an odd body is what this page is for.
        return Parsed(), reason_of(error)


def _came(subject: Integration, now: datetime) -> dict[str, Any]:
    told = queries.recent_events(subject)
    counts: Arrivals = queries.arrivals([subject.pk], now)[subject.pk]
    newest = told[0].event.received_at if told else None
    return {
        "integration": subject,
        "label": label_of(subject),
        "told": told,
        "came": counts,
        "newest": newest,
        "shown_events": queries.SHOWN_EVENTS,
        "hour": last_hour(subject.pk, now),
    }


def _setup(subject: Integration, may_change: bool) -> dict[str, SafeString | str]:
    """How to set up the sender; with the key for those who may change the service."""
    if subject.kind not in KINDS:
        return {"setup": ""}
    try:
        key = unseal(subject.key_sealed) if may_change else NO_KEY
    except BadSeal:
        return {"setup": "", "bad_seal": "1"}
    has_file = may_change and KINDS[subject.kind].file
    file_url = reverse("alerts:integration-file", args=[subject.pk]) if has_file else ""
    return {"setup": setup_html(subject.kind, base_url=settings.SITE_URL, key=key, file_url=file_url)}


@login_required
@require_safe
def file(request: PersonRequest, pk: int) -> HttpResponse:
    """What the tool imports, with the address and key in it, for those who may change the service."""
    subject = changeable(request, pk)
    try:
        text = setup_file(subject.kind, base_url=settings.SITE_URL, key=unseal(subject.key_sealed))
    except (UnknownKind, BadSeal) as error:
        raise Http404 from error
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{KINDS[subject.kind].file}"'
    response["Cache-Control"] = "private, no-store"
    return response
