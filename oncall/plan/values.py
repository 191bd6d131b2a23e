"""An escalation plan: steps in order, what is done with empty ones, and the fallback.

Positions only grow: cycles 0 to `repeats` are the steps, each later cycle is one round of the fallback.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from lib.intervals import instant
from oncall.conditions import ALWAYS, Condition

HOLD_FOR = timedelta(seconds=60)
HOLD_AT_MOST = timedelta(hours=1)
_LONGEST_WAIT = timedelta(days=365)
_MOST_REPEATS = 1000


class InvalidPlan(ValueError):
    """A plan that cannot be followed. `field` is what to correct, `message` says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class TargetKind(StrEnum):
    """What a target's id names."""

    USER = "user"
    SCHEDULE = "schedule"  # whoever is on call; the secondary where no primary is
    SECONDARY = "secondary"  # a schedule's secondary
    EVERYBODY = "everybody"  # a schedule's primary and secondary
    ROUND_ROBIN = "round_robin"  # one of a schedule's people, another for each escalation
    TEAM = "team"  # all of a team
    OWNER = "owner"  # all of the team that owns the service; its id is filled in by `bound`


SCHEDULES = frozenset(
    {TargetKind.SCHEDULE, TargetKind.SECONDARY, TargetKind.EVERYBODY, TargetKind.ROUND_ROBIN}
)
"""Kinds whose id is a schedule's."""


class OnEmpty(StrEnum):
    """What is done with a step whose targets have nobody."""

    SKIP = "skip"  # the next step at once
    HOLD = "hold"  # the same step again in a minute, for an hour; then as FALLBACK
    FALLBACK = "fallback"  # the fallback is paged in its place, then on after its delay


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody, or several, to page. Raises InvalidPlan."""

    kind: TargetKind
    id: int

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "kind", TargetKind(self.kind))
        except ValueError as error:
            raise InvalidPlan("targets", f"A target is one of {', '.join(TargetKind)}.") from error
        if not isinstance(self.id, int):
            raise InvalidPlan("targets", "A target's id is a number.")


@dataclass(frozen=True, slots=True)
class Step:
    """Everybody in `targets` is paged, if `condition` holds; `delay`, in whole seconds, is the wait after it. `uid`
    stays the same through changes of the policy. Raises InvalidPlan."""

    delay: timedelta
    targets: tuple[Target, ...]
    uid: str = ""
    condition: Condition = ALWAYS

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.delay <= _LONGEST_WAIT or self.delay.microseconds:
            raise InvalidPlan("delay", "A step's delay is whole seconds, from none to a year.")


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, gone through once and `repeats` times more, then the fallback. Raises InvalidPlan.

    `dealt` says for schedules that are paged in turn where this escalation begins: (schedule id, number). `live`: a
    change of the policy changes the escalations that run by it (`carried`).
    """

    steps: tuple[Step, ...]
    repeats: int = 0
    on_empty: OnEmpty = OnEmpty.SKIP
    fallback: tuple[Target, ...] = ()
    fallback_every: timedelta = timedelta(minutes=30)
    dealt: tuple[tuple[int, int], ...] = ()
    live: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.repeats <= _MOST_REPEATS:
            raise InvalidPlan("repeats", f"The steps are repeated 0 to {_MOST_REPEATS} times.")
        try:
            object.__setattr__(self, "on_empty", OnEmpty(self.on_empty))
        except ValueError as error:
            raise InvalidPlan("on_empty", "An empty step is skipped, held, or falls back.") from error
        if not timedelta(0) < self.fallback_every <= _LONGEST_WAIT or self.fallback_every.microseconds:
            raise InvalidPlan("fallback_every", "The fallback repeats after whole seconds, at most a year.")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where an escalation stands; both count from 0."""

    cycle: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True)
class Paged:
    """A person to page, and all the targets that led to them, in the step's order."""

    person: int
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A step that pages nobody now: its targets resolved to nobody, it has none, it is not for such an incident, or
    it is outside its hours. `detail` says the last two in words."""

    position: Position
    reason: Literal["nobody", "no_targets", "condition", "hours"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now and when to ask again.

    `kind`: "step" pages the people of the step at `position`; "fallback" pages the fallback, and with nobody
    in `pages` the caller pages the installation's admins; "hold" pages nobody and asks the same step again soon,
    "wait" when its hours begin. `skipped` has the steps that page nobody, in order; the one that is held, that waits,
    or that the fallback stands in for, is its last.
    """

    kind: Literal["step", "fallback", "hold", "wait"]
    position: Position
    pages: tuple[Paged, ...]
    next_position: Position
    next_due: datetime
    skipped: tuple[Skipped, ...] = ()

    @property
    def people(self) -> tuple[int, ...]:
        """Everybody to page, once each, in the step's order."""
        return tuple(each.person for each in self.pages)


@dataclass(frozen=True, slots=True)
class Due:
    """The plan goes on from `position` at that moment."""

    position: Position
    at: datetime


Who = Callable[[Target], tuple[int, ...]]
"""The people of a target at this moment."""


def advance_after_unreachable(plan: Plan, position: Position, now: datetime) -> Due:
    """Where to go on when nobody who was paged at `position` can be reached: the next step, at once.

    After a round of the fallback it is the next round in its time, since there is nobody else to turn to.
    """
    now, place = instant(now), normal(plan, position)
    wait = plan.fallback_every if is_fallback(plan, place) else timedelta(0)
    return Due(after(plan, place), now + wait)


def is_fallback(plan: Plan, position: Position) -> bool:
    """Whether the steps are over at that position."""
    return not plan.steps or normal(plan, position).cycle > plan.repeats


def horizon(plan: Plan) -> timedelta:
    """The time from the first page until the fallback, if nobody stops it and no step is empty."""
    return sum((step.delay for step in plan.steps), timedelta(0)) * (plan.repeats + 1)


def targets_of(plan: Plan) -> frozenset[Target]:
    """Everything that the plan may page."""
    return frozenset({target for step in plan.steps for target in step.targets} | set(plan.fallback))


def bound(plan: Plan, owner: int) -> Plan:
    """The plan for a service that the team of that id owns."""

    def filled(targets: tuple[Target, ...]) -> tuple[Target, ...]:
        return tuple(Target(t.kind, owner) if t.kind == TargetKind.OWNER else t for t in targets)

    if not any(target.kind == TargetKind.OWNER for target in targets_of(plan)):
        return plan
    steps = tuple(replace(step, targets=filled(step.targets)) for step in plan.steps)
    return replace(plan, steps=steps, fallback=filled(plan.fallback))


def normal(plan: Plan, position: Position) -> Position:
    """The position itself; one behind the last step of a cycle is the start of the next."""
    if position.cycle <= plan.repeats and position.step >= len(plan.steps):
        return Position(position.cycle + 1, 0)
    return position


def first_fallback(plan: Plan) -> Position:
    """Where the steps are over."""
    return Position(plan.repeats + 1, 0)


def after(plan: Plan, place: Position) -> Position:
    """What comes behind that position."""
    if is_fallback(plan, place) or place.step + 1 >= len(plan.steps):
        return Position(place.cycle + 1, 0)
    return Position(place.cycle, place.step + 1)


def carried(old: Plan, new: Plan, position: Position) -> Position:
    """The place in the changed plan of a step that is due in the old one.

    A step that was taken out gives its place to the first one behind it that still stands; with none left the cycle is
    over. Steps put in before it are not made up for. Rounds of the fallback stay rounds of the fallback.
    """
    if is_fallback(old, position):
        rounds = normal(old, position).cycle - first_fallback(old).cycle
        return Position(first_fallback(new).cycle + rounds, 0)
    place = normal(old, position)
    found = {step.uid: index for index, step in enumerate(new.steps)}
    for step in old.steps[place.step :]:
        if step.uid in found:
            return normal(new, Position(place.cycle, found[step.uid]))
    return normal(new, Position(place.cycle, len(new.steps)))
