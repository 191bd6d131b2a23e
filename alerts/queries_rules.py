"""Reads about routes and mutes: which there are, who may change them, what they hold back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from accounts.models import Team, User
from alerts.deciding import open_mutes
from alerts.directory import Directory
from alerts.matching import DETAILS, FIELDS, LABELS, TIME
from alerts.models import Alert, AlertState, Integration, Mute, Route
from catalog.models import Service

RECENT_ALERTS = 100
MOST_FIELDS = 60


def routes_readable() -> QuerySet[Route]:
    """Everybody who is signed in reads."""
    return Route.objects.select_related("integration__service__team", "service__team")


def routes_changeable_by(user: User) -> QuerySet[Route]:
    """Those of integrations that `user` may change; for an admin also those that hold for all."""
    own = Q(integration__in=Integration.objects.changeable_by(user))
    return routes_readable().filter(own | Q(integration=None) if user.is_admin else own)


def own_routes(integration: Integration | None) -> list[Route]:
    """Those of one integration, or those for all, in their order."""
    return list(routes_readable().filter(integration=integration).order_by("position", "id"))


def integrations_with_routes() -> QuerySet[Integration]:
    """Those that have routes of their own, with how many are in use (`in_use`) and how many there are (`total`)."""
    return (
        Integration.objects.filter(routes__isnull=False)
        .select_related("service__team")
        .annotate(total=Count("routes"), in_use=Count("routes", filter=Q(routes__is_enabled=True)))
    )


def field_names(integration: Integration | None) -> list[str]:
    """What conditions may be about: the fields that every alert has, then the labels and details of recent ones."""
    rows = Alert.objects.order_by("-pk")
    if integration is not None:
        rows = rows.filter(integration=integration)
    found: dict[str, None] = {}
    for labels, details in rows.values_list("labels", "details")[:RECENT_ALERTS]:
        found |= dict.fromkeys(f"{LABELS}{name}" for name in sorted(labels))
        found |= dict.fromkeys(f"{DETAILS}{name}" for name in sorted(details))
    return [*FIELDS, TIME, *list(found)[:MOST_FIELDS]]


def teams_muting(user: User) -> QuerySet[Team]:
    """Whose services `user` may mute: all for an admin, else those of their teams where they may respond."""
    if user.is_admin:
        return Team.objects.all()
    return Team.objects.of(user) if user.can_respond else Team.objects.none()


def mutes_readable() -> QuerySet[Mute]:
    """With how many alerts that fire each holds back now (`held`)."""
    held = Q(alerts__incident=None) & ~Q(alerts__state=AlertState.RESOLVED)
    return (
        Mute.objects.select_related("team", "created_by", "ended_by")
        .prefetch_related("services")
        .annotate(held=Count("alerts", filter=held, distinct=True))
    )


def mutes_changeable_by(user: User) -> QuerySet[Mute]:
    """Those of their teams, and those that they made; all for an admin."""
    if user.is_admin:
        return mutes_readable()
    if not user.can_respond:
        return mutes_readable().none()
    return mutes_readable().filter(Q(team__in=teams_muting(user)) | Q(created_by=user))


def held_by(mute: Mute) -> QuerySet[Alert]:
    """What fires and stands without an incident because of it, the newest first."""
    rows = Alert.objects.open().filter(mute=mute, incident=None)
    return rows.select_related("integration", "service").order_by("-pk")


def covering(service: Service, now: datetime) -> list[Mute]:
    """The mutes of this moment that cover a service, all its alerts or some."""
    directory = Directory()
    return [
        mute
        for mute, services in open_mutes(now)
        if services and service.pk in _covered(mute, services, directory)
    ]


def _covered(mute: Mute, services: Iterable[int], directory: Directory) -> frozenset[int]:
    return directory.with_dependents(list(services)) if mute.with_dependents else frozenset(services)
