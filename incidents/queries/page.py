"""What stands around an incident: its people, its service's neighbours."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import User
from catalog.models import Service
from catalog.queries import Health, health_of
from incidents.models import Escalation, Incident, RoleAssignment, RoleName, Update


@dataclass(frozen=True, slots=True)
class Seat:
    """A role, and who holds it."""

    role: RoleName
    holder: User | None


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


def last_update(incident: Incident) -> Update | None:
    """What was said last about where it stands."""
    return Update.objects.filter(incident=incident).order_by("-id").first()
