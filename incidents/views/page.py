"""An incident: what is happening, what do I do."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import PersonRequest
from incidents.forms import NoteForm, UpdateForm
from incidents.models import Incident, Phase
from incidents.queries import page, timeline
from incidents.queries.changes import changes_around
from incidents.views import parts
from incidents.views.access import incident_or_404


@login_required
@require_safe
@vary_on_headers("HX-Request")
def detail(request: PersonRequest, number: int) -> HttpResponse:
    """Header and next action, composer and timeline, what stands around it. `?before=` turns the timeline back."""
    incident = incident_or_404(number)
    before = _before(request)
    if request.htmx and before is not None:
        context = {"incident": incident, "slice": timeline.newest(incident, before=before)}
        return render(request, "incidents/_earlier.html", context)
    return render_page(request, incident, before=before)


def render_page(
    request: PersonRequest,
    incident: Incident,
    *,
    note: NoteForm | None = None,
    update: UpdateForm | None = None,
    before: int | None = None,
) -> HttpResponse:
    """The whole page; with `note` or `update` as they were typed, when they cannot stand like that."""
    context = parts.common(incident, request.user)
    shown = parts.parts_of(request, context)
    slice = timeline.newest(incident, before=before)
    newest = slice.lines[0].entry.number if slice.lines and before is None else incident.timeline_length
    changed_before, changed_after = changes_around(incident)
    by_home = {home: [each for each in shown if each.home == home] for home in ("panels-main", "panels-side")}
    context |= {
        "own": {each.id.removeprefix("incident-"): each.html for each in shown if not each.home},
        "panels_main": by_home["panels-main"],
        "panels_side": by_home["panels-side"],
        "slice": slice,
        "before": before,
        "marks": parts.marks(shown, newest),
        "changes": changed_before,
        "changes_after": changed_after,
        **note_context(incident, note),
        **update_context(incident, update),
    }
    return render(request, "incidents/detail.html", context)


def note_context(incident: Incident, form: NoteForm | None = None) -> dict[str, Any]:
    """What the composer needs."""
    return {"incident": incident, "note": form or NoteForm(auto_id="note_%s")}


def update_context(incident: Incident, form: UpdateForm | None = None) -> dict[str, Any]:
    """What the composer of updates needs: it begins where the last update ended."""
    last = page.last_update(incident)
    initial = {
        "phase": last.phase if last else Phase.INVESTIGATING,
        "impact": incident.impact,
        "is_public": last.is_public if last else True,
    }
    return {
        "incident": incident,
        "update": form or UpdateForm(initial=initial, auto_id="update_%s"),
        "last_update": last,
    }


@login_required
@require_safe
def live(request: PersonRequest, number: int) -> HttpResponse:
    """What is new since the page was rendered; 204 when nothing is."""
    if not request.htmx:
        return redirect("incidents:detail", number=number)
    return parts.answer(request, incident_or_404(number))


def _before(request: PersonRequest) -> int | None:
    asked = request.GET.get("before", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else None
