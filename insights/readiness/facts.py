"""What the readiness report is made of, read for the whole installation in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Max, Q

from accounts.models import Membership, User
from catalog.models import Service
from notifications.models import Circuit
from notifications.recipients import people
from oncall import plan as plans
from oncall.models import DrillPerson, EscalationPolicy, ReachState, Schedule, Slot
from oncall.plan import Plan, Target, TargetKind
from oncall.plan_rows import plan_of
from oncall.reports.reading import Covered, cover_report
from oncall.targets import resolve_targets

GAPS_AHEAD = 4
DRILLED_WITHIN = timedelta(days=90)
LOOKED_BACK = 40


@dataclass(frozen=True, slots=True)
class Last:
    """How the last page, test or drill to a method ended, looking back over a person's last messages."""

    method: int
    state: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Used:
    """A policy that services use. `plans` are its plan as those services' teams fill it in; `people` whom each target
    means now."""

    policy: EscalationPolicy
    services: tuple[Service, ...]
    plans: tuple[Plan, ...]
    people: Mapping[Target, tuple[int, ...]]

    def of_step(self, number: int) -> set[int]:
        """Whom the step pages now, for any service."""
        targets = {target for plan in self.plans for target in plan.steps[number].targets}
        return {person for target in targets for person in self.people.get(target, ())}

    @property
    def fallback(self) -> set[int]:
        return {person for target in self.plans[0].fallback for person in self.people.get(target, ())}


@dataclass(frozen=True, slots=True)
class Facts:
    """`people` are those who are in a schedule, a policy or a team, with their usable methods. `answered` is when
    each answered a drill last, `missed` who was in one and did not."""

    now: datetime
    people: Mapping[int, User]
    lasts: Mapping[int, tuple[Last, ...]]
    answered: Mapping[int, datetime]
    missed: frozenset[int]
    policies: tuple[Used, ...]
    cover: tuple[Covered, ...]
    circuits: tuple[Circuit, ...]


def read(now: datetime) -> Facts:
    """All of it, as it stands at `now`."""
    used = _policies(now)
    known = people(_whose(used, now))
    known = {key: user for key, user in known.items() if user.can_respond}
    missed = Count("pk", filter=Q(state=ReachState.MISSED))
    drilled = DrillPerson.objects.filter(user__in=known).order_by().values("user")
    rows = list(drilled.annotate(last=Max("reached_at"), missed=missed))
    return Facts(
        now=now,
        people=known,
        lasts=_lasts(known),
        answered={row["user"]: row["last"] for row in rows if row["last"]},
        missed=frozenset(row["user"] for row in rows if row["missed"]),
        policies=used,
        cover=cover_report(_schedules(used), now, GAPS_AHEAD).missing,
        circuits=tuple(Circuit.objects.open()),
    )


def _policies(now: datetime) -> tuple[Used, ...]:
    """Those that services use, by name."""
    services: defaultdict[int, list[Service]] = defaultdict(list)
    for service in Service.objects.live().order_by("tier", "name", "id"):
        services[service.policy_id].append(service)
    rows = EscalationPolicy.objects.with_steps().filter(pk__in=services).order_by("name", "id")
    filled = {policy: _filled(policy, services[policy.pk]) for policy in rows}
    targets = {target for each in filled.values() for plan in each for target in plans.targets_of(plan)}
    found = resolve_targets(targets, now) if targets else {}
    return tuple(
        Used(policy, tuple(services[policy.pk]), plans_of, found) for policy, plans_of in filled.items()
    )


def _filled(policy: EscalationPolicy, services: Collection[Service]) -> tuple[Plan, ...]:
    plan = plan_of(policy)
    return tuple(dict.fromkeys(plans.bound(plan, service.team_id) for service in services))


def _schedules(used: Collection[Used]) -> list[Schedule]:
    """Those whose hours a policy in use depends on; one that is paged in turn has no gaps."""
    wanted = {
        target.id
        for each in used
        for target in each.people
        if target.kind in plans.SCHEDULES and target.kind != TargetKind.ROUND_ROBIN
    }
    return list(Schedule.objects.filter(pk__in=wanted).select_related("team").order_by("name", "id"))


def _whose(used: Collection[Used], now: datetime) -> set[int]:
    """Who is in a schedule as it is now, in a team, or named by a policy."""
    named = {person for each in used for found in each.people.values() for person in found}
    in_force = Q(layer__ends_at=None) | Q(layer__ends_at__gt=now)
    in_schedules = Slot.objects.filter(in_force, layer__replaced_at=None)
    in_policies = User.objects.filter(Q(step_targets__isnull=False) | Q(fallback_of__isnull=False))
    rows = (
        in_schedules.order_by()
        .values_list("user_id")
        .union(Membership.objects.order_by().values_list("user_id"), in_policies.order_by().values_list("pk"))
    )
    return named | {row[0] for row in rows}


LASTS = """
    SELECT person, method_id, state, outcome FROM unnest(%(people)s::bigint[]) AS person CROSS JOIN LATERAL (
        SELECT id, kind, method_id, state, outcome FROM notifications_delivery
        WHERE user_id = person ORDER BY id DESC LIMIT %(back)s
    ) AS latest
    WHERE kind IN ('page', 'test', 'drill') AND method_id IS NOT NULL AND state IN ('sent', 'delivered', 'failed')
    ORDER BY latest.id DESC
"""


def _lasts(ids: Collection[int]) -> dict[int, tuple[Last, ...]]:
    """By person, for each method the newest message that came to an end."""
    with connection.cursor() as cursor:
        cursor.execute(LASTS, {"people": list(ids), "back": LOOKED_BACK})
        rows = cursor.fetchall()
    found: defaultdict[int, dict[int, Last]] = defaultdict(dict)
    for person, method, state, outcome in rows:
        found[person].setdefault(method, Last(method, state, outcome))
    return {person: tuple(each.values()) for person, each in found.items()}
