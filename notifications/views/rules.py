"""When I am told by what."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import PersonRequest
from notifications.actions import rules as actions
from notifications.forms import DelayForm, QuietForm, RuleForm
from notifications.models import NotificationRule, Urgency
from notifications.views.me import page


@login_required
@require_POST
def add(request: PersonRequest, urgency: str) -> HttpResponse:
    """One more step for this urgency."""
    if urgency not in Urgency.values:
        raise Http404
    form = RuleForm(request.POST, person=request.user, urgency=urgency)
    if not form.is_valid():
        return page(request, form)
    try:
        actions.add_rule(
            actor=request.user,
            method=form.cleaned_data["method"],
            urgency=urgency,
            delay=form.delay(),
            now=timezone.now(),
        )
    except actions.RuleExists:
        form.add_error("minutes", _("That stands there already."))
    except actions.TooManyRules:
        form.add_error(None, _("That is too many. Remove one first."))
    return page(request, form) if form.errors else _back(urgency)


@login_required
@require_POST
def move(request: PersonRequest, pk: int) -> HttpResponse:
    """Earlier or later."""
    rule = _mine(request, pk)
    form = DelayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Minutes are a number from 0 to 1440."))
        return _back(rule.urgency)
    try:
        actions.move_rule(actor=request.user, rule=rule, delay=form.delay(), now=timezone.now())
    except actions.RuleExists:
        messages.error(request, _("That stands there already."))
    return _back(rule.urgency)


@login_required
@require_POST
def remove(request: PersonRequest, pk: int) -> HttpResponse:
    """One step less; it can be added again at once, so nothing is asked."""
    rule = _mine(request, pk)
    actions.remove_rule(actor=request.user, rule=rule, now=timezone.now())
    return _back(rule.urgency)


@login_required
@require_POST
def quiet(request: PersonRequest) -> HttpResponse:
    """My quiet hours, or none."""
    form = QuietForm(request.POST)
    if "off" in request.POST:
        actions.clear_quiet_hours(actor=request.user, user=request.user, now=timezone.now())
    elif not form.is_valid():
        return page(request, quiet=form)
    else:
        actions.set_quiet_hours(
            actor=request.user, user=request.user, now=timezone.now(), **form.cleaned_data
        )
    return _back("quiet")


def _mine(request: PersonRequest, pk: int) -> NotificationRule:
    return get_object_or_404(NotificationRule, pk=pk, user=request.user)


def _back(urgency: str) -> HttpResponse:
    return redirect(resolve_url("notifications:me") + f"#{urgency}")
