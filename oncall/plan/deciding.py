"""The decision at each due time of an escalation.

A plan never ends in silence: after its last step, or when none of its steps has anybody, the fallback is paged, and
again each `fallback_every`, until somebody stops it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lib.intervals import instant
from oncall import conditions
from oncall.conditions import UNKNOWN, Condition, Facts, Otherwise
from oncall.plan.values import (
    HOLD_AT_MOST,
    HOLD_FOR,
    Decision,
    OnEmpty,
    Paged,
    Plan,
    Position,
    Skipped,
    Target,
    TargetKind,
    Who,
    after,
    first_fallback,
    is_fallback,
    normal,
)

ZoneOf = Callable[[int], str]


def _utc(person: int) -> str:
    return "UTC"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision depends on beside the plan: the moment, the incident, the people's own zones by their ids, and
    since when the step that is due has been held, if it has."""

    now: datetime
    who: Who
    facts: Facts = UNKNOWN
    zone_of: ZoneOf = _utc
    held_since: datetime | None = None


def decide(
    plan: Plan,
    position: Position,
    now: datetime,
    who: Who,
    facts: Facts = UNKNOWN,
    zone_of: ZoneOf = _utc,
    held_since: datetime | None = None,
) -> Decision:
    """What a due time at `position` brings. `who` gives the people of a target at this moment.

    Steps that page nobody are passed over within one decision; a whole cycle of them falls back. A position behind the
    last step of a cycle (the plan was shortened) is the start of the next.
    """
    here = Circumstances(instant(now), who, facts, zone_of, held_since)
    place, skipped = normal(plan, position), list[Skipped]()
    for _ in plan.steps:
        if is_fallback(plan, place):
            break
        pages, skip, opens = _look(plan, place, here)
        if pages:
            due = here.now + plan.steps[place.step].delay
            return Decision("step", place, pages, after(plan, place), due, tuple(skipped))
        skipped.append(skip)
        stopped = _stop(plan, place, here, tuple(skipped), opens)
        if stopped:
            return stopped
        place = after(plan, place)
    place = place if is_fallback(plan, place) else first_fallback(plan)
    return _fall_back(plan, place, here.now + plan.fallback_every, here, tuple(skipped))


def _look(
    plan: Plan, place: Position, here: Circumstances
) -> tuple[tuple[Paged, ...], Skipped, datetime | None]:
    """Whom the step pages now; if nobody, why, and when its hours begin if they are to be waited for."""
    step = plan.steps[place.step]
    condition = step.condition
    misfit = conditions.misfit(condition, here.facts)
    if misfit:
        return (), Skipped(place, "condition", misfit), None
    pages = _resolve(plan, step.targets, place, here)
    if condition.zone and not conditions.is_open(condition, here.now, condition.zone):
        return (), *_outside(place, condition, [condition.zone], here.now)
    if not pages:
        return (), Skipped(place, "nobody" if step.targets else "no_targets"), None
    zones = {each.person: condition.zone or here.zone_of(each.person) for each in pages}
    present = tuple(each for each in pages if conditions.is_open(condition, here.now, zones[each.person]))
    if present:
        return present, Skipped(place, "nobody"), None
    return (), *_outside(place, condition, list(zones.values()), here.now)


def _outside(
    place: Position, condition: Condition, zones: list[str], now: datetime
) -> tuple[Skipped, datetime | None]:
    """Why nobody is paged at this hour, and when the hours begin if they are to be waited for."""
    openings = [opens for zone in zones if (opens := conditions.next_opening(condition, now, zone))]
    waits = condition.otherwise == Otherwise.WAIT and openings
    return Skipped(place, "hours", conditions.hours(condition)), min(openings) if waits else None


def _stop(
    plan: Plan,
    place: Position,
    here: Circumstances,
    skipped: tuple[Skipped, ...],
    opens: datetime | None,
) -> Decision | None:
    """The decision that a step without anybody to page brings, or None to go on to the next."""
    if opens is not None:
        return Decision("wait", place, (), place, opens, skipped)
    step = plan.steps[place.step]
    if skipped[-1].reason in ("condition", "hours"):
        return None
    # A step without targets will never have anybody: to hold it would be silence until the hour is over.
    if plan.on_empty == OnEmpty.HOLD and step.targets:
        if here.held_since is None or here.now - here.held_since < HOLD_AT_MOST:
            return Decision("hold", place, (), place, here.now + HOLD_FOR, skipped)
        return _fall_back(plan, place, here.now + step.delay, here, skipped)
    if plan.on_empty == OnEmpty.FALLBACK:
        return _fall_back(plan, place, here.now + step.delay, here, skipped)
    return None


def _fall_back(
    plan: Plan, place: Position, next_due: datetime, here: Circumstances, skipped: tuple[Skipped, ...]
) -> Decision:
    pages = _resolve(plan, plan.fallback, place, here)
    return Decision("fallback", place, pages, after(plan, place), next_due, skipped)


def _resolve(
    plan: Plan, targets: tuple[Target, ...], place: Position, here: Circumstances
) -> tuple[Paged, ...]:
    found: dict[int, list[Target]] = {}
    for target in targets:
        for person in _people(plan, target, place, here):
            reasons = found.setdefault(person, [])
            if target not in reasons:
                reasons.append(target)
    return tuple(Paged(person, tuple(reasons)) for person, reasons in found.items())


def _people(plan: Plan, target: Target, place: Position, here: Circumstances) -> tuple[int, ...]:
    """Everybody of the target; of one that takes turns the next, another in each cycle."""
    people = here.who(target)
    if target.kind != TargetKind.ROUND_ROBIN or not people:
        return people
    turn = dict(plan.dealt).get(target.id, 0) + place.cycle
    return (people[turn % len(people)],)
