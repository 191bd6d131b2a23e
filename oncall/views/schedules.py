"""Schedules: the list, and one with its coverage."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from accounts.models import Team
from oncall import access
from oncall.models import EscalationPolicy, Schedule
from oncall.pictures import picture_of
from oncall.queries import Duty, on_call_now
from oncall.timeline import days_from, uncovered
from oncall.views.reading import chosen_team, chosen_zone, first_day, monday, reader_zone

PER_PAGE = 50
WEEK = timedelta(weeks=1)


@login_required
@require_safe
def schedules(request: PersonRequest) -> HttpResponse:
    """Every schedule with who is on call and whether something is uncovered."""
    now = timezone.now()
    found = Schedule.objects.select_related("team").order_by("team__name", "name")
    teams = Team.objects.filter(schedules__isnull=False).distinct()
    team = chosen_team(request, teams)
    page = Paginator(found.filter(team=team) if team else found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(duty, _first_gap(duty, now)) for duty in on_call_now(now, page.object_list)],
        "teams": teams,
        "team": team,
        "may_make": Team.objects.changeable_by(request.user).exists(),
    }
    return render(request, "oncall/schedules.html", context)


@login_required
@require_safe
def schedule(request: PersonRequest, pk: int) -> HttpResponse:
    """Two weeks: who is on call, gaps, overrides, layers; in the reader's zone or in the schedule's."""
    subject = get_object_or_404(Schedule.objects.select_related("team"), pk=pk)
    now = timezone.now()
    zone = chosen_zone(request, subject.time_zone)
    start = first_day(request, zone, now)
    (duty,) = on_call_now(now, [subject])
    with timezone.override(zone):
        context = {
            "schedule": subject,
            "duty": duty,
            "picture": picture_of(subject, days_from(start, 14, zone), zone, now),
            "zone": str(zone),
            "is_reader_zone": zone == request.user.zone,
            "this_week": monday(zone, now),
            "today": now.astimezone(zone).date(),
            "start": start,
            "last_day": start + 2 * WEEK - timedelta(days=1),
            "earlier": start - WEEK,
            "later": start + WEEK,
            "overrides": subject.overrides.touching(now, now + timedelta(days=90)).select_related(
                "user", "replaces", "created_by"
            ),
            "policies": _paging(subject),
            "may_change": access.may_change(request.user, subject),
            "may_override": access.may_override(request.user, subject),
        }
        return render(request, "oncall/schedule.html", context)


def _first_gap(duty: Duty, now: datetime) -> object:
    """The first time in the next two weeks when nobody is on call, or None."""
    zone = reader_zone()
    span = days_from(now.astimezone(zone).date(), 14, zone)
    found = uncovered([each for each in duty.segments if each.start < span.end], span, now)
    return found[0] if found else None


def _paging(subject: Schedule) -> Any:
    """The policies that page whoever is on call here."""
    return EscalationPolicy.objects.filter(steps__targets__schedule=subject).distinct()
