"""The editor of a schedule: making, changing, looking ahead and deleting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from lib.intervals import load_zone
from oncall import access, actions
from oncall.drafts import Refused, computed
from oncall.forms import ScheduleEditor
from oncall.forms.schedules import layer_rows
from oncall.models import Schedule
from oncall.pictures import Picture, layer_name, preview_of
from oncall.timeline import days_from


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """A manager or an admin makes a schedule."""
    teams = access.changeable_teams(request.user)
    return _editor(request, None, {"teams": teams, "zone": request.user.time_zone})


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Name, zone and layers; overrides stay as they are."""
    subject = access.changeable_schedule(request.user, pk)
    return _editor(request, subject, {"schedule": subject})


@login_required
@require_POST
def preview(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """The next four weeks as the form stands, for the page to show while somebody types."""
    if pk is None:
        options: dict[str, Any] = {"teams": access.changeable_teams(request.user)}
    else:
        options = {"schedule": access.changeable_schedule(request.user, pk)}
    now = timezone.now()
    return render(
        request, "oncall/_preview.html", _previewed(ScheduleEditor(request.POST, now=now, **options), now)
    )


@login_required
@require_POST
def delete(request: PersonRequest, pk: int) -> HttpResponse:
    """The schedule goes, unless a policy pages by it."""
    subject = access.changeable_schedule(request.user, pk)
    try:
        actions.delete_schedule(actor=request.user, now=timezone.now(), schedule=subject)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("oncall:schedule", pk=pk)
    messages.success(request, _("%(name)s was deleted.") % {"name": subject.name})
    return redirect("oncall:schedules")


def _editor(request: PersonRequest, subject: Schedule | None, options: dict[str, Any]) -> HttpResponse:
    now = timezone.now()
    command = request.POST.get("do", "save")
    if request.method != "POST":
        return _form(request, ScheduleEditor(now=now, **options), now, status=200)
    rows = layer_rows(now, subject.time_zone if subject else request.user.time_zone)
    editor = ScheduleEditor(rows.edited(request.POST, command), now=now, **options)
    if command == "save" and editor.is_valid():
        saved = _saved(request, editor, subject, now)
        if saved:
            messages.success(request, _("Saved."))
            return redirect("oncall:schedule", pk=saved.pk)
    if command == "save":
        return _form(request, editor, now, status=422 if request.htmx else 200)
    context = _previewed(editor, now)
    if command != "preview":
        editor.hush()
    return _form(request, editor, now, status=200, **context)


def _saved(
    request: PersonRequest, editor: ScheduleEditor, subject: Schedule | None, now: datetime
) -> Schedule | None:
    values: dict[str, Any] = {"actor": request.user, "now": now, "layers": editor.drafts(), **editor.values()}
    try:
        if subject:
            return actions.update_schedule(schedule=subject, **values)
        return actions.create_schedule(team=editor.form.cleaned_data["team"], **values)
    except Refused as refused:
        editor.refuse(refused)
        return None


def _form(
    request: PersonRequest, editor: ScheduleEditor, now: datetime, status: int, **context: Any
) -> HttpResponse:
    context = {"editor": editor, **(context or _previewed(editor, now))}
    return render(request, "oncall/schedule_form.html", context, status=status)


def _previewed(editor: ScheduleEditor, now: datetime) -> dict[str, Any]:
    """The picture of what the form says, or why there is none."""
    try:
        return {"picture": _picture(editor, now), "problem": ""}
    except Refused as refused:
        return {"picture": None, "problem": refused.message}


def _picture(editor: ScheduleEditor, now: datetime) -> Picture:
    if not editor.form.is_bound:
        raise Refused("", _("Choose the people of a layer and look at it here."))
    if not editor.is_drawable():
        raise Refused("", _("Fill in the zone and each layer to see the next four weeks here."))
    drafts, name = editor.drafts(), editor.form.cleaned_data["time_zone"]
    zone = load_zone(name)
    span = days_from(now.astimezone(zone).date(), 28, zone)
    names = {place: layer_name(draft.name, place) for place, draft in enumerate(drafts)}
    return preview_of(computed(drafts, name, now), names, editor.schedule, span, zone, now)
