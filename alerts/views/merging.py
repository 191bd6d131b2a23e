"""Two incidents that are one, and one that is two: by hand, from the list of an incident's alerts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Case, IntegerField, When
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import PersonRequest
from accounts.models import User
from alerts.actions import merging
from alerts.merge_forms import MergeForm, SplitForm
from incidents.actions.paging import NotOpen
from incidents.actions.timeline import NoSuchIncident
from incidents.lifecycle import IllegalTransition
from incidents.models import Incident
from incidents.views.access import incident_or_404, responder

MOST_CANDIDATES = 20


@login_required
@require_POST
def merge(request: PersonRequest, number: int) -> HttpResponse:
    """This incident goes into the one that was chosen, whose page is shown then."""
    actor, incident = responder(request), incident_or_404(number)
    form = MergeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose the incident that this one goes into."))
        return redirect("alerts:incident-alerts", number=number)
    try:
        into = merging.merge(
            into_id=form.cleaned_data["into"], other_ids=[incident.pk], actor=actor, now=timezone.now()
        )
    except (merging.CannotMerge, NoSuchIncident, IllegalTransition) as error:
        messages.error(request, str(error))
        return redirect("alerts:incident-alerts", number=number)
    messages.success(request, format_html(_("#{} was merged into this one."), number))
    return redirect("incidents:detail", number=into.pk)


@login_required
@require_POST
def split(request: PersonRequest, number: int) -> HttpResponse:
    """The chosen alerts become an incident of their own, whose page is shown then."""
    actor, incident = responder(request), incident_or_404(number)
    form = SplitForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose at least one alert of this incident."))
        return redirect("alerts:incident-alerts", number=number)
    try:
        part = _split(incident, form, actor=actor)
    except (merging.CannotSplit, NotOpen) as error:
        messages.error(request, str(error))
        return redirect("alerts:incident-alerts", number=number)
    messages.success(request, format_html(_("Split off #{}."), number))
    return redirect("incidents:detail", number=part.pk)


def _split(incident: Incident, form: SplitForm, *, actor: User) -> Incident:
    given = form.cleaned_data
    return merging.split(
        incident_id=incident.pk,
        alert_ids=given["alerts"],
        title=given["title"],
        page=given["page"],
        actor=actor,
        now=timezone.now(),
    )


def merging_context(request: PersonRequest, incident: Incident) -> dict[str, Any]:
    """What the list of an incident's alerts needs to offer both; nothing to viewers, and where it is over."""
    may_act = request.user.can_respond and incident.is_open
    asked = request.GET.get("q", "").replace("\0", "")[:100].strip()
    return {
        "may_split": may_act,
        "may_merge": may_act,
        "split_form": SplitForm(initial={"page": True}),
        "asked": asked,
        "candidates": _candidates(incident, asked) if may_act else [],
    }


def _candidates(incident: Incident, asked: str) -> list[Incident]:
    """Open incidents that this one may go into: those that were searched for, else the newest ones, those of its own
    service first."""
    found = Incident.objects.open().filter(is_drill=incident.is_drill).exclude(pk=incident.pk)
    if asked:
        found = found.filter(pk__in=Incident.objects.matching(asked).values("pk"))
    is_near = Case(When(service=incident.service_id, then=0), default=1, output_field=IntegerField())
    return list(found.select_related("service").defer("search").order_by(is_near, "-pk")[:MOST_CANDIDATES])
