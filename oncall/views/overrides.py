"""Taking over a shift, and giving it back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from oncall import access, actions
from oncall.drafts import Refused
from oncall.forms import OverrideForm
from oncall.forms.overrides import prefilled
from oncall.views.reading import moment_in, reader_zone


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest, pk: int) -> HttpResponse:
    """Somebody of the team takes over; a clicked shift has filled in its times. Times are on the reader's
    clock."""
    schedule, zone = access.overridable_schedule(request.user, pk), reader_zone()
    initial = prefilled(moment_in(request, "from"), moment_in(request, "until"), zone)
    form = OverrideForm(
        request.POST or None,
        schedule=schedule,
        zone=zone,
        initial={**initial, "user": request.user.pk},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_override(
                actor=request.user, now=timezone.now(), schedule=schedule, **form.cleaned_data
            )
        except Refused as refused:
            form.add_error(refused.field or None, refused.message)
        else:
            messages.success(request, _("%(name)s is on call then.") % {"name": made.user})
            return redirect("oncall:schedule", pk=pk)
    context = {"form": form, "schedule": schedule, "zone": str(zone)}
    return render(
        request, "oncall/override_form.html", context, status=422 if form.errors and request.htmx else 200
    )


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
