"""Reads about services: their health as the apps above know it, and who is paged for them now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from catalog.models import Service
from oncall.conditions import Facts
from oncall.models import EscalationPolicy
from oncall.plan import Plan, Position, Target, bound, decide, targets_of
from oncall.plan_rows import plan_of
from oncall.targets import resolve_targets

OPERATIONAL = "operational"


@dataclass(frozen=True, slots=True)
class Health:
    """How a service is: the number of open incidents on it, and the worst of their states."""

    open_count: int = 0
    worst_state: str = OPERATIONAL


HealthSource = Callable[[Collection[int]], Mapping[int, tuple[int, str]]]


def _nobody_knows(service_ids: Collection[int]) -> Mapping[int, tuple[int, str]]:
    return {}


_sources: list[HealthSource] = [_nobody_knows]


def register_health(source: HealthSource) -> None:
    """Incidents live above and may not be imported here: they say in their `AppConfig.ready()` how services
    are. `source(service_ids)` gives `(open_count, worst_state)` for services that have an open incident, in a
    fixed number of queries; `worst_state` is a word that `{% state %}` knows, such as "major_outage".
    """
    _sources[0] = source


def health_of(service_ids: Collection[int]) -> dict[int, Health]:
    """The health of each service; one of which nothing is known is operational."""
    found = _sources[0](service_ids)
    return {key: Health(*found[key]) if key in found else Health() for key in service_ids}


def on_call_for(services: Iterable[Service], at: datetime) -> dict[int, tuple[User, ...]]:
    """Whom an incident on each service would page first at that moment, by the service's id.

    In a fixed number of queries; the fallback where no step has anybody, nobody where that is empty too.
    """
    listed = list(services)
    policies = EscalationPolicy.objects.with_steps().in_bulk({service.policy_id for service in listed})
    read = {key: plan_of(policy) for key, policy in policies.items()}
    plans = {each.pk: bound(read[each.policy_id], each.team_id) for each in listed}
    who = resolve_targets({target for plan in plans.values() for target in targets_of(plan)}, at)
    people: dict[int, User] = User.objects.in_bulk({each for ids in who.values() for each in ids})
    return {
        each.pk: tuple(
            people[person]
            for person in _first_paged(
                plans[each.pk], Facts(tier=each.tier, owner=each.team_id), at, who, people
            )
        )
        for each in listed
    }


def _first_paged(
    plan: Plan,
    facts: Facts,
    at: datetime,
    who: Mapping[Target, tuple[int, ...]],
    people: Mapping[int, User],
) -> tuple[int, ...]:
    return decide(
        plan, Position(), at, who.__getitem__, facts, lambda person: people[person].time_zone
    ).people
