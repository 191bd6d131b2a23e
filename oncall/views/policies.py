"""Escalation policies: what happens if nobody answers."""

from __future__ import annotations

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
from accounts.models import Team
from lib import panels
from oncall import access, actions
from oncall.drafts import Refused
from oncall.forms import PolicyEditor
from oncall.forms.policies import as_typed
from oncall.ladders import ladders
from oncall.models import EscalationPolicy
from oncall.plan_rows import plan_from, plan_of
from oncall.policy_review import Proposal, review
from oncall.revisions import last_change
from oncall.views.reading import chosen_team, reader_zone

PER_PAGE = 50


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
        "rows": ladders(page.object_list, timezone.now()),
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
    (ladder,) = ladders([subject], timezone.now(), ends=True)
    context = {
        "policy": subject,
        "ladder": ladder,
        "rounds": ladder.plan.repeats + 1,
        "fallback_every": ladder.plan.fallback_every,
        "last_change": last_change(subject, request.user),
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
    """All of it, also when each step applies; what a change does for whom is shown before it is saved."""
    subject = access.changeable_policy(request.user, pk)
    return _editor(request, subject, {"policy": subject})


@login_required
@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """The policy becomes what it was before its last change."""
    subject = access.changeable_policy(request.user, pk)
    number = request.POST.get("number", "")
    try:
        actions.undo_policy_change(
            actor=request.user,
            now=timezone.now(),
            policy=subject,
            number=int(number) if number.isdecimal() and len(number) < 10 else None,
        )
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The last change was undone."))
    return redirect("oncall:policy", pk=pk)


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
        last = last_change(subject, request.user) if subject else None
        return _form(request, PolicyEditor(**options), last_change=last)
    command = request.POST.get("do", "save")
    editor = PolicyEditor(
        as_typed(request.POST, command, options.get("teams"), request.user.time_zone), **options
    )
    if command not in ("save", "review"):
        editor.hush()
        return _form(request, editor)
    answer = None
    if editor.is_valid():
        if subject and command == "review":
            answer = _reviewed(request, editor, subject)
        else:
            answer = _saved(request, editor, subject)
    return answer or _form(request, editor, status=422 if request.htmx else 200)


def _form(request: PersonRequest, editor: PolicyEditor, *, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "oncall/policy_form.html", {"editor": editor, **more}, status=status)


def _reviewed(request: PersonRequest, editor: PolicyEditor, subject: EscalationPolicy) -> HttpResponse | None:
    """What the change does for whom, before it is saved; nothing is stored. None when it would be refused."""
    values, now = editor.values(), timezone.now()
    try:
        is_change = actions.rehearse_policy(
            actor=request.user, now=now, policy=subject, team=subject.team, **values
        )
    except Refused as refused:
        editor.refuse(refused)
        return None
    after = plan_from(
        values["steps"], values["fallback_people"], values["repeats"], values["on_empty"], values["binding"]
    )
    context = {
        "editor": editor,
        "policy": subject,
        "is_change": is_change,
        "review": review(subject, plan_of(subject), after, now, reader_zone()),
        "typed": [
            (key, value)
            for key, found in request.POST.lists()
            if key not in ("csrfmiddlewaretoken", "do")
            for value in found
        ],
        "panels": panels.filled("policy-review", Proposal(subject, after), request.user),
    }
    return render(request, "oncall/policy_review.html", context)


def _saved(
    request: PersonRequest, editor: PolicyEditor, subject: EscalationPolicy | None
) -> HttpResponse | None:
    """The way to what was saved, or None when it was refused."""
    team = subject.team if subject else editor.form.cleaned_data["team"]
    try:
        saved = actions.save_policy(
            actor=request.user, now=timezone.now(), policy=subject, team=team, **editor.values()
        )
    except Refused as refused:
        editor.refuse(refused)
        return None
    messages.success(request, _("Saved."))
    return redirect("oncall:policy", pk=saved.pk)
