"""Drills: would a page reach us now? The last ones, one as it runs, starting, planning, stopping."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import PersonRequest
from oncall.drafts import Refused
from oncall.drills import access, actions, queries
from oncall.drills.answering import NotInDrill, answer_in_browser
from oncall.drills.forms import PlanForm, StartForm
from oncall.drills.lifecycle import IllegalTransition
from oncall.models import ReachState

PER_PAGE = 30


@login_required
@require_safe
def drills(request: PersonRequest) -> HttpResponse:
    """Who was reached in the last drills and how fast, and when the next ones are."""
    access.responder(request.user)
    found = access.readable_drills(request.user)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "tallies": queries.tallies(page.object_list),
        "plans": access.changeable_plans(request.user),
    }
    return render(request, "oncall/drills.html", context)


@login_required
@require_safe
@vary_on_headers("HX-Request")
def drill(request: PersonRequest, pk: int) -> HttpResponse:
    """Who is reached and who is not; htmx asks for it again while it runs."""
    subject = access.readable_drill(request.user, pk)
    reaches = queries.reaches(subject)
    members = [each.member for each in reaches]
    context = {
        "drill": subject,
        "tally": queries.tally(subject, members),
        "reaches": reaches,
        "may_stop": access.may_stop(request.user, subject),
        "may_drill": access.may_drill(request.user, subject.policy, subject.user),
        "asks_me": any(
            each.user_id == request.user.pk and each.state == ReachState.WAITING for each in members
        ),
    }
    return render(request, "oncall/_drill.html" if request.htmx else "oncall/drill.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def start(request: PersonRequest) -> HttpResponse:
    """One button that pages people, so the page says whom and as what."""
    actor = access.responder(request.user)
    if request.method != "POST":
        form = StartForm(actor=actor, initial={"what": request.GET.get("what", "")})
        return render(request, "oncall/drill_start.html", {"form": form})
    form = StartForm(request.POST, actor=actor)
    if form.is_valid():
        try:
            made = actions.start_drill(actor=actor, now=timezone.now(), **form.values())
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("oncall:drill", pk=made.pk)
    return render(request, "oncall/drill_start.html", {"form": form}, status=422 if request.htmx else 200)


@login_required
@require_http_methods(["GET", "POST"])
def plan_new(request: PersonRequest) -> HttpResponse:
    """A drill that comes again, at a time of day that stays when clocks change."""
    actor, zone = access.responder(request.user), request.user.time_zone
    if request.method != "POST":
        first = {"what": request.GET.get("what", ""), "at": "10:00"}
        first["first_on"] = (timezone.localdate() + timedelta(days=7)).isoformat()
        form = PlanForm(actor=actor, zone=zone, initial=first)
        return render(request, "oncall/drill_plan.html", {"form": form})
    form = PlanForm(request.POST, actor=actor, zone=zone)
    if form.is_valid():
        try:
            actions.save_plan(actor=actor, now=timezone.now(), **form.values())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("The drill is planned."))
            return redirect("oncall:drills")
    return render(request, "oncall/drill_plan.html", {"form": form}, status=422 if request.htmx else 200)


@login_required
@require_POST
def plan_delete(request: PersonRequest, pk: int) -> HttpResponse:
    """It comes no more."""
    plan = access.changeable_plan(request.user, pk)
    actions.delete_plan(actor=request.user, now=timezone.now(), plan=plan)
    messages.success(request, _("The drill comes no more."))
    return redirect("oncall:drills")


@login_required
@require_POST
def stop(request: PersonRequest, pk: int) -> HttpResponse:
    """Nothing more is sent."""
    subject = access.stoppable_drill(request.user, pk)
    try:
        actions.stop_drill(actor=request.user, now=timezone.now(), drill_id=subject.pk)
    except IllegalTransition as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The drill was stopped. Nothing more is sent."))
    return redirect("oncall:drill", pk=pk)


@login_required
@require_POST
def acknowledge(request: PersonRequest, pk: int) -> HttpResponse:
    """One of its people answers here."""
    subject = access.readable_drill(request.user, pk)
    try:
        said = answer_in_browser(drill_id=subject.pk, person=request.user, now=timezone.now())
    except NotInDrill as error:
        raise Http404 from error
    (messages.success if said.changed else messages.info)(request, said.text)
    return redirect("oncall:drill", pk=pk)
