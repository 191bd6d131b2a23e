"""Who may change what about being on call; everybody signed in may read all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import Membership, Team, User
from oncall.models import EscalationPolicy, Override, Schedule

if TYPE_CHECKING:
    from django.db.models import QuerySet


def may_override(user: User, schedule: Schedule) -> bool:
    """Responders of the schedule's team, its managers, and admins may take over shifts and give them away."""
    return user.can_respond and (
        user.is_admin or Membership.objects.filter(team=schedule.team_id, user=user).exists()
    )


def may_change(user: User, subject: Schedule | EscalationPolicy) -> bool:
    """Managers of the owning team, and admins."""
    return Team.objects.changeable_by(user).filter(pk=subject.team_id).exists()


def changeable_teams(user: User) -> QuerySet[Team]:
    """The teams for which `user` may make schedules and policies; 404 when there is none."""
    teams = Team.objects.changeable_by(user)
    if not teams.exists():
        raise Http404
    return teams


def changeable_schedule(user: User, pk: int) -> Schedule:
    """The schedule, if `user` may change it; else 404."""
    return get_object_or_404(Schedule.objects.changeable_by(user).select_related("team"), pk=pk)


def changeable_policy(user: User, pk: int) -> EscalationPolicy:
    """The policy, if `user` may change it; else 404."""
    return get_object_or_404(EscalationPolicy.objects.changeable_by(user).with_steps(), pk=pk)


def overridable_schedule(user: User, pk: int) -> Schedule:
    """The schedule, if `user` may override it; else 404."""
    schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=pk)
    if not may_override(user, schedule):
        raise Http404
    return schedule


def withdrawable_override(user: User, schedule_pk: int, pk: int) -> Override:
    """An override of a schedule that `user` may override; else 404."""
    found = Override.objects.select_related("schedule__team", "user")
    return get_object_or_404(found, pk=pk, schedule=overridable_schedule(user, schedule_pk))
