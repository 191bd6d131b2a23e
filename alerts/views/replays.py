"""Sending stored events through again."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from alerts.actions.replay import replay_event, replay_newest
from alerts.actions.testing import Disabled
from alerts.mapping_forms import ReplayForm
from alerts.models import Event, Integration
from alerts.replays import Progress, progress
from alerts.views.reach import changeable


@login_required
@require_POST
def one(request: PersonRequest, pk: int, event_pk: int) -> HttpResponse:
    """One event; leads to the new one, which says what it is."""
    subject = changeable(request, pk)
    event = get_object_or_404(Event, pk=event_pk, integration=subject)
    try:
        new_id = replay_event(actor=request.user, event=event, now=timezone.now())
    except Disabled as error:
        messages.error(request, str(error))
        return redirect("alerts:event", pk=pk, event_pk=event_pk)
    messages.success(request, _("Sent through again, as if it came now. This is the new event."))
    return redirect("alerts:event", pk=pk, event_pk=new_id)


@login_required
@require_http_methods(["GET", "POST"])
def several(request: PersonRequest, pk: int) -> HttpResponse:
    """The newest events, in their order; then how far they have come."""
    subject = changeable(request, pk)
    form = ReplayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = _replayed(request, subject, form)
        if done:
            return redirect(done)
    context = {"integration": subject, "form": form, "progress": _progress(request, subject)}
    return render(request, "alerts/replay.html", {**context, "query": request.GET.urlencode()})


def _replayed(request: PersonRequest, subject: Integration, form: ReplayForm) -> str:
    """Where to look next; "" where it was refused."""
    chosen = {"most": form.cleaned_data["most"], "since": form.cleaned_data["since"]}
    try:
        found = replay_newest(actor=request.user, integration=subject, now=timezone.now(), **chosen)
    except Disabled as error:
        form.add_error(None, str(error))
        return ""
    if not found.count:
        form.add_error(None, _("There is no such event."))
        return ""
    said = ngettext("%(n)s event goes through again.", "%(n)s events go through again.", found.count)
    messages.success(request, said % {"n": found.count})
    return f"{reverse('alerts:integration-replay', args=[subject.pk])}?first={found.first}&last={found.last}"


def _progress(request: PersonRequest, subject: Integration) -> Progress | None:
    first, last = (request.GET.get(name, "") for name in ("first", "last"))
    if not all(each.isascii() and each.isdigit() and len(each) <= 18 for each in (first, last)):
        return None
    return progress(subject, int(first), int(last))
