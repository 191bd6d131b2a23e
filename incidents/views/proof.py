"""Proof of paging: who was to be told about an incident, how, when, and what became of it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from incidents.messages import subject_of
from incidents.queries import ledger
from incidents.views.access import incident_or_404
from notifications.ledger import documents, signing
from notifications.views.ledger import attachment

PER_PAGE = 100


@login_required
@require_safe
def pages(request: PersonRequest, number: int) -> HttpResponse:
    """Every message about the incident with each attempt, the provider's answers, and what came back."""
    incident = incident_or_404(number)
    rows = ledger.deliveries(incident).prefetch_related("inbound")
    found = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "incident": incident,
        "page": found,
        "sent": [ledger.shown(each, request.user) for each in found.object_list],
    }
    if found.object_list:
        public = signing.public_key()
        context |= {"key_id": signing.id_of(public), "key_text": signing.text_of(public)}
    return render(request, "incidents/pages.html", context)


@login_required
@require_safe
def export(request: PersonRequest, number: int, ending: str) -> HttpResponse:
    """The same, signed, as a file: "csv" or "json"."""
    incident = incident_or_404(number)
    document = documents.about(subject_of(incident), title=str(incident), now=timezone.now())
    return attachment(document, ending)
