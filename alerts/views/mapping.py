"""Writing the expressions by which JSON is read, next to what arrived, with the result as one types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BoundField
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from alerts.actions.mapping import MAPPED, save_mapping
from alerts.mapping_forms import MappingForm
from alerts.models import Event, Integration
from alerts.shown import pretty
from alerts.sources.generic import mapping as reading
from alerts.sources.generic.mapping import OPTION, SLOTS, Cell
from alerts.views.reach import changeable
from lib.jsonbody import BadBody
from lib.jsonbody import parse as parse_json

LAST = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A slot: its field, and what its expression finds."""

    field: BoundField
    cell: Cell


@login_required
@require_http_methods(["GET", "POST"])
def mapping(request: PersonRequest, pk: int) -> HttpResponse:
    """The page, and saving it."""
    subject = _mapped(request, pk)
    event = _chosen(request, subject)
    form = MappingForm(request.POST or None, initial=_initial(subject, event))
    if request.method == "POST" and form.is_valid():
        save_mapping(actor=request.user, integration=subject, mapping=form.mapping)
        messages.success(request, _("Saved. What arrives from now on is read like this."))
        return redirect("alerts:integration-mapping", pk=pk)
    return render(request, "alerts/mapping.html", _context(subject, form, event))


@login_required
@require_POST
def preview(request: PersonRequest, pk: int) -> HttpResponse:
    """What the expressions make of the body; nothing is saved. A fragment as one types, a page for the button."""
    subject = _mapped(request, pk)
    form = MappingForm(request.POST)
    form.is_valid()
    context = _context(subject, form, None)
    template = "alerts/_mapping_result.html" if request.htmx else "alerts/mapping.html"
    return render(request, template, {**context, "oob": bool(request.htmx)})


def _mapped(request: PersonRequest, pk: int) -> Integration:
    subject = changeable(request, pk)
    if subject.kind not in MAPPED:
        raise Http404
    return subject


def _chosen(request: PersonRequest, subject: Integration) -> Event | None:
    """The event of the address, else the newest one."""
    asked = request.GET.get("event", "")
    found = Event.objects.filter(integration=subject, endpoint="alert")
    if asked.isascii() and asked.isdigit() and len(asked) <= 18:
        found = found.filter(pk=int(asked))
    return found.order_by("-pk").first()


def _initial(subject: Integration, event: Event | None) -> dict[str, str]:
    saved = subject.options.get(OPTION)
    body = pretty(event.body) if event else ""
    return {**(saved if isinstance(saved, dict) else {}), "payload": body}


def _context(subject: Integration, form: MappingForm, event: Event | None) -> dict[str, Any]:
    given = _given(form)
    body, reason = _body(given["payload"])
    expressions = {slot: text for slot in SLOTS if (text := given[slot].strip())}
    cells = {} if reason else reading.cells(body, expressions)
    return {
        "integration": subject,
        "form": form,
        "event": event,
        "lines": [Line(form[slot], cells.get(slot, Cell())) for slot in SLOTS],
        "parsed": None if reason else reading.parse(body, expressions, timezone.now()),
        "reason": reason,
        "events": Event.objects.filter(integration=subject, endpoint="alert")
        .defer("body")
        .order_by("-pk")[:LAST],
    }


def _given(form: MappingForm) -> dict[str, str]:
    """What stands in the fields, typed or from before."""
    return {name: str(form[name].value() or "") for name in form.fields}


def _body(text: str) -> tuple[object, str]:
    if not text.strip():
        return None, _("Paste a body, or choose one that arrived, to see what becomes of it.")
    raw = text.encode("utf-8", "replace")
    try:
        return parse_json(raw, max_bytes=len(raw)), ""
    except BadBody as error:
        return None, error.reason
