"""Mutes and maintenance windows: what is silent now, what it holds back, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest
from alerts import queries_rules as rules
from alerts.actions import mutes as actions
from alerts.models import Alert, Mute
from alerts.mute_forms import MuteForm
from alerts.recurring import BadRecurrence, Spec, checked, next_spans, spec_of
from alerts.rule_forms import Conditions, hush, only_asks, only_tries
from alerts.shown_mutes import ShownMute, shown_mute
from catalog.models import Service
from lib.intervals import Interval

AHEAD, HELD, PER_PAGE = 5, 50, 30
MOST_LABELS = 6
EXTENSIONS = {"1": timedelta(hours=1), "4": timedelta(hours=4)}


@login_required
@require_safe
def mutes(request: PersonRequest) -> HttpResponse:
    """What is muted now, what will be, and what was."""
    now = timezone.now()
    mine = set(rules.mutes_changeable_by(request.user).values_list("pk", flat=True))
    live = [shown_mute(each, now, each.pk in mine) for each in rules.mutes_readable().filter(ended_at=None)]
    over = Paginator(rules.mutes_readable().exclude(ended_at=None).order_by("-ended_at", "-pk"), PER_PAGE)
    page = over.get_page(request.GET.get("page"))
    context = {
        "now_open": [each for each in live if each.mute.is_open],
        "ahead": sorted((each for each in live if not each.mute.is_open), key=_begins),
        "page": page,
        "over": [shown_mute(each, now, each.pk in mine) for each in page.object_list],
        "may_make": rules.teams_muting(request.user).exists(),
    }
    return render(request, "alerts/mutes.html", context)


@login_required
@require_safe
def mute(request: PersonRequest, pk: int) -> HttpResponse:
    """One: until when, what it covers, what it holds back at this moment."""
    row, now = get_object_or_404(rules.mutes_readable(), pk=pk), timezone.now()
    may_change = rules.mutes_changeable_by(request.user).filter(pk=pk).exists()
    context = {
        "shown": shown_mute(row, now, may_change and row.ended_at is None),
        "mute": row,
        "spans": _next(spec_of(row), now) if row.ended_at is None and row.recurrence else [],
        "held": rules.held_by(row)[:HELD],
    }
    return render(request, "alerts/mute.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """From nothing, for a service (`?service=`) or for an alert (`?alert=`)."""
    if not rules.teams_muting(request.user).exists():
        raise Http404
    service, matchers = _asked(request)
    data = request.POST if request.method == "POST" else None
    form = MuteForm(data, user=request.user, services=[service] if service else [])
    return _edit(request, form, Conditions(data, matchers), None)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Other times, or something else that it covers."""
    row = _changeable(request, pk)
    data = request.POST if request.method == "POST" else None
    form = MuteForm(data, user=request.user, mute=row)
    return _edit(request, form, Conditions(data, row.matchers), row)


@login_required
@require_POST
def end(request: PersonRequest, pk: int) -> HttpResponse:
    """Over now; what still fires pages."""
    actions.end_mute(actor=request.user, mute=_changeable(request, pk), now=timezone.now())
    messages.success(request, _("Ended. What still fires is looked at again at once."))
    return redirect("alerts:mute", pk=pk)


@login_required
@require_POST
def extend(request: PersonRequest, pk: int) -> HttpResponse:
    """Some hours longer."""
    row, now = _changeable(request, pk), timezone.now()
    longer = EXTENSIONS.get(request.POST.get("hours", ""))
    if longer is None or row.recurrence:
        raise Http404
    try:
        actions.change_mute(actor=request.user, mute=row, now=now, ends_at=max(row.ends_at, now) + longer)
    except actions.Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Extended."))
    return redirect("alerts:mute", pk=pk)


def _edit(request: PersonRequest, form: MuteForm, conditions: Conditions, row: Mute | None) -> HttpResponse:
    data, now = (request.POST if request.method == "POST" else None), timezone.now()
    spans: list[Interval] | None = None
    failed = False
    if data is not None and only_asks(data):
        hush(form, *conditions.forms)
    elif data is not None:
        failed = not (form.is_valid() & conditions.is_valid())
        values = {} if failed else form.values(conditions.matchers(), now)
        if values and only_tries(data):
            spans = _preview(form, values, now)
        elif values and (saved := _saved(request, form, row, values, now)):
            messages.success(request, _("Saved."))
            return redirect("alerts:mute", pk=saved.pk)
        failed = bool(form.errors) or failed
    context = {
        "form": form,
        "conditions": conditions,
        "mute": row,
        "spans": spans,
        "fields": rules.field_names(None),
    }
    return render(request, "alerts/mute_form.html", context, status=422 if failed and request.htmx else 200)


def _saved(
    request: PersonRequest, form: MuteForm, row: Mute | None, values: dict[str, Any], now: datetime
) -> Mute | None:
    try:
        if row:
            return actions.change_mute(actor=request.user, mute=row, now=now, **values)
        return actions.make_mute(actor=request.user, now=now, **values)
    except actions.Refused as refused:
        _complain(form, refused.field, refused.message)
        return None


def _preview(form: MuteForm, values: dict[str, Any], now: datetime) -> list[Interval]:
    spec = Spec(*(values[name] for name in ("starts_at", "ends_at", "recurrence", "zone", "until")))
    try:
        return _next(checked(spec), now)
    except BadRecurrence as bad:
        _complain(form, bad.field, bad.message)
        return []


def _complain(form: MuteForm, field: str, message: str) -> None:
    field = {"recurrence": "rule", "until": "last_day"}.get(field, field)
    form.add_error(field if field in form.fields else None, message)


def _asked(request: PersonRequest) -> tuple[Service | None, list[dict[str, Any]]]:
    """The service and the conditions that the address asks for; nonsense in it is nothing."""
    slug, number = request.GET.get("service", "").replace("\0", ""), request.GET.get("alert", "")
    service, matchers = None, list[dict[str, Any]]()
    if number.isascii() and number.isdigit() and len(number) < 18:
        alert = Alert.objects.select_related("service", "integration__service").filter(pk=number).first()
        if alert:
            slug, matchers = (alert.service or alert.integration.service).slug, _like(alert)
    if slug:
        service = Service.objects.live().filter(slug=slug, team__in=rules.teams_muting(request.user)).first()
    return service, matchers


def _like(alert: Alert) -> list[dict[str, Any]]:
    """What tells this alert from others: its labels, else its rule, else its words."""
    labels = [(f"labels.{name}", value) for name, value in list(alert.labels.items())[:MOST_LABELS]]
    pairs = labels or ([("rule", alert.rule)] if alert.rule else [("summary", alert.summary)])
    return [{"field": name, "op": "=", "value": value[:1000]} for name, value in pairs]


def _next(spec: Spec, now: datetime) -> list[Interval]:
    return next_spans(spec, now, AHEAD)


def _begins(shown: ShownMute) -> datetime:
    return shown.span.start if shown.span else shown.mute.starts_at


def _changeable(request: PersonRequest, pk: int) -> Mute:
    """For responders of its team, whoever made it, and admins; 404 for anybody else."""
    return get_object_or_404(rules.mutes_changeable_by(request.user), pk=pk)
