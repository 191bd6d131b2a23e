"""Who would be paged? A question in one line, and its answer as a ladder in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from accounts.models import Team, User
from catalog.models import Service
from insights.forms.simulator import WHAT_IFS, SimulatorForm, local
from insights.simulator import Question, answer
from lib.intervals import to_instant, to_wall
from oncall.views.reading import chosen_zone, reader_zone

SATURDAY = 5
_DAY = timedelta(days=1)


def _next(now: datetime, zone: ZoneInfo, at: time, weekday: int | None = None) -> datetime:
    today = to_wall(now, zone).date()
    moments = (_moment(today + ahead * _DAY, at, zone) for ahead in range(9))
    return next(each for each in moments if each > now and weekday in (None, to_wall(each, zone).weekday()))


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return to_instant(datetime.combine(day, at), zone)


QUICK: dict[str, tuple[Any, Callable[[datetime, ZoneInfo], datetime]]] = {
    "now": (_("Now"), lambda now, zone: now),
    "night": (_("Tonight 03:00"), lambda now, zone: _next(now, zone, time(3))),
    "saturday": (_("Saturday 14:00"), lambda now, zone: _next(now, zone, time(14), SATURDAY)),
}


@login_required
@require_safe
def simulator(request: PersonRequest) -> HttpResponse:
    """Without a question: about one of my services, now. The address holds the whole question, so it can be sent."""
    now, zone = timezone.now(), chosen_zone(request, "UTC")
    quick = request.GET.get("when", "")
    if quick in QUICK:
        return _redirected(request, QUICK[quick][1](now, zone), zone)
    services = Service.objects.live()
    if not services.exists():
        return render(request, "insights/simulator.html", {"no_services": True})
    form = SimulatorForm(_asked(request, now, zone), zone=zone)
    question = form.question if form.is_valid() else None
    context = {
        "form": form,
        "zone": zone.key,
        "own_url": _on_own_clock(request, question, zone),
        "quick": [(key, words) for key, (words, _moment) in QUICK.items()],
        "supposed": form.supposed if question else [],
        "what_if_errors": not WHAT_IFS.isdisjoint(form.errors),
        "answer": answer(question) if question else None,
        "as_it_stands": answer(question.as_it_stands) if question and question.is_supposed else None,
        "was_asked": "service" in request.GET,
        "expect_url": _expect_url(request.user, question),
    }
    template = "insights/_simulator.html" if request.htmx else "insights/simulator.html"
    return render(request, template, context, status=422 if form.errors and request.htmx else 200)


def _asked(request: PersonRequest, now: datetime, zone: ZoneInfo) -> QueryDict:
    """What is asked, filled up to a whole question."""
    asked = request.GET.copy()
    if not asked.get("service"):
        asked["service"] = _usual_service(request.user)
    asked.setdefault("severity", "1")
    if not asked.get("at"):
        asked["at"] = local(now, zone)
    return asked


def _usual_service(user: User) -> str:
    live = Service.objects.live()
    mine = live.filter(team__in=Team.objects.of(user)).order_by("tier", "name").first()
    usual = mine or live.order_by("tier", "name").first()
    return usual.slug if usual else ""


def _redirected(request: PersonRequest, at: datetime, zone: ZoneInfo) -> HttpResponse:
    """The same question at another moment, by its own address."""
    asked = request.GET.copy()
    del asked["when"]
    asked["at"], asked["zone"] = local(at, zone), zone.key
    return HttpResponseRedirect(f"{reverse('insights:simulator')}?{asked.urlencode()}")


def _on_own_clock(request: PersonRequest, question: Question | None, zone: ZoneInfo) -> str:
    """The same question for a reader of another zone; times of what-ifs stay on the clock that they were asked on."""
    own = reader_zone()
    if question is None or question.is_supposed or own.key == zone.key:
        return ""
    asked = request.GET.copy()
    asked["at"], asked["zone"] = local(question.at, own), own.key
    return f"{reverse('insights:simulator')}?{asked.urlencode()}"


def _expect_url(user: User, question: Question | None) -> str:
    """Where the answer is kept as what is expected, for those who manage the service's team."""
    if question is None or question.is_supposed or (question.severity is None and question.urgency == "low"):
        return ""
    if not Team.objects.changeable_by(user).filter(pk=question.service.team_id).exists():
        return ""
    query = QueryDict(mutable=True)
    query["service"], query["at"] = question.service.slug, question.at.isoformat().replace("+00:00", "Z")
    if question.severity:
        query["severity"] = str(question.severity)
    return f"{reverse('insights:assertion-new')}?{query.urlencode()}"
