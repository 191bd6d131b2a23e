"""The timers: claim escalations that are due and do their step.

A step is one transaction: the deliveries, the next due time and the timeline entry, or none of them. Claims skip what
another worker holds, so any number of workers may sweep. All reads are in bulk: the number of queries does not grow
with the number of escalations that are due.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from incidents import messages, signals
from incidents.actions.timeline import Entry, append, lock_incidents
from incidents.models import EntryKind, Escalation, Incident
from notifications import measures
from notifications.actions.deliveries import build, enqueue
from notifications.models import ContactMethod, Delivery, DeliveryKind
from notifications.recipients import NOW, people, ways
from notifications.transports.base import Message
from oncall import plan as plans
from oncall.plan import Decision, Plan, Position, Skipped, Target
from oncall.queries import resolve_targets

BATCH = 50


@dataclass(slots=True)
class Turn:
    """One escalation at its due time, with what was decided for it."""

    escalation: Escalation
    incident: Incident
    plan: Plan
    decision: Decision
    users: list[User] = field(default_factory=list)
    without_method: list[User] = field(default_factory=list)


@transaction.atomic
def sweep(*, now: datetime, limit: int = BATCH) -> int:
    """Do the steps of up to `limit` escalations that are due; returns how many. Call again while it is `limit`."""
    due = list(Escalation.objects.due(now).select_for_update(skip_locked=True, of=("self",))[:limit])
    if not due:
        return 0
    turns = _decide(due, now)
    enqueue(deliveries=[row for turn in turns for row in _deliveries(turn, now)])
    append([(turn.incident, _entries(turn)) for turn in turns], now=now)
    _move_on(turns)
    signals.announce_all([turn.incident.pk for turn in turns], "escalation")
    lateness = [(now - turn.escalation.next_step_at).total_seconds() for turn in turns]
    transaction.on_commit(partial(_measure, lateness))
    return len(due)


def _measure(lateness: list[float]) -> None:
    for seconds in lateness:
        measures.observe("step_lateness", seconds)


def _decide(due: list[Escalation], now: datetime) -> list[Turn]:
    read = {escalation.pk: plans.from_json(escalation.plan) for escalation in due}
    incidents = {incident.pk: incident for incident in lock_incidents([each.incident_id for each in due])}
    on_call = resolve_targets({target for plan in read.values() for target in _targets(plan)}, now)
    known = people({person for ids in on_call.values() for person in ids})
    turns = [
        Turn(
            each,
            incidents[each.incident_id],
            read[each.pk],
            _decision(each, read[each.pk], now, on_call, known),
        )
        for each in due
    ]
    _name_people(turns, on_call, known)
    return turns


def _targets(plan: Plan) -> set[Target]:
    return {target for step in plan.steps for target in step.targets} | set(plan.fallback)


def _decision(
    escalation: Escalation,
    plan: Plan,
    now: datetime,
    on_call: Mapping[Target, tuple[int, ...]],
    known: Mapping[int, User],
) -> Decision:
    """A person who cannot be reached counts as nobody here, so that the policy's rule for empty steps applies."""

    def who(target: Target) -> tuple[int, ...]:
        return tuple(person for person in on_call.get(target, ()) if _has_method(known.get(person)))

    return plans.decide(plan, Position(escalation.cycle, escalation.step), now, who)


def _has_method(user: User | None) -> bool:
    return user is not None and bool(getattr(user, "usable_methods", []))


def _name_people(
    turns: list[Turn], on_call: Mapping[Target, tuple[int, ...]], known: Mapping[int, User]
) -> None:
    """Who is paged, who would be but has no method, and the admins where even the fallback has nobody."""
    admins: list[User] | None = None
    for turn in turns:
        turn.users = [known[person] for person in turn.decision.people]
        turn.without_method = _unreachable(turn, on_call, known)
        if turn.decision.kind == "fallback" and not turn.users:
            admins = _admins() if admins is None else admins
            turn.users = admins


def _unreachable(
    turn: Turn, on_call: Mapping[Target, tuple[int, ...]], known: Mapping[int, User]
) -> list[User]:
    places = {turn.decision.position, *(skip.position for skip in turn.decision.skipped)}
    targets = [
        t
        for place in places
        if place.step < len(turn.plan.steps)
        for t in turn.plan.steps[place.step].targets
    ]
    wanted = dict.fromkeys(person for target in targets for person in on_call.get(target, ()))
    return [known[person] for person in wanted if person in known and not _has_method(known[person])]


def _admins() -> list[User]:
    ids = list(User.objects.admins().values_list("pk", flat=True))
    return list(people(ids).values())


def _deliveries(turn: Turn, now: datetime) -> list[Delivery]:
    rows: list[Delivery] = []
    for user in turn.users:
        also = tuple(str(other) for other in turn.users if other.pk != user.pk)
        rows += _to_person(turn, user, messages.page(turn.incident, _why(turn, also)), now)
    return rows


def _to_person(turn: Turn, user: User, message: Message, now: datetime) -> list[Delivery]:
    """A row for each of the person's methods, due as their rules say; the account's address as the last resort."""
    escalation, place = turn.escalation, turn.decision.position
    group = f"esc:{escalation.pk}:{escalation.run}:{place.cycle}:{place.step}:{user.pk}"
    found = ways(user, turn.incident.urgency)
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
            due_at=now + delay,
            reason=_reason(turn, user),
            user_id=user.pk,
            address=user.email,
        )
        for method, delay in chosen
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
    """Why this person: what the ledger shows beside the page."""
    place = turn.decision.position
    targets = [page.targets for page in turn.decision.pages if page.person == user.pk]
    return {
        "policy": turn.escalation.policy_name,
        "kind": turn.decision.kind,
        "cycle": place.cycle + 1,
        "step": place.step + 1,
        "targets": [{"kind": str(target.kind), "id": target.id} for found in targets for target in found],
    }


def _entries(turn: Turn) -> list[Entry]:
    """What the timeline says of this step: who was passed over and why, then who is paged."""
    entries = [
        Entry(
            EntryKind.ESCALATION,
            f"{user} could not be paged: no verified contact method",
            data={"user": user.pk},
        )
        for user in turn.without_method
    ]
    entries += [
        Entry(
            EntryKind.ESCALATION,
            _skipped(turn, skip),
            data={"step": skip.position.step + 1, "reason": skip.reason},
        )
        for skip in turn.decision.skipped
    ]
    if turn.users:
        entries.append(Entry(EntryKind.PAGED, _paged(turn), data=_paged_data(turn)))
    elif turn.decision.kind == "fallback":
        entries.append(Entry(EntryKind.ESCALATION, "Nobody is left to page: there is no admin either"))
    return entries


def _skipped(turn: Turn, skip: Skipped) -> str:
    what = "nobody on call" if skip.reason == "nobody" else "nobody named"
    stays = turn.decision.kind == "hold" and skip == turn.decision.skipped[-1]
    return f"Step {skip.position.step + 1}: {what}, " + (
        "held until there is" if stays else "passed over at once"
    )


def _paged(turn: Turn) -> str:
    names = ", ".join(str(user) for user in turn.users)
    place = turn.decision.position
    if turn.decision.kind == "fallback":
        return f"Paged {names} as the fallback of policy {turn.escalation.policy_name}"
    again = f", round {place.cycle + 1}" if place.cycle else ""
    step = f"step {place.step + 1} of {len(turn.plan.steps)}{again}"
    return f"Paged {names} by {step}, policy {turn.escalation.policy_name}"


def _paged_data(turn: Turn) -> dict[str, Any]:
    place = turn.decision.position
    return {
        "users": [user.pk for user in turn.users],
        "kind": turn.decision.kind,
        "cycle": place.cycle + 1,
        "step": place.step + 1,
        "policy": turn.escalation.policy_name,
    }


MOVE_ON = """
    UPDATE incidents_escalation e
    SET cycle = v.cycle, step = v.step, next_step_at = v.due, paged = v.paged
    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::timestamptz[], %s::jsonb[]) AS v(id, cycle, step, due, paged)
    WHERE e.id = v.id
"""


def _move_on(turns: list[Turn]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE_ON,
            [
                [turn.escalation.pk for turn in turns],
                [turn.decision.next_position.cycle for turn in turns],
                [turn.decision.next_position.step for turn in turns],
                [turn.decision.next_due for turn in turns],
                [json.dumps(_paged_so_far(turn)) for turn in turns],
            ],
        )


def _paged_so_far(turn: Turn) -> list[int]:
    return sorted({*turn.escalation.paged, *(user.pk for user in turn.users)})
