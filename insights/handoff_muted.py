"""What is silent at a hand-off: mutes in force or ahead on the next shift, and pages that wait for their time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from alerts.directory import Directory, Place
from alerts.models import Mute
from alerts.mute_words import covers, repeats
from alerts.recurring import next_spans, spec_of
from incidents.models import Escalation
from lib.intervals import Interval

FURTHEST = timedelta(days=14)
"""So far ahead mutes are told, where a shift is longer."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A mute with the occurrence of a moment or the next one after it, and the services that it may cover."""

    mute: Mute
    covers: str
    repeats: str
    services: frozenset[int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why nobody is paged for an incident before `until`."""

    why: str
    until: datetime


def quiet(services: Collection[int], since: datetime, until: datetime) -> list[Quiet]:
    """The mutes that were there at some time between and may cover one of these services, in a fixed number of
    queries."""
    rows = Mute.objects.filter(Q(ended_at=None) | Q(ended_at__gt=since), created_at__lt=until)
    mutes = list(rows.prefetch_related("services").order_by("starts_at", "pk"))
    if not mutes:
        return []
    directory = Directory()
    places = {place.id: place for place in directory.places if place.id in services}
    found = [Quiet(mute, covers(mute), repeats(mute), _covered(mute, places, directory)) for mute in mutes]
    return [each for each in found if each.services]


def span_of(each: Quiet, at: datetime, shift: timedelta) -> Interval | None:
    """When it holds at `at` or within the shift that begins then; None where it does not, or was ended before."""
    mute = each.mute
    if mute.created_at >= at or (mute.ended_at is not None and mute.ended_at <= at):
        return None
    span = next(iter(next_spans(spec_of(mute), at, 1)), None)
    return span if span and span.start < at + min(shift, FURTHEST) else None


def waiting(incidents: Iterable[int]) -> dict[int, Waiting]:
    """Those for which the next page waits for something else than its turn, by the incident's number."""
    rows = Escalation.objects.running().filter(incident__in=list(incidents)).exclude(waiting="")
    return {
        number: Waiting(why, until)
        for number, why, until in rows.values_list("incident_id", "waiting", "next_step_at")
    }


def _covered(mute: Mute, places: Mapping[int, Place], directory: Directory) -> frozenset[int]:
    named = [each.pk for each in mute.services.all()]
    if named:
        reach = directory.with_dependents(named) if mute.with_dependents else frozenset(named)
        return reach & frozenset(places)
    return frozenset(key for key, place in places.items() if _may_cover(mute, place))


def _may_cover(mute: Mute, place: Place) -> bool:
    """Whether what it asks about the service itself holds; what else it asks is not known before an alert comes."""
    own = {"team": place.team, "service": place.slug}
    asked = [each for each in mute.matchers if each.get("op") == "=" and each.get("field") in own]
    return all(each.get("value") == own[each["field"]] for each in asked)
