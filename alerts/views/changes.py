"""Making, setting, testing and switching integrations."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest
from alerts import chooser
from alerts.actions import integrations as actions
from alerts.actions.testing import Disabled, fire_test, store_test
from alerts.forms import IntegrationForm, SettingsForm
from alerts.models import Integration
from alerts.sources.registry import KINDS
from alerts.views.pages import event_context
from alerts.views.reach import changeable
from catalog.models import Service
from oncall.drafts import Refused


@login_required
@require_safe
def choose(request: PersonRequest) -> HttpResponse:
    """What sends the events? The kinds in groups, the usual ones first; `?q=` searches."""
    if not Service.objects.live().changeable_by(request.user).exists():
        raise Http404
    asked = request.GET.get("q", "")[:100].strip()
    context = {"groups": chooser.found(asked), "asked": asked, "service": request.GET.get("service", "")[:80]}
    return render(request, "alerts/integration_choose.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest, kind: str) -> HttpResponse:
    """A manager of the service's team, or an admin, opens a door; its page then shows how to use it."""
    services = Service.objects.live().changeable_by(request.user)
    if kind not in KINDS or not services.exists():
        raise Http404
    initial = {"service": services.filter(slug=request.GET.get("service", "").replace("\0", "")).first()}
    form = IntegrationForm(request.POST or None, services=services, initial=initial)
    made = _made(request, form, kind)
    if made:
        messages.success(request, _("Made. Set up the sender as shown, or send a test first."))
        return redirect("alerts:integration", pk=made.pk)
    context = {"form": form, "kind": KINDS[kind]}
    return render(request, "alerts/integration_form.html", context, status=_status(request, form))


def _made(request: PersonRequest, form: IntegrationForm, kind: str) -> Integration | None:
    if request.method != "POST" or not form.is_valid():
        return None
    asked = {"actor": request.user, "now": timezone.now(), "kind": kind, **form.cleaned_data}
    try:
        row, _key = actions.create_integration(**asked)
    except actions.NameTaken as taken:
        form.add_error("name", str(taken))
        return None
    return row


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: PersonRequest, pk: int) -> HttpResponse:
    """Its name, when its alerts end by silence, its limit, whose its alerts are, what it is signed with."""
    subject = changeable(request, pk)
    form = SettingsForm(request.POST or None, integration=subject)
    if request.method == "POST" and form.is_valid() and _set(request, form, subject):
        messages.success(request, _("Saved."))
        return redirect("alerts:integration", pk=pk)
    context = {"form": form, "integration": subject}
    return render(request, "alerts/integration_settings.html", context, status=_status(request, form))


def _set(request: PersonRequest, form: SettingsForm, subject: Integration) -> bool:
    try:
        actions.change_settings(actor=request.user, integration=subject, **form.values())
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return False
    return True


@login_required
@require_POST
def renew(request: PersonRequest, pk: int) -> HttpResponse:
    """A new key; whatever sends with the old one is refused within seconds."""
    actions.renew_key(actor=request.user, integration=changeable(request, pk))
    messages.success(request, _("This integration has a new key. Set up its sender anew, as shown."))
    return redirect("alerts:integration", pk=pk)


@login_required
@require_POST
def disable(request: PersonRequest, pk: int) -> HttpResponse:
    """What comes from now on is refused."""
    subject = changeable(request, pk)
    actions.set_enabled(actor=request.user, integration=subject, enabled=False, now=timezone.now())
    messages.success(request, _("Disabled. What is sent to it is refused from now on."))
    return redirect("alerts:integration", pk=pk)


@login_required
@require_POST
def enable(request: PersonRequest, pk: int) -> HttpResponse:
    """It takes events again, with the same key."""
    subject = changeable(request, pk)
    actions.set_enabled(actor=request.user, integration=subject, enabled=True, now=timezone.now())
    messages.success(request, _("Enabled. It takes events again, with the same key."))
    return redirect("alerts:integration", pk=pk)


@login_required
@require_POST
def send_test(request: PersonRequest, pk: int) -> HttpResponse:
    """An event as the tool would send it, read and stored; nobody is paged. Shows how it was read."""
    subject = changeable(request, pk)
    event = store_test(actor=request.user, integration=subject, now=timezone.now())
    if request.htmx:
        return render(request, "alerts/_test_result.html", event_context(subject, event))
    return redirect("alerts:event", pk=pk, event_pk=event.pk)


@login_required
@require_POST
def fire(request: PersonRequest, pk: int) -> HttpResponse:
    """A real alert of low urgency."""
    subject = changeable(request, pk)
    try:
        fire_test(actor=request.user, integration=subject, now=timezone.now())
    except Disabled:
        messages.error(request, _("A disabled integration takes no events. Enable it first."))
    else:
        messages.success(request, _("Fired. What became of it shows below, at the top of the events."))
    return redirect("alerts:integration", pk=pk)


def _status(request: PersonRequest, form: IntegrationForm | SettingsForm) -> int:
    """htmx swaps in a refused form only with this status."""
    return 422 if form.errors and request.htmx else 200
