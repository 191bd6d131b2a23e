"""Who is on now, and when am I next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from accounts.models import Team, User
from lib import panels
from oncall.covering import open_requests_of
from oncall.models import Schedule
from oncall.pictures import overview_of
from oncall.queries import Duty, Shift, on_call_now, shifts_of
from oncall.timeline import days_from
from oncall.views.reading import reader_zone

PER_PAGE = 40
MY_WEEKS = timedelta(weeks=8)
FURTHER = timedelta(weeks=5)
MY_SHIFTS = 3


@dataclass(frozen=True, slots=True)
class Card:
    """A team and what its schedules have now."""

    team: Team
    is_mine: bool
    duties: tuple[Duty, ...]

    @property
    def has_gap(self) -> bool:
        """Some schedule of the team has nobody now."""
        return any(not duty.people for duty in self.duties)


@login_required
@require_safe
def now(request: PersonRequest) -> HttpResponse:
    """A card per team, mine first; my next shifts; two weeks of every schedule; on top what waits for me."""
    at, zone = timezone.now(), reader_zone()
    mine = set(Team.objects.of(request.user).values_list("pk", flat=True))
    page = Paginator(_ordered(mine), PER_PAGE).get_page(request.GET.get("page"))
    duties = on_call_now(at, page.object_list)
    span = days_from(at.astimezone(zone).date(), 14, zone)
    context = {
        "now": at,
        "page": page,
        "cards": _cards(duties, mine),
        "shifts": _mine(request.user, at),
        "asks": request.user.can_respond,
        "asked": open_requests_of(request.user, at),
        "picture": overview_of(duties, span, zone, at) if duties else None,
        "panels": panels.filled("oncall", request.user, request.user),
        "may_make": Team.objects.changeable_by(request.user).exists(),
    }
    return render(request, "oncall/now.html", context)


def _mine(reader: User, at: datetime) -> list[Shift]:
    """Those that begin in the next weeks, each until its own end."""
    found = shifts_of(reader, at, at + MY_WEEKS + FURTHER)
    return [each for each in found if each.start < at + MY_WEEKS][:MY_SHIFTS]


def _ordered(mine: set[int]) -> list[Schedule]:
    found = Schedule.objects.select_related("team").order_by("team__name", "name")
    return sorted(found, key=lambda schedule: schedule.team_id not in mine)


def _cards(duties: list[Duty], mine: set[int]) -> list[Card]:
    teams: dict[int, list[Duty]] = {}
    for duty in duties:
        teams.setdefault(duty.schedule.team_id, []).append(duty)
    return [Card(found[0].schedule.team, team in mine, tuple(found)) for team, found in teams.items()]
