"""Who may change what about being on call; everybody signed in may read all of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import Membership, Team, User
from oncall.models import Absence, CoverRequest, EscalationPolicy, Override, Schedule

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


def may_speak_for(actor: User, person: User) -> bool:
    """Oneself, the managers of a team that the person is in, and admins: for time off and requests for cover."""
    if not actor.can_respond:
        return False
    if actor.pk == person.pk or actor.is_admin:
        return True
    return person.memberships.filter(team__in=Team.objects.changeable_by(actor)).exists()


def spoken_for(actor: User, people: Iterable[User]) -> frozenset[int]:
    """The ids of those for whom `actor` may speak, in two queries at most."""
    asked = {person.pk for person in people}
    if not actor.can_respond or not asked:
        return frozenset()
    if actor.is_admin:
        return frozenset(asked)
    teams = Team.objects.changeable_by(actor)
    found = Membership.objects.filter(user__in=asked, team__in=teams).values_list("user_id", flat=True)
    return frozenset(found) | (asked & {actor.pk})


def may_take(user: User, request: CoverRequest) -> bool:
    """Whoever is asked; when nobody is named, all who may override the schedule. Never who asks."""
    if user.pk == request.asker_id or not may_override(user, request.schedule):
        return False
    return request.asked_id in (None, user.pk)


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


def person_to_speak_for(user: User, pk: int) -> User:
    """The person, if `user` may enter time off and ask for cover in their name; else 404."""
    person = get_object_or_404(User, pk=pk)
    if not may_speak_for(user, person):
        raise Http404
    return person


def changeable_absence(user: User, pk: int) -> Absence:
    """An absence that was not withdrawn, of somebody for whom `user` may speak; else 404."""
    found = Absence.objects.filter(withdrawn_at=None).select_related("user", "feed")
    absence = get_object_or_404(found, pk=pk)
    if not may_speak_for(user, absence.user):
        raise Http404
    return absence


def readable_cover(user: User, pk: int) -> CoverRequest:
    """A request for cover: for its two sides, those who may take it, the schedule's team and admins; else 404."""
    found = CoverRequest.objects.select_related("schedule__team", "asker", "asked", "taken_by", "override")
    request = get_object_or_404(found, pk=pk)
    sides = (request.asker_id, request.asked_id, request.taken_by_id)
    if user.pk in sides or may_override(user, request.schedule) or may_speak_for(user, request.asker):
        return request
    raise Http404
