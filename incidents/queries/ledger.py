"""Who was paged about an incident, how, when, with what answer; and who is next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from accounts.models import User
from incidents.messages import subject_of
from incidents.models import Escalation, EscalationState, Incident
from incidents.turns import facts_of
from notifications.ledger.lines import visible_address
from notifications.models import Attempt, Delivery, DeliveryKind
from notifications.queries import title_of
from oncall import plan as plans
from oncall.plan import Position
from oncall.targets import resolve_targets

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery. `address` is empty for a reader whom it does not concern: some addresses are secrets."""

    delivery: Delivery
    attempts: tuple[Attempt, ...]
    title: str | Promise
    address: str
    step: int
    cycle: int
    policy: str
    is_fallback: bool

    @property
    def turn(self) -> tuple[str, bool, int, int]:
        """Deliveries of one turn of an escalation share it."""
        return (self.policy, self.is_fallback, self.cycle, self.step)


@dataclass(frozen=True, slots=True)
class NextTurn:
    """What the escalation does at its next due time, as things stand: whom it pages."""

    at: datetime
    people: tuple[User, ...]
    kind: str
    step: int
    steps: int


def deliveries(incident: Incident) -> QuerySet[Delivery]:
    """Every message about the incident, the newest first, without what was written in it."""
    return (
        Delivery.objects.about(subject_of(incident))
        .select_related("user")
        .prefetch_related("attempts")
        .defer("message")
        .order_by("-id")
    )


def shown(delivery: Delivery, reader: User) -> Sent:
    """The delivery as `reader` may see it."""
    reason: dict[str, Any] = delivery.reason
    may_see = reader.is_admin or delivery.user_id == reader.pk
    return Sent(
        delivery,
        tuple(delivery.attempts.all()),
        title_of(delivery.transport),
        visible_address(delivery) if may_see else "",
        int(reason.get("step", 0)),
        int(reason.get("cycle", 0)),
        str(reason.get("policy", "")),
        reason.get("kind") == "fallback",
    )


def people_paged(incident: Incident, *, besides: User | None = None) -> list[User]:
    """Whom a page about the incident was handed over for, in the order of their first one."""
    rows = (
        Delivery.objects.about(subject_of(incident))
        .filter(kind=DeliveryKind.PAGE, sent_at__isnull=False, user__isnull=False)
        .select_related("user")
        .defer("message", "reason")
        .order_by("id")
    )
    found = {row.user.pk: row.user for row in rows if row.user and row.user != besides}
    return list(found.values())


def next_turn(escalation: Escalation | None) -> NextTurn | None:
    """Whom a running escalation pages next, by who is on call then; None when it does not run."""
    if escalation is None or escalation.state != EscalationState.RUNNING:
        return None
    incident, due = escalation.incident, escalation.next_step_at
    plan = plans.bound(plans.from_json(escalation.plan), incident.service.team_id)
    who = resolve_targets(plans.targets_of(plan), due)
    zones = dict(
        User.objects.filter(pk__in={each for ids in who.values() for each in ids}).values_list(
            "pk", "time_zone"
        )
    )
    place = Position(escalation.cycle, escalation.step)
    decision = plans.decide(
        plan, place, due, who.__getitem__, facts_of(incident), zones.__getitem__, escalation.waiting_since
    )
    people: dict[int, User] = User.objects.in_bulk(decision.people)
    return NextTurn(
        due,
        tuple(people[each] for each in decision.people if each in people),
        decision.kind,
        decision.position.step + 1,
        len(plan.steps),
    )
