"""Declaring an incident by hand."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import PersonRequest
from accounts.models import User
from catalog.models import Service
from catalog.queries import on_call_for
from incidents.actions import opening
from incidents.forms import NewForm
from incidents.models import Incident
from incidents.views.access import responder

MOST_OPEN = 5


@login_required
@require_http_methods(["GET", "POST"])
def declare(request: PersonRequest) -> HttpResponse:
    """What is affected, how bad, and whether to page. `?service=` chooses the service."""
    actor = responder(request)
    form = NewForm(request.POST) if request.method == "POST" else NewForm(initial=_initial(request))
    if form.is_valid():
        incident = _opened(actor, form)
        if incident:
            said = _("Declared. You lead as incident commander until you hand over.")
            messages.success(request, said)
            return redirect("incidents:detail", number=incident.pk)
    chosen = form["service"].value()
    context = {"form": form, **_who(_service(str(chosen or "")))}
    return render(request, "incidents/declare.html", context)


def _opened(actor: User, form: NewForm) -> Incident | None:
    values = dict(form.cleaned_data)
    key = values.pop("key")
    fingerprint = sha256(
        repr(sorted((name, str(value)) for name, value in values.items())).encode()
    ).hexdigest()
    try:
        incident, _is_new = opening.declare_once(
            actor=actor, key=f"form:{key}", fingerprint=fingerprint, now=timezone.now(), **values
        )
    except opening.KeyReused:
        said = _(
            "This form has opened an incident already, with other words. Press Declare at the top for one more."
        )
        form.add_error(None, said)
        return None
    return incident


@login_required
@require_safe
def who(request: PersonRequest) -> HttpResponse:
    """Who would be paged for a service, and what is open on it already."""
    responder(request)
    return render(request, "incidents/_who.html", _who(_service(request.GET.get("service", ""))))


def _who(service: Service | None) -> dict[str, Any]:
    if service is None:
        return {"chosen_service": None}
    return {
        "chosen_service": service,
        "on_call": on_call_for([service], timezone.now())[service.pk],
        "already_open": Incident.objects.open().filter(service=service).defer("search")[:MOST_OPEN],
    }


def _service(text: str) -> Service | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 18
    found = Service.objects.live().select_related("policy")
    return found.filter(pk=int(text)).first() if is_number else None


def _initial(request: PersonRequest) -> dict[str, Any]:
    service = (
        Service.objects.live().filter(slug=request.GET.get("service", "")[:80].replace("\0", "")).first()
    )
    return {"service": service.pk} if service else {}
