"""What was changed around the time at which an incident began, on its service and on everything that it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import DurationField, F, Value
from django.db.models.functions import Greatest

from catalog.dependencies import Beneath, beneath
from catalog.models import Change, Service
from incidents.models import Incident
from lib.links import web_links

BEFORE = timedelta(minutes=60)
# A roll-back an hour into it matters; what came days later does not.
AFTER = timedelta(hours=6)
MOST = 30


@dataclass(frozen=True, slots=True)
class Around:
    """A change near the beginning. `lead` is how long before it, negative for one that came after; `steps` and `via`
    say how far below the incident's service it was made (see catalog.dependencies)."""

    change: Change
    lead: timedelta
    links: tuple[dict[str, str], ...]
    steps: int
    via: Service | None

    @property
    def distance(self) -> timedelta:
        return abs(self.lead)

    @property
    def is_after(self) -> bool:
        return self.lead < timedelta()


def changes_around(incident: Incident) -> tuple[list[Around], list[Around]]:
    """What was changed in the hour before it began, and while it was open, both nearest to the beginning first."""
    places, start = beneath(incident.service_id), incident.started_at
    after, before = F("happened_at") - Value(start), Value(start) - F("happened_at")
    found = list(
        Change.objects.filter(
            service_id__in=places, happened_at__gt=start - BEFORE, happened_at__lte=_last(incident)
        )
        .select_related("service")
        .defer("details")
        .order_by(Greatest(after, before, output_field=DurationField()), "-id")[:MOST]
    )
    vias = _vias(found, places)
    shown = [_around(change, start, places[change.service_id], vias) for change in found]
    return [each for each in shown if not each.is_after], [each for each in shown if each.is_after]


def _last(incident: Incident) -> datetime:
    horizon = incident.started_at + AFTER
    return min(incident.closed_at, horizon) if incident.closed_at else horizon


def _vias(found: list[Change], places: dict[int, Beneath]) -> dict[int, Service]:
    wanted = {via for change in found if (via := places[change.service_id].via)}
    return Service.objects.in_bulk(wanted) if wanted else {}


def _around(change: Change, start: datetime, place: Beneath, vias: dict[int, Service]) -> Around:
    via = vias.get(place.via) if place.via else None
    return Around(change, start - change.happened_at, tuple(web_links(change.links)), place.steps, via)
