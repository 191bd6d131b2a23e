"""Reports: is anything uncovered, who carries how much, and hours for pay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from accounts.models import Team
from oncall.forms.reports import ChosenDays
from oncall.models import Schedule
from oncall.reports.pay import table
from oncall.reports.reading import cover_report, load_report, worked_in
from oncall.views.reading import chosen_team, reader_zone

WEEKS, MOST_WEEKS = 4, 26
OFFERED_WEEKS = (1, 4, 13, 26)


@login_required
@require_safe
def cover(request: PersonRequest) -> HttpResponse:
    """Is anything uncovered in the next weeks? Then where, and where only one of two is on call."""
    teams = Team.objects.filter(schedules__isnull=False).distinct()
    team, weeks = chosen_team(request, teams), _weeks(request)
    found = _schedules()
    context = {
        "report": cover_report(found.filter(team=team) if team else found, timezone.now(), weeks),
        "teams": teams,
        "team": team,
        "weeks": weeks,
        "offered": OFFERED_WEEKS,
        "may_make": Team.objects.changeable_by(request.user).exists(),
    }
    return render(request, "oncall/report_cover.html", context)


@login_required
@require_safe
def load(request: PersonRequest) -> HttpResponse:
    """Who carries how much, and is it shared evenly?"""
    form = _chosen(request, _schedules())
    context: dict[str, Any] = {"form": form, "may_pay": False}
    if form.is_valid():
        schedules = form.chosen()
        context |= {
            "report": load_report(schedules, form.span(reader_zone()), all_pages=form.is_of_all),
            "may_pay": _may_pay(request, schedules),
        }
    return render(request, "oncall/report_load.html", context)


@login_required
@require_safe
def hours(request: PersonRequest) -> HttpResponse:
    """The same hours as a table for the payroll; for managers of the team, and admins."""
    mine = _schedules().filter(team__in=Team.objects.changeable_by(request.user))
    form = _chosen(request, mine)
    if not mine.exists() or not form.is_valid():
        raise Http404
    schedules, span = form.chosen(), form.span(reader_zone())
    worked = worked_in(schedules, span)
    text = table(worked.pieces, worked.people, {each.pk: each for each in schedules})
    name = f"on-call-{form.cleaned_data['since']}-{form.cleaned_data['until']}.csv"
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _schedules() -> Any:
    return Schedule.objects.select_related("team").order_by("team__name", "name", "id")


def _chosen(request: HttpRequest, schedules: Any) -> ChosenDays:
    today = timezone.now().astimezone(reader_zone()).date()
    return ChosenDays(request.GET.dict(), today=today, schedules=schedules)


def _may_pay(request: PersonRequest, schedules: Iterable[Schedule]) -> bool:
    """Some of them are the reader's to pay for; the table then holds those alone."""
    teams = {each.team_id for each in schedules}
    return Team.objects.changeable_by(request.user).filter(pk__in=teams).exists()


def _weeks(request: HttpRequest) -> int:
    """`?weeks=13`, from 1 to 26; else four."""
    text = request.GET.get("weeks", "")
    weeks = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return weeks if 1 <= weeks <= MOST_WEEKS else WEEKS
