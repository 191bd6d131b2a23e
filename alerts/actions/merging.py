"""Incidents that are one, and one that is two: by hand, and for services whose parent turns out to be down. The alerts
go along."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.directory import Directory, reached
from alerts.models import Alert
from alerts.wording import named, urgency_of
from catalog.models import Service
from incidents.actions import merging as incidents
from incidents.actions.merging import CannotMerge
from incidents.actions.timeline import NoSuchIncident, lock_all
from incidents.models import Incident, State
from incidents.queries.joining import says_down, unanswered

__all__ = ["CannotMerge", "CannotSplit", "NoSuchIncident", "gather_children", "merge", "split"]

# What opened on a child so shortly before its parent is taken for the same trouble.
SHORTLY = timedelta(minutes=5)


class CannotSplit(ValueError):
    """These alerts cannot go; the message is for the person who chose them."""


@transaction.atomic
def merge(
    *, into_id: int, other_ids: Collection[int], actor: User | None, now: datetime, why: str = ""
) -> Incident:
    """The alerts of the others go over into `into`, and the others are over. Raises NoSuchIncident, CannotMerge,
    IllegalTransition."""
    _hold_alerts(other_ids)
    into = incidents.merge(into_id=into_id, other_ids=other_ids, actor=actor, now=now, why=why)
    Alert.objects.filter(incident__in=other_ids).update(incident=into)
    return into


@transaction.atomic
def split(
    *,
    incident_id: int,
    alert_ids: Collection[int],
    actor: User,
    now: datetime,
    title: str = "",
    page: bool = True,
) -> Incident:
    """These alerts of the incident become an incident of their own, named after the first if not otherwise; it pages
    unless `page` is false, then `actor` has it. Raises CannotSplit, NoSuchIncident, NotOpen."""
    there = _hold_alerts([incident_id])
    going = [alert for alert in there if alert.pk in alert_ids]
    if not going or len(going) < len(set(alert_ids)):
        raise CannotSplit(_("Choose at least one alert of this incident."))
    if len(going) == len(there):
        raise CannotSplit(_("At least one alert must stay. To close the incident, resolve or dismiss it."))
    part = incidents.split(
        incident_id=incident_id,
        service=_service_of(going[0]),
        title=title.strip() or going[0].summary,
        alerts=named("moved", going),
        urgency=urgency_of(going),
        started_at=min(alert.started_at for alert in going),
        actor=actor,
        now=now,
        page=page,
    )
    Alert.objects.filter(pk__in=[alert.pk for alert in going]).update(incident=part)
    return part


def gather_children(*, incident_ids: Collection[int], now: datetime) -> int:
    """These incidents say that a service is down: what opened shortly before on services that depend on it, and that
    nobody has answered, is merged into them. Returns how many were. Runs after the commit of what opened them: should
    a process die between, those children page on."""
    directory = Directory()
    # Asked once a service: a storm opens hundreds of incidents of one that nothing depends on.
    rows = Incident.objects.filter(pk__in=incident_ids).order_by("pk").values_list("pk", "service_id")
    found = dict(rows)
    asked = {service_id: _has_children(service_id, directory, now) for service_id in set(found.values())}
    return sum(_gather(key, directory, now) for key, service_id in found.items() if asked[service_id])


def _has_children(service_id: int, directory: Directory, now: datetime) -> bool:
    children = _joining(service_id, directory)
    return bool(children and unanswered(children, now - SHORTLY))


@transaction.atomic
def _gather(incident_id: int, directory: Directory, now: datetime) -> int:
    parent = Incident.objects.select_related("service").get(pk=incident_id)
    children = _joining(parent.service_id, directory)
    found = unanswered(children, now - SHORTLY) if children else []
    with_alerts = set(_hold_alerts_of(found, besides=incident_id))
    if not with_alerts:
        return 0
    held = lock_all({incident_id, *with_alerts})
    if not any(each.pk == incident_id and says_down(each) for each in held):
        return 0
    waiting = [each for each in held if each.pk != incident_id and each.state == State.TRIAGE]
    for service, group in groupby(
        sorted(waiting, key=lambda each: each.service_id), lambda each: each.service
    ):
        why = f"since {service.name} depends on {parent.service.name}, which is down"
        merge(into_id=incident_id, other_ids=[each.pk for each in group], actor=None, now=now, why=why)
    return len(waiting)


def _joining(service_id: int, directory: Directory) -> list[int]:
    """The services that depend on it, directly or not, and join what is above them."""
    below = [key for key, _steps in reached([service_id], directory.dependents)]
    if not below:
        return []
    return list(Service.objects.filter(pk__in=below, joins_parents=True).values_list("pk", flat=True))


def _hold_alerts_of(found: Collection[Incident], besides: int) -> list[int]:
    """Lock their alerts; the ids of those that have any."""
    held = _hold_alerts([each.pk for each in found if each.pk != besides])
    return [alert.incident_id for alert in held if alert.incident_id]


def _hold_alerts(incident_ids: Collection[int]) -> list[Alert]:
    """The alerts of incidents, locked before them and in the order of their ids, as everybody does."""
    rows = Alert.objects.select_for_update(no_key=True, of=("self",)).filter(incident__in=incident_ids)
    return list(rows.select_related("integration").order_by("pk"))


def _service_of(alert: Alert) -> Service:
    return Service.objects.get(pk=alert.service_id or alert.integration.service_id)
