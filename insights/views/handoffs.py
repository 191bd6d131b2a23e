"""Hand-off notes: what whoever takes over should know."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import PersonRequest
from accounts.models import Team
from insights import access, notes
from insights.actions import write_remark
from insights.forms import MailChoiceForm, RemarkForm
from insights.models import HandoffNote
from oncall.actions.mail_choices import set_mail_choice
from oncall.drafts import Refused
from oncall.models import Schedule

PER_PAGE = 30


@login_required
@require_safe
def handoffs(request: PersonRequest) -> HttpResponse:
    """The newest first: of my schedules, of one, or all."""
    schedule = _chosen_schedule(request)
    everything = request.GET.get("of") == "all"
    found = HandoffNote.objects.all() if schedule or everything else notes.notes_of(request.user)
    if schedule:
        found = found.filter(schedule=schedule)
    page = Paginator(found.select_related("schedule__team"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "told": notes.told(page.object_list),
        "schedule": schedule,
        "everything": everything,
    }
    return render(request, "insights/handoffs.html", context)


@login_required
@require_safe
def handoff(request: PersonRequest, pk: int) -> HttpResponse:
    """What is open; then updates due, what happened on the shift, changes."""
    note = access.readable_note(pk)
    form = RemarkForm(note=note) if access.may_remark(request.user, note) else None
    return _page(request, note, form)


@login_required
@require_POST
def remark(request: PersonRequest, pk: int) -> HttpResponse:
    """Those of the hand-off and the schedule's team add what the facts do not say."""
    note = access.remarkable_note(request.user, pk)
    form = RemarkForm(request.POST, note=note)
    if not form.is_valid():
        return _page(request, note, form, status=_refused(request))
    text, before = form.cleaned_data["remark"], form.cleaned_data["before"]
    try:
        write_remark(actor=request.user, now=timezone.now(), note=note, text=text, before=before)
    except Refused as refused:
        current = access.readable_note(pk)
        form = RemarkForm({"remark": text, "before": current.remark}, note=current)
        form.add_error(refused.field or None, refused.message)
        return _page(request, current, form, status=_refused(request))
    messages.success(request, _("Saved."))
    return redirect("insights:handoff", pk=pk)


@login_required
@require_POST
def mail_choice(request: PersonRequest) -> HttpResponse:
    """Which regular mails I want."""
    manages = Team.objects.changeable_by(request.user).exists()
    form = MailChoiceForm(request.POST, manages=manages)
    if form.is_valid():
        set_mail_choice(actor=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
    return redirect("notifications:me")


def _page(
    request: PersonRequest, note: HandoffNote, form: RemarkForm | None, status: int = 200
) -> HttpResponse:
    (told,) = notes.told([note])
    context: dict[str, Any] = {"told": told, "note": note, "parts": notes.parts(note), "form": form}
    return render(request, "insights/handoff.html", context, status=status)


def _refused(request: PersonRequest) -> int:
    return 422 if request.htmx else 200


def _chosen_schedule(request: HttpRequest) -> Schedule | None:
    """`?schedule=7`, if there is one."""
    text = request.GET.get("schedule", "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        return None
    return Schedule.objects.filter(pk=int(text)).first()
