"""What a team expects of paging, and whether it is so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest
from accounts.models import Team
from catalog.models import Service
from insights import access, assertions
from insights.actions import delete_assertion, save_assertion
from insights.asserting import verdicts
from insights.assertion_words import expected_in_words
from insights.assertions import Expectation
from insights.forms.assertions import AssertionForm, named_in, typed
from insights.models import Assertion
from insights.simulator import Question, answer
from oncall.access import changeable_teams
from oncall.drafts import Refused
from oncall.views.reading import chosen_team, moment_in

PER_PAGE = 50


@login_required
@require_safe
def assertion_list(request: PersonRequest) -> HttpResponse:
    """Those that fail first, then by team."""
    teams = Team.objects.filter(assertions__isnull=False).distinct()
    team = chosen_team(request, teams)
    found = Assertion.objects.select_related("team", "service").order_by("holds", "team__name", "name", "id")
    page = Paginator(found.filter(team=team) if team else found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "teams": teams,
        "team": team,
        "may_make": Team.objects.changeable_by(request.user).exists(),
    }
    return render(request, "insights/assertions.html", context)


@login_required
@require_safe
def assertion(request: PersonRequest, pk: int) -> HttpResponse:
    """Asked at this moment: whether it holds, what is wrong, and the whole answer."""
    row = access.readable_assertion(pk)
    (verdict,) = verdicts([row], timezone.now())
    context = {
        "assertion": row,
        "verdict": verdict,
        "expected": expected_in_words(row),
        "may_change": Team.objects.changeable_by(request.user).filter(pk=row.team_id).exists(),
    }
    return render(request, "insights/assertion.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """A manager says what is expected, beginning with an answer of the simulator if one is named."""
    teams = changeable_teams(request.user)
    row = _from_answer(request)
    form = AssertionForm(request.POST or None, teams=teams, initial=typed(row))
    return _editor(request, form, None)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Another question, or other expectations."""
    row = access.changeable_assertion(request.user, pk)
    teams = Team.objects.changeable_by(request.user)
    form = AssertionForm(request.POST or None, teams=teams, named=named_in(row.expect), initial=typed(row))
    return _editor(request, form, row)


@login_required
@require_POST
def delete(request: PersonRequest, pk: int) -> HttpResponse:
    """It is asked no more."""
    row = access.changeable_assertion(request.user, pk)
    delete_assertion(actor=request.user, now=timezone.now(), assertion=row)
    messages.success(request, _("%(name)s was deleted.") % {"name": row.name})
    return redirect("insights:assertions")


def _editor(request: PersonRequest, form: AssertionForm, row: Assertion | None) -> HttpResponse:
    saved = _saved(request, form, row) if request.method == "POST" and form.is_valid() else None
    if saved:
        messages.success(request, _("Saved."))
        return redirect("insights:assertion", pk=saved.pk)
    status = 422 if request.method == "POST" and request.htmx else 200
    return render(request, "insights/assertion_form.html", {"form": form, "assertion": row}, status=status)


def _saved(request: PersonRequest, form: AssertionForm, row: Assertion | None) -> Assertion | None:
    try:
        return save_assertion(actor=request.user, now=timezone.now(), assertion=row, **form.values())
    except Refused as refused:
        form.refuse(refused)
        return None


def _from_answer(request: PersonRequest) -> Assertion:
    """An assertion to be, about the service, severity and moment in the address: the answer is what is expected."""
    service = Service.objects.live().filter(slug=request.GET.get("service", "")).first()
    at, severity = moment_in(request, "at"), request.GET.get("severity", "")
    row = Assertion(time_zone=request.user.time_zone)
    if service is None or at is None:
        return row
    row.service, row.team_id, row.at = service, service.team_id, at
    row.severity = int(severity) if severity in {"1", "2", "3", "4"} else None
    row.expect = _as_answered(service, at, row.severity)
    level = row.get_severity_display() if row.severity else _("alert")
    row.name = f"{service.name}, {level}, {at.astimezone(request.user.zone):%a %d %b %Y %H:%M}"[:120]
    return row


def _as_answered(service: Service, at: datetime, severity: int | None) -> dict[str, Any]:
    found = answer(Question(service, at, severity))
    first = next((rung for rung in found.rungs if rung.people), None)
    after = found.first_page_after
    if first is None or after is None:
        return {}
    return assertions.written(
        Expectation(
            anyone_of=tuple(each.person.pk for each in first.people),
            within=int(after.total_seconds()),
            never_empty=not found.amiss,
        )
    )
