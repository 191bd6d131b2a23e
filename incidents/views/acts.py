"""Answering and moving incidents: one press each, also without script, also when somebody was faster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.access import PersonRequest
from accounts.models import User
from incidents.actions import paging, transitions, verdicts
from incidents.forms import DeclareForm
from incidents.lifecycle import IllegalTransition
from incidents.models import Incident, Severity
from incidents.queries.timeline import Move, answer_to, last_move
from incidents.views import parts
from incidents.views.access import incident_or_404, responder
from incidents.views.board import board_fragment
from lib.moments import relative

SAID = {
    "mitigate": gettext_lazy("Mitigated. Customers are no longer affected."),
    "monitor": gettext_lazy("The fix is being watched."),
    "relapse": gettext_lazy("Active again."),
    "resolve": gettext_lazy("Resolved."),
    "dismiss": gettext_lazy("Dismissed. Nobody is paged for it any more."),
    "reopen": gettext_lazy("Reopened. Nobody is paged until you say so."),
}


@login_required
@require_POST
def acknowledge(request: PersonRequest, number: int) -> HttpResponse:
    """Somebody has it. The second to press is told who was first."""
    actor = responder(request)

    def act(now: datetime) -> None:
        incident, first = transitions.acknowledge(incident_id=number, actor=actor, now=now)
        if first:
            messages.success(request, _you_have(incident))
        else:
            messages.info(request, _answered_before(incident, actor, now))

    return _acted(request, number, act)


@login_required
@require_POST
def declare(request: PersonRequest, number: int) -> HttpResponse:
    """It is real: a severity, and somebody who leads."""
    actor = responder(request)
    form = DeclareForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose how bad it is: SEV1 to SEV4."))
        return answered(request, number)

    def act(now: datetime) -> None:
        severity, commander = form.cleaned_data["severity"], form.cleaned_data["commander"]
        transitions.declare(incident_id=number, actor=actor, severity=severity, commander=commander, now=now)
        said = _("Declared as %(severity)s, led by %(name)s.")
        messages.success(request, said % {"severity": Severity(severity).label, "name": commander or actor})

    return _acted(request, number, act)


@login_required
@require_POST
def move(request: PersonRequest, number: int, verb: str) -> HttpResponse:
    """Mitigate, monitor, relapse, resolve, dismiss, reopen."""
    actor = responder(request)
    if verb not in SAID:
        raise Http404

    def act(now: datetime) -> None:
        transitions.change_state(incident_id=number, verb=verb, actor=actor, now=now)
        messages.success(request, SAID[verb])

    return _acted(request, number, act)


@login_required
@require_POST
def escalate(request: PersonRequest, number: int) -> HttpResponse:
    """The next step now, without waiting for its time."""
    actor = responder(request)

    def act(now: datetime) -> None:
        paging.escalate(incident_id=number, actor=actor, now=now)
        messages.success(request, _("The next step is being paged now."))

    return _acted(request, number, act)


@login_required
@require_POST
def verdict(request: PersonRequest, number: int) -> HttpResponse:
    """Whether the page was of use to whoever was paged; 404 for everybody else."""
    incident = incident_or_404(number)
    try:
        is_useful = request.POST.get("useful") == "yes"
        verdicts.judge(incident=incident, user=request.user, is_useful=is_useful, now=timezone.now())
    except verdicts.NotPaged as error:
        raise Http404 from error
    return answered(request, number)


@login_required
@require_POST
def page_again(request: PersonRequest, number: int) -> HttpResponse:
    """The policy anew, from its first step."""
    actor = responder(request)

    def act(now: datetime) -> None:
        paging.page_again(incident_id=number, actor=actor, now=now)
        messages.success(request, _("Paging begins again with the first step of the policy."))

    return _acted(request, number, act)


def _acted(request: PersonRequest, number: int, act: Callable[[datetime], None]) -> HttpResponse:
    incident, now = incident_or_404(number), timezone.now()
    try:
        act(now)
    except IllegalTransition:
        messages.warning(request, _too_late(incident, request.user, now))
    except paging.NotOpen:
        messages.info(request, _too_late(incident, request.user, now))
    return answered(request, number)


def answered(request: PersonRequest, number: int) -> HttpResponse:
    """Where the person was: the list, if it said so by `back` (its filters), else the incident's page."""
    back = request.POST.get("back")
    if back is None:
        return (
            parts.answer(request, incident_or_404(number))
            if request.htmx
            else redirect("incidents:detail", number=number)
        )
    filters = QueryDict(back)
    if request.htmx:
        request.GET = filters
        return board_fragment(request)
    return redirect(f"{reverse('incidents:list')}?{filters.urlencode()}")


def _you_have(incident: Incident) -> str:
    return format_html(
        _("You have {}. Paging has stopped; whatever was not sent stays unsent."), _link(incident)
    )


def _answered_before(incident: Incident, actor: User, now: datetime) -> str:
    answer = answer_to(incident)
    if answer is None:
        return format_html(_("{} was acknowledged before."), _link(incident))
    who = _("You") if answer.person == actor else (answer.person or answer.text)
    return format_html(
        _("{} acknowledged {} already, {}. Nobody is being paged."), who, _link(incident), when(answer, now)
    )


def _too_late(incident: Incident, actor: User, now: datetime) -> str:
    """Somebody was faster: what they did and when. The page below shows how it stands now."""
    last = last_move(incident)
    if last is None:
        return format_html(_("{} has moved on. The page shows how it stands now."), _link(incident))
    who = _("you") if last.person == actor else (last.person or _("Tocsin"))
    return format_html(
        _("{} had moved on already: “{}” by {}, {}. The page shows how it stands now."),
        _link(incident),
        last.text,
        who,
        when(last, now),
    )


def _link(incident: Incident) -> str:
    return format_html('<a href="{}">#{}</a>', reverse("incidents:detail", args=[incident.pk]), incident.pk)


def when(move: Move, now: datetime) -> str:
    """ "3 min ago, at 03:12" on the reader's clock."""
    return _("%(distance)s, at %(time)s") % {
        "distance": relative(move.at, now),
        "time": timezone.localtime(move.at).strftime("%H:%M"),
    }
