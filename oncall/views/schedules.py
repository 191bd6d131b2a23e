"""Schedules: the list, and one with its coverage."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from accounts.models import Team, User
from lib import panels
from lib.intervals import Interval
from oncall import access
from oncall.ahead import ahead_of, finals
from oncall.bridge import schedule_of
from oncall.daily import MOST_DAYS, Reader
from oncall.lanes import widened
from oncall.layer_rows import stands_in
from oncall.models import EscalationPolicy, Schedule
from oncall.pictures import board_of
from oncall.queries import AHEAD, Duty, duty_of, on_call_now, shifts_in
from oncall.revisions import last_change
from oncall.timeline import RANGES, Range, cut, days, days_from, uncovered
from oncall.views.reading import (
    chosen_range,
    chosen_team,
    chosen_zone,
    first_day,
    monday,
    reader_zone,
)

PER_PAGE = 50
MY_AHEAD = timedelta(weeks=26)
MY_SHIFTS, MOST_OVERRIDES = 3, 60
RANGE_NAMES = {"two-weeks": _("Two weeks"), "month": _("Month"), "quarter": _("Quarter")}


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
    """Is it covered, who is on call now, when am I; then two weeks, a month or a quarter drawn and told, overrides,
    layers; on the reader's clock or the schedule's."""
    subject = get_object_or_404(Schedule.objects.select_related("team"), pk=pk)
    now = timezone.now()
    window = Window(chosen_range(request), chosen_zone(request, subject.time_zone), request, now)
    with timezone.override(window.zone):
        context = {
            "schedule": subject,
            "may_change": access.may_change(request.user, subject),
            "may_override": access.may_override(request.user, subject),
            "last_change": last_change(subject, request.user),
            "policies": _paging(subject),
            "overrides": _overrides(subject, now),
            **_shown(subject, window, request.user),
            **_navigation(window, request.user),
            **_panels(subject, request.user),
        }
        return render(request, "oncall/schedule.html", context)


class Window:
    """What part of a schedule is looked at, on which clock."""

    def __init__(self, chosen: Range, zone: ZoneInfo, request: PersonRequest, now: datetime) -> None:
        self.range, self.zone, self.now = chosen, zone, now
        self.start = first_day(request, zone, now)
        self.span = days_from(self.start, chosen.days, zone)
        self.today = now.astimezone(zone).date()

    @property
    def told(self) -> Interval:
        """The days that are told in words: from today, if it is in view, and not more than can be read."""
        last = self.start + timedelta(days=self.range.days)
        first = self.today if self.start <= self.today < last else self.start
        return days_from(first, min((last - first).days, MOST_DAYS), self.zone)


def _shown(subject: Schedule, window: Window, reader: User) -> dict[str, Any]:
    """All that the schedule says, from one reading of its rows."""
    known, now = widened(window.span), window.now
    ahead, mine = Interval(now, now + AHEAD), Interval(now, now + MY_AHEAD)
    value = schedule_of(subject, Interval(min(known.start, now), max(known.end, mine.end)))
    is_in_it = stands_in(value, reader.pk)
    final, coming = finals(value, known, mine if is_in_it else ahead)
    board = board_of(subject, value, final, window.span, window.zone, now, beside=coming)
    soon = tuple(cut(coming, ahead))
    words = Reader(board.people, now, subject.wants_secondary)
    return {
        "now": now,
        "duty": duty_of(subject, soon, now, board.people),
        "ahead": ahead_of(soon, ahead, subject.wants_secondary),
        "picture": board.picture,
        "entries": words.entries(board.final, days(window.told, window.zone)),
        "is_cut": window.told.end < window.span.end,
        "is_empty": not value.layers and not value.overrides,
        "is_in_it": is_in_it,
        "my_shifts": shifts_in(subject, coming, reader.pk)[:MY_SHIFTS] if is_in_it else [],
    }


def _navigation(window: Window, reader: User) -> dict[str, Any]:
    step = timedelta(days=window.range.step)
    return {
        "zone": str(window.zone),
        "is_reader_zone": window.zone == reader.zone,
        "this_week": monday(window.zone, window.now),
        "today": window.today,
        "start": window.start,
        "last_day": window.start + timedelta(days=window.range.days - 1),
        "earlier": window.start - step,
        "later": window.start + step,
        "range": window.range,
        "ranges": [(each, RANGE_NAMES[each.key]) for each in RANGES],
    }


def _panels(subject: Schedule, reader: User) -> dict[str, Any]:
    filled = panels.filled("schedule", subject, reader)
    return {
        "main_panels": [each for each in filled if each.panel.place == "main"],
        "side_panels": [each for each in filled if each.panel.place == "side"],
    }


def _overrides(subject: Schedule, now: datetime) -> Any:
    """Those in force and to come."""
    found = subject.overrides.filter(withdrawn_at=None, ends_at__gt=now)
    return found.select_related("user", "replaces", "created_by")[:MOST_OVERRIDES]


def _first_gap(duty: Duty, now: datetime) -> object:
    """The first time in the next two weeks when nobody is on call, or None."""
    zone = reader_zone()
    span = days_from(now.astimezone(zone).date(), 14, zone)
    found = uncovered([each for each in duty.segments if each.start < span.end], span, now)
    return found[0] if found else None


def _paging(subject: Schedule) -> Any:
    """The policies that page whoever is on call here."""
    return EscalationPolicy.objects.filter(steps__targets__schedule=subject).distinct()
