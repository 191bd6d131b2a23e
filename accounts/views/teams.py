"""Teams, their members, and the managers who may change them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions, queries
from accounts.access import PersonRequest, require_admin
from accounts.forms import MemberForm, MemberRoleForm, TeamForm
from accounts.models import Membership, Team, TeamRole
from lib import panels


@login_required
@require_safe
def teams(request: PersonRequest) -> HttpResponse:
    """All teams; mine are marked."""
    mine = set(Team.objects.of(request.user).values_list("pk", flat=True))
    return render(request, "accounts/teams.html", {"teams": queries.teams(), "mine": mine})


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """An admin makes a team."""
    actor = require_admin(request)
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_team(actor=actor, now=timezone.now(), **form.cleaned_data)
        except actions.NameTaken:
            form.add_error("name", _("There is a team of this name."))
        else:
            return redirect("accounts:team", slug=made.slug)
    return render(request, "accounts/team_form.html", {"form": form})


@login_required
@require_safe
def team(request: PersonRequest, slug: str) -> HttpResponse:
    """One team: who is in it, and for those who may, how to change that."""
    return _page(request, get_object_or_404(Team, slug=slug))


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, slug: str) -> HttpResponse:
    """Name and description; the address of the page stays."""
    subject = _changeable(request, slug)
    form = TeamForm(request.POST or None, team=subject)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_team(actor=request.user, team=subject, now=timezone.now(), **form.cleaned_data)
        except actions.NameTaken:
            form.add_error("name", _("There is a team of this name."))
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:team", slug=slug)
    context = {"form": form, "team": subject}
    return render(request, "accounts/team_form.html", context)


@login_required
@require_POST
def member_add(request: PersonRequest, slug: str) -> HttpResponse:
    """Somebody joins."""
    subject = _changeable(request, slug)
    form = MemberForm(request.POST, team=subject)
    if not form.is_valid():
        return _page(request, subject, form)
    actions.set_member(actor=request.user, team=subject, now=timezone.now(), **form.cleaned_data)
    messages.success(request, _("%(name)s is in the team now.") % {"name": form.cleaned_data["user"]})
    return redirect("accounts:team", slug=slug)


@login_required
@require_POST
def member_role(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """A member becomes a manager, or the other way round."""
    membership = _member(request, slug, pk)
    form = MemberRoleForm(request.POST)
    if form.is_valid():
        actions.set_member(
            actor=request.user,
            team=membership.team,
            user=membership.user,
            now=timezone.now(),
            **form.cleaned_data,
        )
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Choose member or manager."))
    return redirect("accounts:team", slug=slug)


@login_required
@require_POST
def member_remove(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Somebody leaves the team; they can be added again at once, so nothing is asked."""
    membership = _member(request, slug, pk)
    actions.remove_member(actor=request.user, team=membership.team, user=membership.user, now=timezone.now())
    messages.success(request, _("%(name)s is not in the team any more.") % {"name": membership.user})
    return redirect("accounts:team", slug=slug)


def _changeable(request: PersonRequest, slug: str) -> Team:
    return get_object_or_404(Team.objects.changeable_by(request.user), slug=slug)


def _member(request: PersonRequest, slug: str, pk: int) -> Membership:
    """The membership of the person `pk` in a team that the asker may change."""
    found = Membership.objects.select_related("team", "user")
    return get_object_or_404(found, team=_changeable(request, slug), user_id=pk)


def _page(request: PersonRequest, subject: Team, form: MemberForm | None = None) -> HttpResponse:
    may_change = Team.objects.changeable_by(request.user).filter(pk=subject.pk).exists()
    context = {
        "team": subject,
        "members": Membership.objects.filter(team=subject)
        .select_related("user")
        .order_by("role", "user__name"),
        "roles": TeamRole.choices,
        "may_change": may_change,
        "form": form or (MemberForm(team=subject) if may_change else None),
        "panels": panels.filled("team", subject, request.user),
    }
    return render(request, "accounts/team.html", context)
