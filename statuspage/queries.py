"""Reads that span models: the picture of a page, and which pages an incident shows on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Exists, ExpressionWrapper, Max, OuterRef, Q, QuerySet
from django.urls import reverse

from catalog.models import Service
from incidents.models import CLOSED, Incident, Update
from lib.text import clean, one_line
from statuspage.ids import public_id
from statuspage.models import Component, StatusPage
from statuspage.picture import Frame, Picture, PublicComponent, PublicIncident, PublicUpdate, worst

MOST_INCIDENTS = 200
"""How many incidents a render looks at, open ones first; older ones' pages stay as last rendered."""


def public_incidents(services: Iterable[int] | QuerySet[Service, Any]) -> QuerySet[Incident]:
    """Incidents of the services that customers were told of. Drills never are."""
    told = Update.objects.public().filter(incident=OuterRef("pk"))
    return Incident.objects.filter(Exists(told), service__in=services, is_drill=False)


def pages_showing(incident_ids: Collection[int]) -> QuerySet[StatusPage]:
    """Pages on which one of them stands. One small query for those that customers know nothing of, nearly all."""
    told = Update.objects.public().filter(incident__in=incident_ids, incident__is_drill=False)
    if not told.exists():
        return StatusPage.objects.none()
    return StatusPage.objects.filter(components__services__incidents__in=incident_ids).distinct()


def picture(page: StatusPage, *, now: datetime) -> Picture:
    """The page at `now`, in four queries."""
    rows = list(page.components.all())
    mapped = _components_by_service(page)
    incidents = tuple(_incidents(page, mapped))
    components = tuple(_component(page, row, incidents) for row in rows)
    moments = [
        page.updated_at,
        *(component.updated_at for component in components),
        *(incident.changed_at for incident in incidents),
    ]
    return Picture(frame(page), max(moments), components, incidents, now)


def frame(page: StatusPage) -> Frame:
    """What every file of the page shares, with the page's absolute address."""
    return Frame(
        id=public_id(page.id_key, "page", page.pk),
        name=one_line(page.name, 80),
        slug=page.slug,
        url=settings.SITE_URL + reverse("statuspage:public", args=[page.slug]),
        headline=clean(page.headline, 5000),
        support_url=page.support_url,
        time_zone=page.time_zone,
    )


def incident_public_id(page: StatusPage, incident_id: int) -> str:
    """The id under which the page shows the incident; it stays for ever."""
    return public_id(page.id_key, "incident", incident_id)


def public_incident_ids(page: StatusPage) -> set[str]:
    """Public ids of every incident that the page may show, however old."""
    services = Service.objects.filter(components__page=page).values("id")
    ids = public_incidents(services).values_list("id", flat=True)
    return {incident_public_id(page, incident_id) for incident_id in ids}


def _components_by_service(page: StatusPage) -> dict[int, list[int]]:
    mapped: defaultdict[int, list[int]] = defaultdict(list)
    for component_id, service_id in page.components.values_list("id", "services"):
        if service_id is not None:
            mapped[service_id].append(component_id)
    return mapped


def _incidents(page: StatusPage, mapped: dict[int, list[int]]) -> list[PublicIncident]:
    """Open ones first, then by when customers were last told of them."""
    told = Max("updates__created_at", filter=Q(updates__is_public=True))
    is_closed = ExpressionWrapper(Q(state__in=CLOSED), output_field=BooleanField())
    rows = list(
        public_incidents(mapped)
        .only("id", "title", "service_id", "started_at", "closed_at")
        .annotate(told_at=told)
        .order_by(is_closed, "-told_at", "-id")[:MOST_INCIDENTS]
    )
    updates: defaultdict[int, list[Update]] = defaultdict(list)
    for update in (
        Update.objects.public().filter(incident__in=[row.pk for row in rows]).order_by("created_at", "id")
    ):
        updates[update.incident_id].append(update)
    found = [_incident(page, row, updates[row.pk], mapped[row.service_id]) for row in rows]
    return sorted(found, key=lambda incident: (incident.is_open, incident.changed_at), reverse=True)


def _incident(
    page: StatusPage, row: Incident, updates: list[Update], component_ids: list[int]
) -> PublicIncident:
    return PublicIncident(
        id=incident_public_id(page, row.pk),
        title=one_line(row.title, 300),
        started_at=row.started_at,
        closed_at=row.closed_at,
        component_ids=tuple(public_id(page.id_key, "component", pk) for pk in component_ids),
        updates=tuple(_update(page, update) for update in updates),
    )


def _update(page: StatusPage, update: Update) -> PublicUpdate:
    return PublicUpdate(
        id=public_id(page.id_key, "update", update.pk),
        phase=update.phase,
        impact=update.impact,
        body=clean(update.body, 20_000),
        at=update.created_at,
    )


def _component(page: StatusPage, row: Component, incidents: tuple[PublicIncident, ...]) -> PublicComponent:
    key = public_id(page.id_key, "component", row.pk)
    touching = [incident for incident in incidents if key in incident.component_ids]
    return PublicComponent(
        id=key,
        name=one_line(row.name, 80),
        description=one_line(row.description, 300),
        group=one_line(row.group, 80),
        status=row.status_override or worst(incident.status for incident in touching),
        override=row.status_override,
        created_at=row.created_at,
        updated_at=max([row.updated_at, *(incident.changed_at for incident in touching)]),
    )


@dataclass(frozen=True, slots=True)
class Showing:
    """Where an incident stands, or would stand, in public; `read` is what customers read now, if anything."""

    page: StatusPage
    components: list[Component]
    path: str
    read: Update | None


def showings(incident: Incident) -> list[Showing]:
    """Pages whose components stand for the incident's service; nothing for a drill. Two queries."""
    if incident.is_drill:
        return []
    components = Component.objects.filter(services=incident.service_id).select_related("page")
    by_page: defaultdict[StatusPage, list[Component]] = defaultdict(list)
    for component in components.order_by("page__name", "position", "id"):
        by_page[component.page].append(component)
    read = incident.updates.public().order_by("-created_at", "-id").first() if by_page else None
    return [Showing(page, found, _path(page, incident, read), read) for page, found in by_page.items()]


def _path(page: StatusPage, incident: Incident, read: Update | None) -> str:
    if read is None:
        return reverse("statuspage:public", args=[page.slug])
    return reverse("statuspage:incident", args=[page.slug, incident_public_id(page, incident.pk)])
