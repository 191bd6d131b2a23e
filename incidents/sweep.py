"""The timers: claim escalations that are due and do their step.

A step is one transaction: the deliveries, the next due time and the timeline entry, or none of them. Claims skip what
another worker holds, so any number of workers may sweep. All reads are in bulk: the number of queries does not grow
with the number of escalations that are due.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.db import connection, transaction

from accounts.models import User
from incidents import messages, signals
from incidents.actions.timeline import append, lock_incidents
from incidents.models import Escalation, Incident
from incidents.turns import Turn, entries, facts_of
from notifications import lateness, measures
from notifications.actions.deliveries import build, enqueue
from notifications.models import ContactMethod, Delivery, DeliveryKind, LatenessKind
from notifications.recipients import NOW, due_at, last_resort, people, ways
from notifications.transports.base import Message
from oncall import plan as plans
from oncall.models import EscalationPolicy
from oncall.plan import Decision, Plan, Position, Target, TargetKind
from oncall.plan_rows import plan_of
from oncall.targets import crew_of

log = structlog.get_logger(__name__)

BATCH, LARGEST_BATCH = 50, 200
# Several workers look at once: each sees further than it takes, so that what one holds leaves the others work.
SIGHT = 4


def sweep(*, now: datetime, limit: int = BATCH) -> int:
    """Do the steps of up to `limit` escalations that are due; returns how many. Call again while it is `limit`.

    The look comes before the transaction and locks nothing: it is all that an idle worker does, four times a second,
    and one read of an index however many timers wait.
    """
    seen = list(Escalation.objects.due_ids(now)[: limit * SIGHT])
    return _step(seen, now, limit) if seen else 0


@transaction.atomic
def _step(seen: list[int], now: datetime, limit: int) -> int:
    """Claim those of `seen` that are still due and free, and do their steps."""
    free = Escalation.objects.due(now).filter(pk__in=seen)
    due = list(free.select_for_update(skip_locked=True, of=("self",))[:limit])
    if not due:
        return 0
    turns = _decide(due, now)
    enqueue(deliveries=[row for turn in turns for row in _deliveries(turn, now)])
    append([(turn.incident, entries(turn)) for turn in turns], now=now)
    _move_on(turns, now)
    signals.announce_all([turn.incident.pk for turn in turns], "escalation")
    transaction.on_commit(partial(_measure, turns, now))
    return len(due)


def _measure(turns: list[Turn], now: datetime) -> None:
    for turn in turns:
        due = turn.escalation.next_step_at
        measures.observe("step_lateness", (now - due).total_seconds())
        lateness.observe(
            LatenessKind.STEP,
            due=due,
            done=now,
            subject=messages.subject_of(turn.incident),
            what=f"step {turn.decision.position.step + 1} of {turn.escalation.policy_name}",
            cause="many timers at once" if len(turns) >= BATCH else "no worker swept",
        )


def _decide(due: list[Escalation], now: datetime) -> list[Turn]:
    places = _places(due)
    incidents = {incident.pk: incident for incident in lock_incidents([each.incident_id for each in due])}
    for each in due:
        plan, place = places[each.pk]
        places[each.pk] = plans.bound(plan, incidents[each.incident_id].service.team_id), place
    targets = {target for plan, _ in places.values() for target in plans.targets_of(plan)}
    asked = _Asked(targets, now)
    turns = [
        Turn(
            each,
            incidents[each.incident_id],
            places[each.pk][0],
            _decision(each, *places[each.pk], incidents, asked),
        )
        for each in due
    ]
    _name_people(turns, asked)
    return turns


class _Asked:
    """Who is meant by each target at `now`, read once for all escalations that are due."""

    def __init__(self, targets: Collection[Target], now: datetime) -> None:
        crew = crew_of(targets, now, now + timedelta.resolution)
        self.now = now
        self.on_call = {target: crew.who(target, now) for target in targets}
        self.shadows = {target: found for target in targets if (found := crew.shadows(target, now))}
        ids = [*self.on_call.values(), *self.shadows.values()]
        self.known = people({person for found in ids for person in found})

    def who(self, target: Target) -> tuple[int, ...]:
        """A person who cannot be reached counts as nobody, so that the policy's rule for empty steps applies."""
        return tuple(each for each in self.on_call.get(target, ()) if _has_method(self.known.get(each)))

    def zone_of(self, person: int) -> str:
        """The person's own zone."""
        return self.known[person].time_zone


def _places(due: list[Escalation]) -> dict[int, tuple[Plan, Position]]:
    """Each escalation's plan and what is due in it; of a live policy the plan as it is now."""
    read = {each.pk: (_read(each), Position(each.cycle, each.step), each.policy_id) for each in due}
    live = {policy_id for plan, _, policy_id in read.values() if plan.live and policy_id}
    policies = EscalationPolicy.objects.with_steps().in_bulk(live) if live else {}
    places: dict[int, tuple[Plan, Position]] = {}
    for key, (plan, place, policy_id) in read.items():
        if plan.live and policy_id in policies:
            fresh = replace(plan_of(policies[policy_id]), dealt=plan.dealt)
            plan, place = fresh, plans.carried(plan, fresh, place)
        places[key] = plan, place
    return places


def _read(escalation: Escalation) -> Plan:
    """The stored plan; one that cannot be read must not stop the others, nor end in silence: its fallback is nobody,
    so the admins are paged."""
    try:
        return plans.from_json(escalation.plan)
    except plans.InvalidPlan:
        log.exception("plan cannot be followed", escalation=escalation.pk)
        return Plan(())


def _decision(
    escalation: Escalation, plan: Plan, place: Position, incidents: Mapping[int, Incident], asked: _Asked
) -> Decision:
    facts = facts_of(incidents[escalation.incident_id])
    held_since = escalation.waiting_since
    return plans.decide(plan, place, asked.now, asked.who, facts, asked.zone_of, held_since)


def _has_method(user: User | None) -> bool:
    return user is not None and bool(getattr(user, "usable_methods", []))


def _name_people(turns: list[Turn], asked: _Asked) -> None:
    """Who is paged, who would be but has no method, who is told, and the admins where even the fallback has nobody."""
    admins: list[User] | None = None
    for turn in turns:
        turn.users = [asked.known[person] for person in turn.decision.people]
        turn.without_method = _unreachable(turn, asked)
        turn.shadows = _shadows(turn, asked)
        if turn.decision.kind == "fallback" and not turn.users:
            admins = _admins() if admins is None else admins
            turn.users = admins


def _unreachable(turn: Turn, asked: _Asked) -> list[User]:
    places = {skip.position for skip in turn.decision.skipped if skip.reason == "nobody"}
    if turn.decision.kind != "fallback":
        places.add(turn.decision.position)
    targets = [
        *(turn.plan.fallback if turn.decision.kind == "fallback" else ()),
        *_of_steps(turn, places),
    ]
    wanted = dict.fromkeys(person for target in targets for person in asked.on_call.get(target, ()))
    return [user for each in wanted if (user := asked.known.get(each)) and not _has_method(user)]


def _of_steps(turn: Turn, places: Collection[Position]) -> list[Target]:
    return [
        target
        for place in places
        if place.step < len(turn.plan.steps)
        for target in turn.plan.steps[place.step].targets
        if target.kind != TargetKind.ROUND_ROBIN
    ]


def _shadows(turn: Turn, asked: _Asked) -> list[User]:
    targets = {target for page in turn.decision.pages for target in page.targets}
    paged = set(turn.decision.people)
    wanted = sorted({each for target in targets for each in asked.shadows.get(target, ())} - paged)
    return [user for each in wanted if (user := asked.known.get(each)) and _has_method(user)]


def _admins() -> list[User]:
    ids = list(User.objects.admins().values_list("pk", flat=True))
    return list(people(ids).values())


def _deliveries(turn: Turn, now: datetime) -> list[Delivery]:
    rows: list[Delivery] = []
    for user in turn.users:
        also = tuple(str(other) for other in turn.users if other.pk != user.pk)
        rows += _to_person(turn, user, messages.page(turn.incident, _why(turn, also)), now)
    for user in turn.without_method:
        rows += _instead_of(turn, user, messages.page(turn.incident, _why(turn)), now)
    rows += [_to_shadow(turn, user, now) for user in turn.shadows]
    return rows


def _round(turn: Turn) -> str:
    """The part of a key that names this step: what was paged before in this run is counted, since the steps of a
    live policy may move."""
    return f"{turn.escalation.pk}:{turn.escalation.run}:{turn.escalation.rounds + 1}"


def _to_shadow(turn: Turn, user: User, now: datetime) -> Delivery:
    """A notice by the first of their ways, which asks nothing of them."""
    way = ways(user, turn.incident.urgency)[0]
    group = f"shadow:{_round(turn)}:{user.pk}"
    return build(
        method=way.method,
        key=group,
        group=group,
        kind=DeliveryKind.NOTICE,
        subject=messages.subject_of(turn.incident),
        message=messages.shadowed(turn.incident, tuple(str(other) for other in turn.users)),
        now=now,
        due_at=now,
        reason=_reason(turn, user),
    )


def _to_person(turn: Turn, user: User, message: Message, now: datetime) -> list[Delivery]:
    """A row for each of the person's methods, due as their rules say; the installation's fallback or else the account's
    address as the last resort."""
    group = f"esc:{_round(turn)}:{user.pk}"
    found = ways(user, turn.incident.urgency)
    if not found and (rows := _instead_of(turn, user, message, now)):
        return rows
    chosen: list[tuple[ContactMethod | None, timedelta]] = [(way.method, way.delay) for way in found] or [
        (None, NOW)
    ]
    return [
        build(
            method=method,
            key=f"{group}:{method.pk if method else 'account'}:{int(delay.total_seconds())}",
            group=group,
            kind=DeliveryKind.PAGE,
            subject=messages.subject_of(turn.incident),
            message=message,
            now=now,
            due_at=(due := due_at(user, turn.incident.urgency, now, delay)),
            reason=_reason(turn, user) | ({"quiet_until": due.isoformat()} if due > now + delay else {}),
            user_id=user.pk,
            address=user.email,
        )
        for method, delay in chosen
    ]


def _instead_of(turn: Turn, user: User, message: Message, now: datetime) -> list[Delivery]:
    """The page of somebody without a usable method, to where the installation wants it; nobody is waited for there."""
    where = last_resort()
    if where is None:
        return []
    group = f"esc:{_round(turn)}:{user.pk}"
    return [
        build(
            method=None,
            key=f"{group}:fallback",
            group=group,
            kind=DeliveryKind.PAGE,
            subject=messages.subject_of(turn.incident),
            message=message,
            now=now,
            due_at=now,
            reason={**_reason(turn, user), "fallback": True},
            user_id=user.pk,
            **where,
        )
    ]


def _why(turn: Turn, also: tuple[str, ...] = ()) -> messages.Why:
    place = turn.decision.position
    return messages.Why(
        policy=turn.escalation.policy_name,
        kind=turn.decision.kind,
        step=place.step + 1,
        steps=len(turn.plan.steps),
        cycle=place.cycle + 1,
        also=also,
    )


def _reason(turn: Turn, user: User) -> dict[str, Any]:
    """Why this person, and by which name they went: what the ledger shows beside the page, also years later."""
    place = turn.decision.position
    targets = [page.targets for page in turn.decision.pages if page.person == user.pk]
    return {
        "name": str(user),
        "policy": turn.escalation.policy_name,
        "kind": turn.decision.kind,
        "cycle": place.cycle + 1,
        "step": place.step + 1,
        "targets": [{"kind": str(target.kind), "id": target.id} for found in targets for target in found],
    }


MOVE_ON = """
    UPDATE incidents_escalation e
    SET cycle = v.cycle, step = v.step, next_step_at = v.due, paged = v.paged, rounds = e.rounds + v.paging,
        waiting = v.waiting, waiting_since = CASE WHEN v.held THEN COALESCE(e.waiting_since, %s) END
    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::timestamptz[], %s::jsonb[], %s::int[], %s::text[], %s::bool[])
        AS v(id, cycle, step, due, paged, paging, waiting, held)
    WHERE e.id = v.id
"""


def _move_on(turns: list[Turn], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE_ON,
            [
                now,
                [turn.escalation.pk for turn in turns],
                [turn.decision.next_position.cycle for turn in turns],
                [turn.decision.next_position.step for turn in turns],
                [turn.decision.next_due for turn in turns],
                [json.dumps(_paged_so_far(turn)) for turn in turns],
                [int(turn.decision.kind in ("step", "fallback")) for turn in turns],
                [turn.waiting for turn in turns],
                [turn.decision.kind == "hold" for turn in turns],
            ],
        )
    _keep_changed_plans(turns)


def _keep_changed_plans(turns: list[Turn]) -> None:
    """A live plan as it was followed now, since the next position counts in it."""
    changed = [turn.escalation for turn in turns if turn.plan.live and _took_over(turn)]
    if changed:
        Escalation.objects.bulk_update(changed, ["plan"])


def _took_over(turn: Turn) -> bool:
    plan = plans.to_json(turn.plan)
    differs = plan != turn.escalation.plan
    turn.escalation.plan = plan
    return differs


def _paged_so_far(turn: Turn) -> list[int]:
    return sorted({*turn.escalation.paged, *(user.pk for user in turn.users)})
