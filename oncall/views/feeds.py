"""Calendars that are read: adding one after a look at it, how it does, changing and removing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from accounts.models import User
from lib.intervals import load_zone
from oncall import access, actions
from oncall.calendars.access import changeable_feed
from oncall.calendars.fetching import FetchFailed
from oncall.calendars.looking import Found, look, summary
from oncall.calendars.words import told
from oncall.drafts import Refused
from oncall.forms.calendars import FeedForm
from oncall.models import CalendarFeed, FeedPurpose, Schedule

TIMEOUT, PATIENCE = 5.0, 8.0
"""Seconds that somebody waits for the other side, and for the reading."""
SHOWN = 10


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """`?schedule=3` for a schedule, else for when I am away. First it is looked at and shown, then stored."""
    schedule = _schedule(request)
    form = FeedForm(request.POST or None, schedule=schedule)
    found = _looked(form, schedule, request.user) if request.method == "POST" else None
    if found and _was_seen(request, form):
        made = _added(request, form, schedule, found)
        if made:
            messages.success(request, _("%(name)s is read from now on, every hour.") % {"name": made.name})
            return redirect("oncall:feed", pk=made.pk)
    context = {"form": form, "schedule": schedule, **_preview(form, found)}
    return render(request, "oncall/feed_new.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def feed(request: PersonRequest, pk: int) -> HttpResponse:
    """How it does and what it says; another name or address."""
    subject = changeable_feed(request.user, pk)
    form = FeedForm(request.POST or None, schedule=subject.schedule, feed=subject)
    found = None
    if request.method == "POST" and form.is_valid():
        url = form.cleaned_data["url"]
        found = _looked(form, subject.schedule, request.user) if url else None
        is_wanted = not form.errors and (not url or _was_seen(request, form))
        if is_wanted and _changed(request, form, subject, found):
            messages.success(request, _("Saved."))
            return redirect("oncall:feed", pk=pk)
    context = {"feed": subject, "form": form, **_said(subject), **_preview(form, found, subject.purpose)}
    return render(request, "oncall/feed.html", context)


@login_required
@require_POST
def refresh(request: PersonRequest, pk: int) -> HttpResponse:
    """Read it now."""
    subject = changeable_feed(request.user, pk)
    try:
        done = actions.refresh_feed(actor=request.user, now=timezone.now(), feed=subject, timeout=TIMEOUT)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        if not done.error:  # else the page itself says it
            messages.success(request, _("Read just now."))
    return redirect("oncall:feed", pk=pk)


@login_required
@require_POST
def remove(request: PersonRequest, pk: int) -> HttpResponse:
    """It says nothing from now on."""
    subject = changeable_feed(request.user, pk)
    try:
        actions.remove_feed(actor=request.user, now=timezone.now(), feed=subject)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("oncall:feed", pk=pk)
    messages.success(request, _("%(name)s is read no more.") % {"name": subject.name})
    return (
        redirect("oncall:schedule", pk=subject.schedule_id)
        if subject.schedule_id
        else redirect("notifications:me")
    )


def _schedule(request: PersonRequest) -> Schedule | None:
    wanted = request.GET.get("schedule", "")
    if wanted:
        is_number = wanted.isascii() and wanted.isdecimal() and len(wanted) < 10
        return access.changeable_schedule(request.user, int(wanted) if is_number else 0)
    if not request.user.can_respond:
        raise Http404
    return None


def _looked(form: FeedForm, schedule: Schedule | None, person: User) -> Found | None:
    """What is at the address now; what is wrong with it stands on the field."""
    if not form.is_valid():
        return None
    zone = load_zone(schedule.time_zone if schedule else person.time_zone)
    try:
        return look(form.cleaned_data["url"], zone, timezone.now(), timeout=TIMEOUT, patience=PATIENCE)
    except FetchFailed as error:
        form.add_error("url", error.reason)
        return None


def _was_seen(request: PersonRequest, form: FeedForm) -> bool:
    return request.POST.get("seen") == form.mark()


def _added(
    request: PersonRequest, form: FeedForm, schedule: Schedule | None, found: Found
) -> CalendarFeed | None:
    given = form.cleaned_data
    try:
        return actions.add_feed(
            actor=request.user,
            now=timezone.now(),
            name=given["name"],
            url=given["url"],
            purpose=form.meaning(),
            schedule=schedule,
            found=found,
        )
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return None


def _changed(request: PersonRequest, form: FeedForm, subject: CalendarFeed, found: Found | None) -> bool:
    given = form.cleaned_data
    try:
        actions.change_feed(
            actor=request.user,
            now=timezone.now(),
            feed=subject,
            name=given["name"],
            url=given["url"],
            found=found,
        )
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return False
    return True


def _preview(form: FeedForm, found: Found | None, purpose: str = "") -> dict[str, Any]:
    """What was found, before it is stored."""
    if found is None or form.errors:
        return {}
    now = timezone.now()
    figures = summary(found, now)
    away = (purpose or form.meaning()) == FeedPurpose.ABSENCES
    return {
        "seen": form.mark(),
        "found": found,
        "summary": figures,
        "is_away": away,
        "people": User.objects.filter(pk__in=figures.people),
        "problems": told(found.problems if away else (*found.problems, *found.shift_problems)),
        "spans": _ahead(found.busy if away else found.events, now),
    }


def _ahead(events: Any, now: datetime) -> list[Any]:
    return [each for each in events if each.end > now][:SHOWN]


def _said(subject: CalendarFeed) -> dict[str, Any]:
    """What the stored copy says of the time ahead."""
    now = timezone.now()
    rows: Any = subject.absences.filter(withdrawn_at=None)
    if subject.purpose != FeedPurpose.ABSENCES:
        rows = subject.shifts.select_related("user")
    ahead = rows.filter(ends_at__gt=now).order_by("starts_at", "id")
    return {"ahead": ahead[:SHOWN], "count": ahead.count(), "now": now}
