"""What an escalation would do from a moment on if nobody answered: every due time until the fallback. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lib.intervals import instant
from oncall.conditions import UNKNOWN, Facts
from oncall.plan import Decision, Plan, Position, Target, ZoneOf, decide

MOST = 15_000
"""Due times that are looked at: twenty steps with nine repeats, each held for an hour, are twelve thousand."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens at a due time. A step that is held is told once, for the first of its looks."""

    at: datetime
    decision: Decision


def simulate(
    plan: Plan,
    start: datetime,
    who_at: Callable[[Target, datetime], tuple[int, ...]],
    facts: Facts = UNKNOWN,
    zone_of: ZoneOf = lambda person: "UTC",
) -> tuple[Moment, ...]:
    """The moments from `start` on, in order, until and with the first round of the fallback.

    `who_at` gives the people of a target at a moment (see `oncall.targets.Crew`); the plan is already `bound`.
    """
    at, position, held_since = instant(start), Position(), None
    moments: list[Moment] = []
    for _ in range(MOST):
        decision = decide(plan, position, at, _asker(who_at, at), facts, zone_of, held_since)
        if decision.kind != "hold" or held_since is None:
            moments.append(Moment(at, decision))
        if decision.kind == "fallback" and decision.position.cycle > plan.repeats:
            break
        held_since = (held_since or at) if decision.kind == "hold" else None
        at, position = decision.next_due, decision.next_position
    return tuple(moments)


def _asker(
    who_at: Callable[[Target, datetime], tuple[int, ...]], at: datetime
) -> Callable[[Target], tuple[int, ...]]:
    return lambda target: who_at(target, at)
