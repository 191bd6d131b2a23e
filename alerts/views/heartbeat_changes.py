"""Making, changing, pausing and removing heartbeats."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from accounts.models import User
from alerts.actions import heartbeats as actions
from alerts.heartbeat_forms import HeartbeatForm
from alerts.models import Heartbeat, Integration
from alerts.queries_heartbeats import changeable_by
from alerts.views.reach import changeable
from catalog.models import Service


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """A manager names the service; its door for pings is made where there is none."""
    services = Service.objects.live().changeable_by(request.user)
    if not services.exists():
        raise Http404
    chosen = services.filter(slug=request.GET.get("service", "").replace("\0", "")).first()
    zone = request.user.time_zone
    form = HeartbeatForm(request.POST or None, services=services, service=chosen, zone=zone)
    return _new(request, form, None)


@login_required
@require_http_methods(["GET", "POST"])
def new_behind(request: PersonRequest, pk: int) -> HttpResponse:
    """The same behind a given integration."""
    subject = changeable(request, pk)
    form = HeartbeatForm(request.POST or None, zone=request.user.time_zone)
    return _new(request, form, subject)


def _new(request: PersonRequest, form: HeartbeatForm, integration: Integration | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        made = _made(request.user, form, integration)
        if made:
            messages.success(request, _("Made. It is expected from its first sign of life on: see below."))
            return redirect("alerts:heartbeat", pk=made.pk)
    context = {"form": form, "integration": integration}
    return render(request, "alerts/heartbeat_form.html", context, status=_status(request, form))


def _made(actor: User, form: HeartbeatForm, integration: Integration | None) -> Heartbeat | None:
    asked = {"actor": actor, "now": timezone.now(), **form.values()}
    try:
        if integration:
            row, _key = actions.make_heartbeat(integration=integration, **asked)
        else:
            row, _key = actions.make_heartbeat_on(service=form.cleaned_data["service"], **asked)
    except actions.Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return None
    return row


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Another name or rhythm; its addresses stay."""
    row = _changeable(request, pk)
    form = HeartbeatForm(request.POST or None, heartbeat=row)
    if request.method == "POST" and form.is_valid() and _changed(request.user, form, row):
        messages.success(request, _("Saved."))
        return redirect("alerts:heartbeat", pk=pk)
    context = {"form": form, "heartbeat": row, "integration": row.integration}
    return render(request, "alerts/heartbeat_form.html", context, status=_status(request, form))


def _changed(actor: User, form: HeartbeatForm, row: Heartbeat) -> bool:
    try:
        actions.change_heartbeat(actor=actor, heartbeat=row, now=timezone.now(), **form.values())
    except actions.Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return False
    return True


@login_required
@require_POST
def pause(request: PersonRequest, pk: int) -> HttpResponse:
    """Nothing is expected until it is resumed."""
    row = _changeable(request, pk)
    try:
        actions.pause_heartbeat(actor=request.user, heartbeat=row, now=timezone.now())
    except actions.IllegalTransition:
        messages.error(request, _("It is paused already."))
    else:
        messages.success(request, _("Paused. Nothing is expected of it until you resume it."))
    return redirect("alerts:heartbeat", pk=pk)


@login_required
@require_POST
def resume(request: PersonRequest, pk: int) -> HttpResponse:
    """Expected again, from now on."""
    row = _changeable(request, pk)
    try:
        actions.resume_heartbeat(actor=request.user, heartbeat=row, now=timezone.now())
    except actions.IllegalTransition:
        messages.error(request, _("It is not paused."))
    else:
        messages.success(request, _("Resumed."))
    return redirect("alerts:heartbeat", pk=pk)


@login_required
@require_POST
def renew(request: PersonRequest, pk: int) -> HttpResponse:
    """A new address of its own; pings to the old one are refused within seconds."""
    actions.renew_heartbeat_key(actor=request.user, heartbeat=_changeable(request, pk))
    messages.success(request, _("It has a new address. Put it into the job, as shown."))
    return redirect("alerts:heartbeat", pk=pk)


@login_required
@require_POST
def remove(request: PersonRequest, pk: int) -> HttpResponse:
    """It is gone, and its open alert ends."""
    row = _changeable(request, pk)
    actions.remove_heartbeat(actor=request.user, heartbeat=row, now=timezone.now())
    messages.success(request, _("“%(name)s” was removed.") % {"name": row.name})
    return redirect("alerts:heartbeats")


def _changeable(request: PersonRequest, pk: int) -> Heartbeat:
    """For managers of the service's team and admins; 404 for anybody else."""
    return get_object_or_404(changeable_by(request.user), pk=pk)


def _status(request: PersonRequest, form: HeartbeatForm) -> int:
    """htmx swaps in a refused form only with this status."""
    return 422 if form.errors and request.htmx else 200
