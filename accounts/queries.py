"""Reads about people and teams."""

from __future__ import annotations

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.models import ApiToken, Membership, Team, TeamRole, User


def people(text: str = "", *, gone: bool = False) -> QuerySet[User]:
    """People by name with their memberships; those who left only when asked for."""
    everybody: QuerySet[User] = User.objects.matching(text) if text else User.objects.all()
    memberships = Prefetch("memberships", Membership.objects.select_related("team"))
    return everybody.filter(is_active=not gone).prefetch_related(memberships)


def teams() -> QuerySet[Team]:
    """Teams with `people` (how many are in it) and `managers` (who manage it, active ones)."""
    managing = Membership.objects.filter(role=TeamRole.MANAGER, user__is_active=True).select_related("user")
    return (
        Team.objects.annotate(people=Count("memberships", filter=Q(memberships__user__is_active=True)))
        .order_by("name")
        .prefetch_related(Prefetch("memberships", managing, to_attr="managers"))
    )


def tokens_of(person: User) -> QuerySet[ApiToken]:
    """The person's tokens that are not revoked, newest first."""
    return ApiToken.objects.filter(user=person, revoked_at=None)


def tokens_of_others(person: User) -> QuerySet[ApiToken]:
    """What an admin oversees: everybody else's tokens that are not revoked."""
    return ApiToken.objects.filter(revoked_at=None).exclude(user=person).select_related("user")
