"""Routes: what becomes of an alert, in which order that is asked, and what a change would have meant."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest, require_admin
from alerts import queries
from alerts import queries_rules as rules
from alerts.actions import routes as actions
from alerts.models import Integration, Route
from alerts.route_words import then, when
from alerts.rule_forms import Conditions, RouteForm, hush, only_asks, only_tries
from alerts.trial import Trial, tried
from alerts.views.reach import changeable, readable


@login_required
@require_safe
def routes(request: PersonRequest) -> HttpResponse:
    """Those that hold for all, and where there are others."""
    context = {
        "rungs": _rungs(None),
        "others": rules.integrations_with_routes(),
        "may_change": request.user.is_admin,
    }
    return render(request, "alerts/routes.html", context)


@login_required
@require_safe
def of_integration(request: PersonRequest, pk: int) -> HttpResponse:
    """One integration's own, then those for all, then what holds where none matches."""
    subject = readable(pk)
    context = {
        "integration": subject,
        "rungs": _rungs(subject),
        "shared": _rungs(None),
        "named_by": subject.options.get("service_from") or "",
        "may_change": queries.may_change(request.user, subject),
    }
    return render(request, "alerts/integration_routes.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """One that holds for all; admins only."""
    require_admin(request)
    return _edit(request, None, None)


@login_required
@require_http_methods(["GET", "POST"])
def new_of(request: PersonRequest, pk: int) -> HttpResponse:
    """One of an integration."""
    return _edit(request, None, changeable(request, pk))


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Another rule in the same place."""
    row = _changeable(request, pk)
    return _edit(request, row, row.integration)


@login_required
@require_POST
def move(request: PersonRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    row = _changeable(request, pk)
    direction = request.POST.get("direction")
    if direction not in ("up", "down"):
        raise Http404
    actions.move_route(
        actor=request.user, route=row, direction="up" if direction == "up" else "down", now=timezone.now()
    )
    return redirect(_list_of(row.integration))


@login_required
@require_POST
def enable(request: PersonRequest, pk: int) -> HttpResponse:
    """Asked again."""
    return _switch(request, pk, enabled=True)


@login_required
@require_POST
def disable(request: PersonRequest, pk: int) -> HttpResponse:
    """Asked no more."""
    return _switch(request, pk, enabled=False)


@login_required
@require_POST
def remove(request: PersonRequest, pk: int) -> HttpResponse:
    """It is gone."""
    row = _changeable(request, pk)
    actions.remove_route(actor=request.user, route=row)
    messages.success(request, _("“%(name)s” was removed.") % {"name": row.name})
    return redirect(_list_of(row.integration))


def _switch(request: PersonRequest, pk: int, *, enabled: bool) -> HttpResponse:
    row = _changeable(request, pk)
    actions.set_route_enabled(actor=request.user, route=row, enabled=enabled, now=timezone.now())
    return redirect(_list_of(row.integration))


def _edit(request: PersonRequest, row: Route | None, integration: Integration | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form, conditions = RouteForm(data, route=row), Conditions(data, row.matchers if row else ())
    trial = None
    if data is not None and only_asks(data):
        hush(form, *conditions.forms)
    elif data is not None and form.is_valid() and conditions.is_valid():
        values = form.values(conditions.matchers())
        draft = _drafted(form, row, integration, values)
        if draft and only_tries(data):
            trial = tried(draft)
        elif draft and _saved(request, form, row, integration, values):
            messages.success(request, _("Saved."))
            return redirect(_list_of(integration))
    context = {
        "form": form,
        "conditions": conditions,
        "route": row,
        "integration": integration,
        "fields": rules.field_names(integration),
        "list_url": _list_of(integration),
        **_told(trial),
    }
    failed = data is not None and not only_asks(data) and (form.errors or not conditions.is_valid())
    return render(request, "alerts/route_form.html", context, status=422 if failed and request.htmx else 200)


def _drafted(
    form: RouteForm, row: Route | None, integration: Integration | None, values: dict[str, Any]
) -> Route | None:
    try:
        return actions.drafted(integration=integration, now=timezone.now(), route=row, **values)
    except actions.Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return None


def _saved(
    request: PersonRequest,
    form: RouteForm,
    row: Route | None,
    integration: Integration | None,
    values: dict[str, Any],
) -> bool:
    asked = {"actor": request.user, "now": timezone.now(), **values}
    try:
        if row:
            actions.change_route(route=row, **asked)
        else:
            actions.add_route(integration=integration, **asked)
    except actions.Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return False
    return True


def _told(trial: Trial | None) -> dict[str, Any]:
    if trial is None:
        return {"trial": None}
    return {
        "trial": trial,
        "counts": trial.counts,
        "matched": trial.matched,
        "changed": sum(row.changes for row in trial.rows),
    }


def _rungs(integration: Integration | None) -> list[tuple[Route, str, str]]:
    return [(row, when(row), then(row)) for row in rules.own_routes(integration)]


def _list_of(integration: Integration | None) -> str:
    if integration is None:
        return reverse("alerts:routes")
    return reverse("alerts:integration-routes", args=[integration.pk])


def _changeable(request: PersonRequest, pk: int) -> Route:
    """For those who may change its integration; one that holds for all for admins. 404 for anybody else."""
    return get_object_or_404(rules.routes_changeable_by(request.user), pk=pk)
