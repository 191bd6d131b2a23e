"""Asking colleagues for cover, and answering them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest
from accounts.models import Team, User
from lib.intervals import Interval
from lib.links import own_path
from oncall import access, actions, covering
from oncall.conflicts import Conflict, conflicts_in, conflicts_of
from oncall.drafts import Refused
from oncall.forms.covers import CoverForm
from oncall.models import Absence, CoverRequest, Schedule
from oncall.panels import FURTHER
from oncall.queries import shifts_of
from oncall.rotation import Role
from oncall.views.reading import moment_in, reader_zone

AHEAD = timedelta(weeks=26)
TEAM_AHEAD = timedelta(weeks=8)
CHOICE_AHEAD = timedelta(weeks=12)
MOST_AWAY = 30


@login_required
@require_safe
def covers(request: PersonRequest) -> HttpResponse:
    """What waits for me; where I am on call although I am away; what I ask for; then my teams."""
    person, now = request.user, timezone.now()
    mine, theirs = conflicts_of(person, now, now + AHEAD), _conflicts_of_others(person, now)
    context = {
        "now": now,
        "waiting": covering.waiting_for(person, now),
        "conflicts": mine,
        "mine": {"conflicts": mine, "speaks_for": {person.pk}, "reader": person},
        "requests": covering.open_requests_of(person, now),
        "absences": person.absences.touching(now, now + AHEAD * 4).select_related("feed"),
        "others": covering.others_in_teams_of(person, now),
        "team_conflicts": theirs,
        "theirs": {
            "conflicts": theirs,
            "speaks_for": access.spoken_for(person, {each.person for each in theirs}),
            "reader": person,
            "names": True,
        },
        "away": _away(person, now),
    }
    return render(request, "oncall/covers.html", context)


@login_required
@require_safe
def cover(request: PersonRequest, pk: int) -> HttpResponse:
    """One request, with the one button that matters to who reads it. Mails lead here."""
    subject, now = access.readable_cover(request.user, pk), timezone.now()
    state = covering.state_at(subject, now)
    is_open = state == "open"
    offer = None
    if is_open and access.may_take(request.user, subject):
        (offer,) = covering.offers_to(request.user, [subject], now)
    context = {
        "cover": subject,
        "state": state,
        "offer": offer,
        "may_decline": is_open and subject.asked == request.user,
        "may_withdraw": is_open and offer is None and access.may_speak_for(request.user, subject.asker),
        "is_mine": subject.asker == request.user,
        "is_undone": subject.override is not None and subject.override.withdrawn_at is not None,
    }
    return render(request, "oncall/cover.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """`?schedule=7&from=…&until=…` names the time; without them it is chosen from one's next shifts. `person` is who
    asks, when it is not the reader."""
    asker, now = _asker(request), timezone.now()
    shift = moment_in(request, "from"), moment_in(request, "until")
    wanted = request.GET.get("schedule", "")
    if not _is_number(wanted) or shift[0] is None or shift[1] is None or shift[1] <= max(shift[0], now):
        return _choice(request, asker, now)
    schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=int(wanted))
    return _asked(request, asker, schedule, (shift[0], shift[1]), now)


@login_required
@require_POST
def accept(request: PersonRequest, pk: int) -> HttpResponse:
    """One click takes it over."""
    return _moved(request, pk, actions.accept_cover, _("It is yours: the schedule is changed."))


@login_required
@require_POST
def decline(request: PersonRequest, pk: int) -> HttpResponse:
    """The asker is told."""
    return _moved(request, pk, actions.decline_cover, _("Declined."))


@login_required
@require_POST
def withdraw(request: PersonRequest, pk: int) -> HttpResponse:
    """It is not needed any more."""
    return _moved(request, pk, actions.withdraw_cover, _("The request was withdrawn."))


def _asked(
    request: PersonRequest, asker: User, schedule: Schedule, shift: tuple[datetime, datetime], now: datetime
) -> HttpResponse:
    form = CoverForm(
        request.POST or None,
        schedule=schedule,
        people=covering.colleagues(schedule, asker),
        swaps=covering.swappable(schedule, asker, now, Interval(*shift)),
        zone=reader_zone(),
        shift=shift,
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_for_cover(
                actor=request.user, now=now, schedule=schedule, asker=asker, **form.cleaned_data
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Asked. You stay on call until somebody accepts."))
            return redirect("oncall:covers")
    context = {"form": form, "schedule": schedule, "asker": asker, "is_me": asker == request.user}
    context |= {"start": shift[0], "end": shift[1], "zone": str(form.zone)}
    return render(
        request, "oncall/cover_form.html", context, status=422 if form.errors and request.htmx else 200
    )


def _choice(request: PersonRequest, asker: User, now: datetime) -> HttpResponse:
    until = now + CHOICE_AHEAD
    shifts = shifts_of(asker, now, until + FURTHER)  # so that the last one is shown until its own end
    found = [each for each in shifts if each.start < until and each.role != Role.SHADOW]
    context = {"shifts": found, "now": now, "asker": asker, "is_me": asker == request.user}
    context["asked"] = covering.open_requests_of(asker, now)
    return render(request, "oncall/cover_choose.html", context)


def _moved(request: PersonRequest, pk: int, move: Callable[..., CoverRequest], words: str) -> HttpResponse:
    subject = access.readable_cover(request.user, pk)
    try:
        move(actor=request.user, now=timezone.now(), request=subject)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, words)
    onward = own_path(request.POST.get("next", ""))
    return redirect(onward) if onward else redirect("oncall:cover", pk=pk)


def _asker(request: PersonRequest) -> User:
    wanted = request.GET.get("person", "")
    return access.person_to_speak_for(request.user, int(wanted) if _is_number(wanted) else request.user.pk)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _conflicts_of_others(person: User, now: datetime) -> list[Conflict]:
    schedules = Schedule.objects.filter(team__in=Team.objects.of(person)).select_related("team")
    found = conflicts_in(schedules, now, now + TEAM_AHEAD)
    return [each for each in found if each.person != person]


def _away(person: User, now: datetime) -> list[Absence]:
    """Colleagues who are away in the next weeks."""
    mates = User.objects.active().filter(memberships__team__in=Team.objects.of(person)).exclude(pk=person.pk)
    found = Absence.objects.filter(user__in=mates).touching(now, now + TEAM_AHEAD).select_related("user")
    return list(found[:MOST_AWAY])
