"""Taking over a shift, joining or leaving it, and giving it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from oncall import access, actions
from oncall.drafts import OverrideDraft, Refused
from oncall.forms.overrides import ROWS, Clicked, OverrideEditor
from oncall.models import Override, OverrideKind, Schedule
from oncall.overriding import Effect, effect_of
from oncall.views.reading import moment_in, reader_zone


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest, pk: int) -> HttpResponse:
    """Who takes over, joins or leaves, and what that changes; a clicked shift has filled in its times. Times are on
    the reader's clock."""
    schedule, now = access.overridable_schedule(request.user, pk), timezone.now()
    if request.method != "POST":
        return _opened(request, schedule, now)
    command = request.POST.get("do", "save")
    editor = _editor(ROWS.edited(request.POST, command), schedule)
    drafts = editor.drafts() if editor.is_valid() else None
    if command == "save" and drafts is not None and _saved(request, editor, schedule, drafts, now):
        return redirect("oncall:schedule", pk=pk)
    effect = effect_of(schedule, drafts, reader_zone(), now) if drafts else None
    if command not in {"save", "preview"}:
        editor.hush()
    return _page(request, schedule, editor, effect, 422 if command == "save" and request.htmx else 200)


@login_required
@require_POST
def withdraw(request: PersonRequest, pk: int, override_pk: int) -> HttpResponse:
    """The layers have it again."""
    override = access.withdrawable_override(request.user, pk, override_pk)
    try:
        actions.withdraw_override(actor=request.user, now=timezone.now(), override=override)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The override of %(name)s was withdrawn.") % {"name": override.user})
    return redirect("oncall:schedule", pk=pk)


def _opened(request: PersonRequest, schedule: Schedule, now: datetime) -> HttpResponse:
    """The reader stands in; whoever is on call already is looking for somebody else."""
    zone = reader_zone()
    shift = Clicked(moment_in(request, "from"), moment_in(request, "until"), request.GET.get("replaces", ""))
    editor = _editor(shift.form(request.user, zone, now), schedule)
    effect = effect_of(schedule, editor.drafts(), zone, now) if editor.is_valid() else None
    if effect and not effect.told:
        editor, effect = _editor(shift.form(None, zone, now), schedule), None
    editor.hush()
    return _page(request, schedule, editor, effect)


def _editor(data: QueryDict, schedule: Schedule) -> OverrideEditor:
    return OverrideEditor(data, schedule=schedule, zone=reader_zone())


def _page(
    request: PersonRequest,
    schedule: Schedule,
    editor: OverrideEditor,
    effect: Effect | None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "editor": editor,
        "effect": effect,
        "schedule": schedule,
        "zone": str(reader_zone()),
        "today": timezone.localdate(),
        "is_full": len(editor.rows) >= ROWS.most,
    }
    return render(request, "oncall/override_form.html", context, status=status)


def _saved(
    request: PersonRequest,
    editor: OverrideEditor,
    schedule: Schedule,
    drafts: Sequence[OverrideDraft],
    now: datetime,
) -> bool:
    try:
        made = actions.add_overrides(actor=request.user, now=now, schedule=schedule, drafts=drafts)
    except Refused as refused:
        editor.refuse(refused)
        return False
    messages.success(request, _words(made))
    return True


def _words(made: list[Override]) -> str:
    if len(made) > 1:
        return ngettext("%(n)s override is set.", "%(n)s overrides are set.", len(made)) % {"n": len(made)}
    words = {
        OverrideKind.REPLACE: _("%(name)s is on call then."),
        OverrideKind.ADD: _("%(name)s is on call too then."),
        OverrideKind.REMOVE: _("%(name)s is not on call then."),
    }
    return words[OverrideKind(made[0].kind)] % {"name": made[0].user}
