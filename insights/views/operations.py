"""Operations: does the pager itself work."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import PersonRequest
from accounts.models import User
from insights.forms.operations import LedgerFilter, SpanForm
from insights.operations import deliveries, pulse
from insights.operations.charts import bars
from insights.operations.deliveries import incident_of
from insights.operations.verdict import verdict_of
from lib import panels
from notifications import punctuality
from notifications.lateness import BOUND
from notifications.ledger import documents
from notifications.views.ledger import attachment

PER_PAGE = 50


@login_required
@require_safe
@vary_on_headers("HX-Request")
def operations(request: PersonRequest) -> HttpResponse:
    """Whether pages are on time now; then how late they were, and why. htmx asks for the first part alone."""
    reader = responder_or_404(request)
    found = pulse.read(timezone.now())
    context: dict[str, Any] = {"pulse": found, "verdict": verdict_of(found), "bound": BOUND}
    if request.htmx:
        return render(request, "insights/operations/_now.html", context)
    span = SpanForm(request.GET).span()
    context |= lateness_context(span, found) | {"panels": panels.filled("operations", found, reader)}
    return render(request, "insights/operations.html", context)


def lateness_context(span: punctuality.Span, found: pulse.Pulse) -> dict[str, Any]:
    """The histograms of a span and the worst of it."""
    counted = found.hour if span == punctuality.Span.HOUR else punctuality.summary(span, found.now)
    return {
        "span": span.value,
        "spans": [("hour", _("Last hour")), ("day", _("Last day")), ("week", _("Last week"))],
        "kinds": [(each, bars(each)) for each in counted.values()],
        "worst": [(late, incident_of(late.subject)) for late in punctuality.worst(span, found.now)],
    }


@login_required
@require_safe
def ledger(request: PersonRequest) -> HttpResponse:
    """Every message of the installation with its attempts, the newest first."""
    reader = responder_or_404(request)
    form = LedgerFilter(request.GET)
    asked = form.asked()
    rows = deliveries.chosen(deliveries.readable_by(reader), asked)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    person = asked.get("person")
    context = {
        "form": form,
        "page": page,
        "lines": deliveries.lines(list(page.object_list), reader),
        "is_filtered": any(asked.values()),
        "person": person,
        "may_export": person and (reader.is_admin or reader == person),
    }
    return render(request, "insights/operations/ledger.html", context)


@login_required
@require_safe
def of_person(request: PersonRequest, pk: int, ending: str) -> HttpResponse:
    """What was due to a person, signed, as a file: for themselves and for admins."""
    person = person_or_404(request.user, pk)
    return attachment(documents.to_person(person, now=timezone.now()), ending)


def person_or_404(reader: User, pk: int) -> User:
    """Themselves, or anybody for an admin; else 404."""
    if not reader.is_admin and reader.pk != pk:
        raise Http404
    return get_object_or_404(User, pk=pk)


def responder_or_404(request: PersonRequest) -> User:
    """Who reads about the pager itself: responders and admins; for others there is no such page."""
    if not request.user.can_respond:
        raise Http404
    return request.user
