"""What people write into an incident: notes, updates, roles, corrections."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from incidents.actions import writing
from incidents.forms import EditForm, NoteForm, RoleForm, UpdateForm
from incidents.models import Incident, RoleName
from incidents.views import parts
from incidents.views.access import incident_or_404, responder
from incidents.views.acts import answered
from incidents.views.page import note_context, render_page, update_context


@login_required
@require_POST
def note(request: PersonRequest, number: int) -> HttpResponse:
    """A note, an action, a hypothesis or a decision. What was typed stays when it cannot stand."""
    incident = incident_or_404(number)
    form = NoteForm(request.POST, auto_id="note_%s")
    if form.is_valid():
        _add_note(request, incident, form)
    if form.is_bound and form.errors:
        return _refused(request, incident, note=form)
    if not request.htmx:
        return redirect("incidents:detail", number=number)
    lead = ("incidents/_composer.html", note_context(incident))
    return parts.answer(request, incident, lead=lead)


def _add_note(request: PersonRequest, incident: Incident, form: NoteForm) -> None:
    actor = responder(request)
    try:
        writing.add_note(incident_id=incident.pk, actor=actor, now=timezone.now(), **form.cleaned_data)
    except writing.NothingWritten:
        form.add_error("text", _("Write something first."))
    except writing.FutureTime:
        form.add_error("happened_at", _("That time is still to come."))


@login_required
@require_POST
def update(request: PersonRequest, number: int) -> HttpResponse:
    """Where it stands, for colleagues or for customers."""
    incident = incident_or_404(number)
    form = UpdateForm(request.POST, auto_id="update_%s")
    if form.is_valid():
        _publish(request, incident, form)
    if form.errors:
        return _refused(request, incident, update=form)
    if not request.htmx:
        return redirect("incidents:detail", number=number)
    incident = incident_or_404(number)
    return parts.answer(request, incident, lead=("incidents/_update.html", update_context(incident)))


def _publish(request: PersonRequest, incident: Incident, form: UpdateForm) -> None:
    actor = responder(request)
    try:
        writing.publish_update(incident_id=incident.pk, actor=actor, now=timezone.now(), **form.cleaned_data)
    except writing.NothingWritten:
        form.add_error("body", _("Say what customers should know."))
        return
    said = _("Published.") if form.cleaned_data["is_public"] else _("Written for colleagues only.")
    messages.success(request, said)


def _refused(
    request: PersonRequest,
    incident: Incident,
    *,
    note: NoteForm | None = None,
    update: UpdateForm | None = None,
) -> HttpResponse:
    responder(request)
    if not request.htmx:
        return render_page(request, incident, note=note, update=update)
    lead = (
        ("incidents/_composer.html", note_context(incident, note))
        if note
        else ("incidents/_update.html", update_context(incident, update))
    )
    return parts.answer(request, incident, lead=lead, status=422)


@login_required
@require_POST
def role(request: PersonRequest, number: int) -> HttpResponse:
    """Hand a role to somebody."""
    actor = responder(request)
    incident = incident_or_404(number)
    form = RoleForm(request.POST)
    if form.is_valid():
        writing.assign_role(incident_id=incident.pk, actor=actor, now=timezone.now(), **form.cleaned_data)
        said = _("%(name)s: %(role)s.")
        label = RoleName(form.cleaned_data["role"]).label
        messages.success(request, said % {"name": form.cleaned_data["user"], "role": label})
    else:
        messages.error(request, _("Choose a person who can respond."))
    return answered(request, number)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, number: int) -> HttpResponse:
    """Title, summary, severity; each change stands on the timeline."""
    actor = responder(request)
    incident = incident_or_404(number)
    form = EditForm(request.POST or None, incident=incident)
    if form.is_valid():
        writing.correct(incident_id=incident.pk, actor=actor, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("incidents:detail", number=number)
    return render(request, "incidents/edit.html", {"form": form, "incident": incident})
