"""Services: is it healthy, whose is it, what changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest
from accounts.models import Team
from catalog import actions, queries
from catalog.forms import ServiceForm, ServiceSearch
from catalog.models import Service
from lib import panels
from lib.links import web_links
from oncall.drafts import Refused

PER_PAGE = 50
CHANGES = 8


@login_required
@require_safe
def services(request: PersonRequest) -> HttpResponse:
    """Every service: state, owner, tier, who is on call for it now; filters are in the address."""
    search = ServiceSearch(request.GET)
    found = _matching(search.chosen()).select_related("team").order_by("tier", "name")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    listed = list(page.object_list)
    health = queries.health_of([each.pk for each in listed])
    on_call = queries.on_call_for(listed, timezone.now())
    context = {
        "page": page,
        "rows": [(each, health[each.pk], on_call[each.pk]) for each in listed],
        "search": search,
        "chosen": search.chosen(),
        "teams": Team.objects.filter(services__isnull=False).distinct(),
        "may_make": Team.objects.changeable_by(request.user).exists(),
    }
    return render(request, "catalog/services.html", context)


@login_required
@require_safe
def service(request: PersonRequest, slug: str) -> HttpResponse:
    """One service: state, owner, on call now; what it depends on, runbook, recent changes, and what the apps
    above say about it."""
    subject = get_object_or_404(Service.objects.select_related("team", "policy"), slug=slug)
    below = list(subject.depends_on.live())
    above = list(subject.dependents.live())
    health = queries.health_of([subject.pk, *(each.pk for each in (*below, *above))])
    filled = panels.filled("service", subject, request.user)
    context = {
        "service": subject,
        "health": health[subject.pk],
        "on_call": queries.on_call_for([subject], timezone.now())[subject.pk],
        "below": [(each, health[each.pk]) for each in below],
        "above": [(each, health[each.pk]) for each in above],
        "changes": [(change, web_links(change.links)) for change in subject.changes.all()[:CHANGES]],
        "main_panels": [each for each in filled if each.panel.place == "main"],
        "side_panels": [each for each in filled if each.panel.place == "side"],
        "may_change": Team.objects.changeable_by(request.user).filter(pk=subject.team_id).exists(),
    }
    return render(request, "catalog/service.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """A manager or an admin makes a service."""
    teams = Team.objects.changeable_by(request.user)
    if not teams.exists():
        raise Http404
    return _form(request, ServiceForm(request.POST or None, teams=teams), None)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, slug: str) -> HttpResponse:
    """Everything but its address."""
    subject = _changeable(request, slug)
    teams = Team.objects.changeable_by(request.user)
    return _form(request, ServiceForm(request.POST or None, teams=teams, service=subject), subject)


@login_required
@require_POST
def archive(request: PersonRequest, slug: str) -> HttpResponse:
    """It leaves the lists; its page says so and can undo it."""
    subject = _changeable(request, slug)
    actions.archive_service(actor=request.user, now=timezone.now(), service=subject)
    messages.success(request, _("%(name)s was archived.") % {"name": subject.name})
    return redirect("catalog:service", slug=slug)


@login_required
@require_POST
def restore(request: PersonRequest, slug: str) -> HttpResponse:
    """It is back in the lists."""
    subject = _changeable(request, slug)
    actions.restore_service(actor=request.user, now=timezone.now(), service=subject)
    messages.success(request, _("%(name)s is back.") % {"name": subject.name})
    return redirect("catalog:service", slug=slug)


def _changeable(request: PersonRequest, slug: str) -> Service:
    return get_object_or_404(Service.objects.changeable_by(request.user), slug=slug)


def _matching(chosen: dict[str, Any]) -> QuerySet[Service]:
    """The services that the filters leave."""
    found = Service.objects.exclude(archived_at=None) if chosen.get("archived") else Service.objects.live()
    if chosen.get("q"):
        found = found.filter(Q(name__icontains=chosen["q"]) | Q(description__icontains=chosen["q"]))
    if chosen.get("team"):
        found = found.filter(team__slug=chosen["team"])
    if chosen.get("tier"):
        found = found.filter(tier=chosen["tier"])
    return found


def _form(request: PersonRequest, form: ServiceForm, subject: Service | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        saved = _saved(request, form, subject)
        if saved:
            messages.success(request, _("Saved."))
            return redirect("catalog:service", slug=saved.slug)
    context = {"form": form, "service": subject}
    return render(
        request, "catalog/service_form.html", context, status=422 if form.errors and request.htmx else 200
    )


def _saved(request: PersonRequest, form: ServiceForm, subject: Service | None) -> Service | None:
    values = {"actor": request.user, "now": timezone.now(), **form.cleaned_data}
    try:
        if subject:
            return actions.update_service(service=subject, **values)
        return actions.create_service(**values)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return None
