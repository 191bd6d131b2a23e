"""Escalation policies: what happens if nobody answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest
from accounts.models import Team, User
from lib import panels
from oncall import access, actions
from oncall.drafts import Refused
from oncall.forms import PolicyEditor
from oncall.forms.policies import as_typed
from oncall.models import EscalationPolicy, Schedule
from oncall.plan import Plan, Target, TargetKind, horizon
from oncall.plan_rows import plan_of
from oncall.targets import resolve_targets
from oncall.views.reading import chosen_team

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: how long after the first page, and who stands on it today."""

    after: timedelta
    targets: tuple[tuple[User | Schedule, tuple[User, ...]], ...]


@login_required
@require_safe
def policies(request: PersonRequest) -> HttpResponse:
    """Every policy with its steps in short."""
    found = EscalationPolicy.objects.with_steps().order_by("team__name", "name")
    teams = Team.objects.filter(policies__isnull=False).distinct()
    team = chosen_team(request, teams)
    page = Paginator(found.filter(team=team) if team else found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _ladders(page.object_list, timezone.now()),
        "teams": teams,
        "team": team,
        "may_make": Team.objects.changeable_by(request.user).exists(),
    }
    return render(request, "oncall/policies.html", context)


@login_required
@require_safe
def policy(request: PersonRequest, pk: int) -> HttpResponse:
    """The ladder with minutes on the rungs and today's names on them, and who uses it."""
    subject = get_object_or_404(EscalationPolicy.objects.with_steps(), pk=pk)
    ((_policy, rungs, plan),) = _ladders([subject], timezone.now())
    context = {
        "policy": subject,
        "rungs": rungs,
        "rounds": plan.repeats + 1,
        "end": horizon(plan),
        "round": horizon(plan) / (plan.repeats + 1),
        "fallback_every": plan.fallback_every,
        "panels": panels.filled("policy", subject, request.user),
        "may_change": access.may_change(request.user, subject),
    }
    return render(request, "oncall/policy.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """A manager or an admin makes a policy."""
    return _editor(request, None, {"teams": access.changeable_teams(request.user)})


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """Steps, repeats and the fallback; what is escalating already goes on as it began."""
    subject = access.changeable_policy(request.user, pk)
    return _editor(request, subject, {"policy": subject})


@login_required
@require_POST
def delete(request: PersonRequest, pk: int) -> HttpResponse:
    """The policy goes, unless a service uses it."""
    subject = access.changeable_policy(request.user, pk)
    try:
        actions.delete_policy(actor=request.user, now=timezone.now(), policy=subject)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("oncall:policy", pk=pk)
    messages.success(request, _("%(name)s was deleted.") % {"name": subject.name})
    return redirect("oncall:policies")


def _editor(
    request: PersonRequest, subject: EscalationPolicy | None, options: dict[str, Any]
) -> HttpResponse:
    if request.method != "POST":
        return render(request, "oncall/policy_form.html", {"editor": PolicyEditor(**options)})
    command = request.POST.get("do", "save")
    editor = PolicyEditor(as_typed(request.POST, command), **options)
    if command != "save":
        editor.hush()
        return render(request, "oncall/policy_form.html", {"editor": editor})
    saved = _saved(request, editor, subject) if editor.is_valid() else None
    if saved:
        messages.success(request, _("Saved."))
        return redirect("oncall:policy", pk=saved.pk)
    return render(request, "oncall/policy_form.html", {"editor": editor}, status=422 if request.htmx else 200)


def _saved(
    request: PersonRequest, editor: PolicyEditor, subject: EscalationPolicy | None
) -> EscalationPolicy | None:
    team = subject.team if subject else editor.form.cleaned_data["team"]
    try:
        return actions.save_policy(
            actor=request.user, now=timezone.now(), policy=subject, team=team, **editor.values()
        )
    except Refused as refused:
        editor.refuse(refused)
        return None


def _ladders(
    found: Iterable[EscalationPolicy], at: datetime
) -> list[tuple[EscalationPolicy, list[Rung], Plan]]:
    """Each policy with its rungs, all names from a fixed number of queries."""
    plans = [(policy, plan_of(policy)) for policy in found]
    targets = {target for _, plan in plans for step in plan.steps for target in step.targets}
    who = resolve_targets(targets, at)
    people = User.objects.in_bulk(
        {each for ids in who.values() for each in ids} | _ids(targets, TargetKind.USER)
    )
    schedules = Schedule.objects.in_bulk(_ids(targets, TargetKind.SCHEDULE))
    return [(policy, _rungs(plan, who, people, schedules), plan) for policy, plan in plans]


def _ids(targets: Iterable[Target], kind: TargetKind) -> set[int]:
    return {target.id for target in targets if target.kind == kind}


def _rungs(
    plan: Plan,
    who: dict[Target, tuple[int, ...]],
    people: dict[int, User],
    schedules: dict[int, Schedule],
) -> list[Rung]:
    rungs, after = [], timedelta(0)
    for step in plan.steps:
        named = tuple(
            (
                people[target.id] if target.kind == TargetKind.USER else schedules[target.id],
                tuple(people[each] for each in who[target]),
            )
            for target in step.targets
        )
        rungs.append(Rung(after, named))
        after += step.delay
    return rungs
