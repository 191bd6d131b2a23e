"""What stands around an incident: its people, its service's neighbours, what was changed before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from accounts.models import User
from catalog.models import Change, Service
from catalog.queries import Health, health_of
from incidents.models import Escalation, Incident, RoleAssignment, RoleName, Update
from lib.links import web_links

BEFORE = timedelta(minutes=60)
MOST_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Seat:
    """A role, and who holds it."""

    role: RoleName
    holder: User | None


@dataclass(frozen=True, slots=True)
class Before:
    """A change on the incident's service, or on one that it depends on."""

    change: Change
    lead: timedelta
    links: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The services that the incident's own depends on."""

    below: tuple[tuple[Service, Health], ...]


def found(number: int) -> Incident | None:
    """The incident with what every part of its page needs, None when it was never opened."""
    related = ("service__team", "service__policy", "acknowledged_by", "created_by")
    return Incident.objects.select_related(*related).defer("search").filter(pk=number).first()


def escalation_of(incident: Incident) -> Escalation | None:
    """Its timer; None when it was declared without paging."""
    return Escalation.objects.filter(incident=incident).first()


def seats(incident: Incident) -> list[Seat]:
    """Every role, taken or not."""
    assigned = RoleAssignment.objects.filter(incident=incident).select_related("user")
    holders = {each.role: each.user for each in assigned}
    return [Seat(role, holders.get(role.value)) for role in RoleName]


def neighbours(incident: Incident) -> Neighbours:
    """What the service depends on, each with its health."""
    below = list(incident.service.depends_on.live())
    health = health_of([each.pk for each in below]) if below else {}
    return Neighbours(tuple((each, health[each.pk]) for each in below))


def changes_before(incident: Incident, around: Neighbours) -> list[Before]:
    """What was changed on the service and on what it depends on in the hour before it began, newest first."""
    services = [incident.service_id, *(each.pk for each, _health in around.below)]
    changes = (
        Change.objects.filter(
            service_id__in=services,
            happened_at__gt=incident.started_at - BEFORE,
            happened_at__lte=incident.started_at,
        )
        .select_related("service")
        .defer("details")
    )[:MOST_CHANGES]
    return [
        Before(change, incident.started_at - change.happened_at, tuple(web_links(change.links)))
        for change in changes
    ]


def last_update(incident: Incident) -> Update | None:
    """What was said last about where it stands."""
    return Update.objects.filter(incident=incident).order_by("-id").first()
