"""Who may read, start and stop drills. To all others there is no such drill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import Membership, Team, User
from oncall.access import may_speak_for
from oncall.models import Drill, DrillPerson, DrillPlan, EscalationPolicy

if TYPE_CHECKING:
    from django.db.models import QuerySet


def readable_drills(user: User) -> QuerySet[Drill]:
    """Those of the policies of one's teams, those of oneself and of people whom one manages, those that one is in or
    has started; admins read all. Viewers read none: it is about people."""
    found = Drill.objects.select_related("policy__team", "user", "created_by")
    if not user.can_respond:
        return found.none()
    if user.is_admin:
        return found
    is_in = DrillPerson.objects.filter(drill=OuterRef("pk"), user=user)
    return found.filter(
        Q(policy__team__in=Team.objects.filter(memberships__user=user))
        | Q(user=user)
        | Q(created_by=user)
        | Q(user__in=_managed(user))
        | Exists(is_in)
    )


def readable_drill(user: User, pk: int) -> Drill:
    """The drill, if `user` may read it; else 404."""
    return get_object_or_404(readable_drills(user), pk=pk)


def may_stop(user: User, drill: Drill) -> bool:
    """Whoever could start it; managers of the policy's team, the person themselves, and admins."""
    return may_drill(user, drill.policy, drill.user) or (user.is_admin and user.can_respond)


def stoppable_drill(user: User, pk: int) -> Drill:
    """The drill, if `user` may stop it; else 404."""
    drill = readable_drill(user, pk)
    if not may_stop(user, drill):
        raise Http404
    return drill


def may_drill(user: User, policy: EscalationPolicy | None, person: User | None) -> bool:
    """A policy: managers of its team, and admins. A person: themselves, managers of a team of theirs, and admins."""
    if not user.can_respond:
        return False
    if policy is not None:
        return Team.objects.changeable_by(user).filter(pk=policy.team_id).exists()
    return person is not None and may_speak_for(user, person)


def drillable_policies(user: User) -> QuerySet[EscalationPolicy]:
    """Those that `user` may drill."""
    return EscalationPolicy.objects.changeable_by(user).select_related("team").order_by("team__name", "name")


def drillable_people(user: User) -> QuerySet[User]:
    """Oneself and those whom one manages; for admins everybody who can respond."""
    responders: QuerySet[User] = User.objects.responders().order_by("name", "id")
    if not user.can_respond:
        return responders.none()
    if user.is_admin:
        return responders
    return responders.filter(Q(pk=user.pk) | Q(pk__in=_managed(user)))


def changeable_plans(user: User) -> QuerySet[DrillPlan]:
    """The plans of what `user` may drill."""
    found = DrillPlan.objects.select_related("policy__team", "user", "created_by")
    return found.filter(Q(policy__in=drillable_policies(user)) | Q(user__in=drillable_people(user)))


def changeable_plan(user: User, pk: int) -> DrillPlan:
    """The plan, if `user` may drill what it is of; else 404."""
    return get_object_or_404(changeable_plans(user), pk=pk)


def responder(user: User) -> User:
    """Somebody who can be drilled; viewers find no such page."""
    if not user.can_respond:
        raise Http404
    return user


def _managed(user: User) -> QuerySet[Membership, int]:
    teams = Team.objects.changeable_by(user)
    return Membership.objects.filter(team__in=teams).values_list("user_id", flat=True)
