"""Asking for help by hand: an incident in triage that pages a service's people, or one person before them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import Opening, open_for_alerts
from incidents.models import Escalation, Incident
from lib.text import one_line
from notifications.models import Urgency
from oncall import plan as plans
from oncall.plan import Step, Target, TargetKind

PATIENCE = timedelta(minutes=5)


class NoService(Exception):
    """Nothing that the person looks after says whom to page after them."""


@transaction.atomic
def page_service(*, actor: User, service: Service, why: str, now: datetime) -> Incident:
    """Whoever is on call for the service is paged, as by an alert."""
    return _opened(actor, service, why, _("Paged by %(name)s") % {"name": actor}, now)


@transaction.atomic
def page_person(*, actor: User, person: User, why: str, now: datetime) -> Incident:
    """`person` is paged; when they do not answer, the policy of a service of theirs goes on after five minutes.

    The service is the most critical of their teams. Raises NoService where there is none.
    """
    service = service_of(person)
    if service is None:
        raise NoService
    said = _("%(name)s pages %(person)s") % {"name": actor, "person": person}
    incident = _opened(actor, service, why, said, now)
    escalation = Escalation.objects.get(incident=incident)
    plan = plans.from_json(escalation.plan)
    first = Step(PATIENCE, (Target(TargetKind.USER, person.pk),))
    Escalation.objects.filter(pk=escalation.pk).update(
        policy=None,
        policy_name=one_line(f"{person}, {escalation.policy_name}", 80),
        plan=plans.to_json(replace(plan, steps=(first, *plan.steps), live=False)),
    )
    return incident


def service_of(person: User) -> Service | None:
    """The most critical service of the person's teams."""
    found = Service.objects.live().filter(team__in=person.teams.all()).order_by("tier", "name")
    return found.select_related("team", "policy").first()


def _opened(actor: User, service: Service, why: str, said: str, now: datetime) -> Incident:
    opening = Opening(
        service=service,
        title=why,
        summary="",
        urgency=Urgency.HIGH,
        source="person",
        started_at=now,
        entry=f"{said}: {why}",
        data={"user": actor.pk},
    )
    [incident] = open_for_alerts(openings=[opening], now=now)
    Incident.objects.filter(pk=incident.pk).update(created_by=actor)
    return incident
