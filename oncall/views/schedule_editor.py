"""The editor of a schedule: making one from a template, changing one with a look at what changes, undoing, deleting."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from lib.intervals import load_zone
from oncall import access, actions
from oncall.bridge import schedule_of
from oncall.drafts import Refused
from oncall.forms import ScheduleEditor
from oncall.forms.layers import layer_rows
from oncall.forms.picking import Picks
from oncall.forms.words import people_in_words, rules_in_words
from oncall.models import Schedule
from oncall.outlook import outlook_of, span_ahead
from oncall.proposals import holidays_ahead, proposed, review_of
from oncall.revisions import last_change

_NOT_SENT_ON = {"csrfmiddlewaretoken", "do", "otherwise"}


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """Who takes turns, by which template, and what that brings; all of it can be changed before it is saved."""
    teams, now = access.changeable_teams(request.user), timezone.now()
    zone, command = request.user.time_zone, _command(request)
    posted = request.POST if request.method == "POST" else None
    picks = Picks(posted, teams=teams, zone=zone, now=now)
    data = picks.answer(command) if posted is not None else None
    if data is not None:
        data = layer_rows(now, picks.zone).edited(data, command)
    editor = ScheduleEditor(data, now=now, teams=teams, team=picks.team, zone=zone)
    return _answer(request, editor, command, {"picks": picks})


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Name, zone and layers; overrides stay as they are. What changes for whom is shown before it is saved."""
    subject, now, command = access.changeable_schedule(request.user, pk), timezone.now(), _command(request)
    data = None
    if request.method == "POST":
        data = layer_rows(now, subject.time_zone).edited(request.POST, command)
    editor = ScheduleEditor(data, now=now, schedule=subject)
    if command == "review" and data is not None and editor.is_valid():
        return _reviewed(request, editor, subject, data)
    return _answer(request, editor, command, {"last_change": last_change(subject, request.user)})


@login_required
@require_POST
def preview(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """The next eight weeks as the form stands, for the page to show while somebody types."""
    if pk is None:
        options: dict[str, Any] = {"teams": access.changeable_teams(request.user)}
    else:
        options = {"schedule": access.changeable_schedule(request.user, pk)}
    editor = ScheduleEditor(request.POST, now=timezone.now(), **options)
    return _rendered(request, "oncall/_preview.html", editor, _ahead(editor))


@login_required
@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """From now on the schedule is again what it was before its last change."""
    subject = access.changeable_schedule(request.user, pk)
    number = request.POST.get("number", "")
    known = int(number) if number.isdecimal() and len(number) < 10 else None
    try:
        actions.undo_last_change(actor=request.user, now=timezone.now(), schedule=subject, number=known)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Undone: the schedule is what it was before, from now on."))
    return redirect("oncall:schedule", pk=pk)


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


def _command(request: PersonRequest) -> str:
    """What the pressed button says; `otherwise` is said by fields that ask as soon as they change, and htmx adds it to
    the buttons among them too."""
    if request.method != "POST":
        return ""
    return request.POST.get("do") or request.POST.get("otherwise") or "save"


def _answer(
    request: PersonRequest, editor: ScheduleEditor, command: str, context: dict[str, Any]
) -> HttpResponse:
    """Save, or show the form: with its messages when it was to be saved, else as it was typed."""
    asked = command in {"save", "review"}
    if command == "save" and editor.is_valid() and (saved := _saved(request, editor)):
        messages.success(request, _("Saved."))
        return redirect("oncall:schedule", pk=saved.pk)
    context |= _ahead(editor)
    if command and not asked:
        editor.hush()
    status = 422 if asked and request.htmx else 200
    return _rendered(request, "oncall/schedule_form.html", editor, context, status)


def _saved(request: PersonRequest, editor: ScheduleEditor) -> Schedule | None:
    try:
        if editor.schedule:
            return actions.update_schedule(schedule=editor.schedule, **_update(request, editor))
        team = editor.form.cleaned_data["team"]
        return actions.create_schedule(team=team, actor=request.user, now=editor.now, **_values(editor))
    except Refused as refused:
        editor.refuse(refused)
        return None


def _update(request: PersonRequest, editor: ScheduleEditor) -> dict[str, Any]:
    return {"actor": request.user, "now": editor.now, "seen": editor.seen, **_values(editor)}


def _values(editor: ScheduleEditor) -> dict[str, Any]:
    return {"layers": editor.drafts(), **editor.values()}


def _reviewed(
    request: PersonRequest, editor: ScheduleEditor, subject: Schedule, data: QueryDict
) -> HttpResponse:
    """What would change for whom, with all that was typed kept for saving or for going on."""
    span, zone = span_ahead(editor.now), load_zone(editor.zone_name)
    try:
        after = actions.rehearse_update(schedule=subject, span=span, **_update(request, editor))
    except Refused as refused:
        editor.refuse(refused)
        return _answer(request, editor, "review", {})
    context = {
        "review": review_of(schedule_of(subject, span), after.value, span, zone),
        "is_change": after.is_change,
        "typed": [
            (key, value) for key, values in data.lists() if key not in _NOT_SENT_ON for value in values
        ],
    }
    return _rendered(request, "oncall/schedule_review.html", editor, context)


def _ahead(editor: ScheduleEditor) -> dict[str, Any]:
    """The outlook of what the form says, or why there is none."""
    try:
        return _outlook(editor)
    except Refused as refused:
        return {"outlook": None, "problem": refused.message}


def _outlook(editor: ScheduleEditor) -> dict[str, Any]:
    if not editor.layers:
        raise Refused(
            "", _("Here the next eight weeks appear as soon as there is a layer with somebody in it.")
        )
    if editor.form.is_bound and not editor.is_drawable():
        raise Refused("", _("Fill in the zone and each layer to see the next eight weeks here."))
    span, zone, drafts = span_ahead(editor.now), load_zone(editor.zone_name), editor.drafts()
    value = proposed(editor.schedule, drafts, str(zone), editor.wants_secondary, span, editor.now)
    return {
        "outlook": outlook_of(value, span, zone),
        "holidays": holidays_ahead(drafts, span, zone),
        "outlines": [(draft, people_in_words(draft), rules_in_words(draft)) for draft in drafts],
    }


def _rendered(
    request: PersonRequest, template: str, editor: ScheduleEditor, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, template, {"editor": editor, "now": editor.now, **context}, status=status)
