"""The escalation plan as it is frozen when an escalation starts, and the decision at each of its due times.

A plan never ends in silence: after its last step, or when none of its steps has anybody, the fallback is
paged, and again each `fallback_every`, until somebody stops it. Positions only grow, so (cycle, step) is a
key for what was paged: cycles 0 to `repeats` are the steps, each later cycle is one round of the fallback.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from lib.intervals import instant

VERSION = 1
HOLD_FOR = timedelta(seconds=60)
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
    SCHEDULE = "schedule"


class OnEmpty(StrEnum):
    """What is done with a step whose targets have nobody."""

    SKIP = "skip"  # the next step at once
    HOLD = "hold"  # the same step again in a minute
    FALLBACK = "fallback"  # the fallback is paged in its place, then on after its delay


@dataclass(frozen=True, slots=True)
class Target:
    """A person, or whoever a schedule has on call. Raises InvalidPlan."""

    kind: TargetKind
    id: int

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "kind", TargetKind(self.kind))
        except ValueError as error:
            raise InvalidPlan("targets", "A target is a user or a schedule.") from error
        if not isinstance(self.id, int):
            raise InvalidPlan("targets", "A target's id is a number.")


@dataclass(frozen=True, slots=True)
class Step:
    """Everybody in `targets` is paged; `delay`, in whole seconds, is the wait after it. Raises
    InvalidPlan."""

    delay: timedelta
    targets: tuple[Target, ...]

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.delay <= _LONGEST_WAIT or self.delay.microseconds:
            raise InvalidPlan("delay", "A step's delay is whole seconds, from none to a year.")


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, gone through once and `repeats` times more, then the fallback. Raises InvalidPlan."""

    steps: tuple[Step, ...]
    repeats: int = 0
    on_empty: OnEmpty = OnEmpty.SKIP
    fallback: tuple[Target, ...] = ()
    fallback_every: timedelta = timedelta(minutes=30)

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
    """A step that had nobody: its targets resolved to nobody, or it has none at all."""

    position: Position
    reason: Literal["nobody", "no_targets"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now and when to ask again.

    `kind`: "step" pages the people of the step at `position`; "fallback" pages the fallback, and with nobody
    in `pages` the caller pages the installation's admins; "hold" pages nobody and asks the same step again.
    `skipped` has the steps that had nobody, in order; the one that is held, or that the fallback stands in
    for, is its last.
    """

    kind: Literal["step", "fallback", "hold"]
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


def decide(plan: Plan, position: Position, now: datetime, who: Who) -> Decision:
    """What a due time at `position` brings. `who` gives the people of a target at this moment.

    Empty steps are passed over within one decision; a whole cycle of them falls back. A position behind the
    last step of a cycle (the plan was shortened) is the start of the next.
    """
    now = instant(now)
    place, skipped = _normal(plan, position), list[Skipped]()
    for _ in plan.steps:
        if is_fallback(plan, place):
            break
        step = plan.steps[place.step]
        pages = _resolve(step.targets, who)
        if pages:
            return Decision("step", place, pages, _after(plan, place), now + step.delay, tuple(skipped))
        skipped.append(Skipped(place, "nobody" if step.targets else "no_targets"))
        stopped = _stop_at_empty(plan, place, now, who, tuple(skipped))
        if stopped:
            return stopped
        place = _after(plan, place)
    place = place if is_fallback(plan, place) else _first_fallback(plan)
    return _fall_back(plan, place, now + plan.fallback_every, who, tuple(skipped))


def advance_after_unreachable(plan: Plan, position: Position, now: datetime) -> Due:
    """Where to go on when nobody who was paged at `position` can be reached: the next step, at once.

    After a round of the fallback it is the next round in its time, since there is nobody else to turn to.
    """
    now, place = instant(now), _normal(plan, position)
    wait = plan.fallback_every if is_fallback(plan, place) else timedelta(0)
    return Due(_after(plan, place), now + wait)


def is_fallback(plan: Plan, position: Position) -> bool:
    """Whether the steps are over at that position."""
    return not plan.steps or _normal(plan, position).cycle > plan.repeats


def horizon(plan: Plan) -> timedelta:
    """The time from the first page until the fallback, if nobody stops it and no step is empty."""
    return sum((step.delay for step in plan.steps), timedelta(0)) * (plan.repeats + 1)


def to_json(plan: Plan) -> dict[str, Any]:
    """Plain values for a JSON column; times in whole seconds."""
    return {
        "version": VERSION,
        "steps": [
            {"delay": _seconds(step.delay), "targets": _targets_to_json(step.targets)} for step in plan.steps
        ],
        "repeats": plan.repeats,
        "on_empty": plan.on_empty.value,
        "fallback": _targets_to_json(plan.fallback),
        "fallback_every": _seconds(plan.fallback_every),
    }


def from_json(data: Mapping[str, Any]) -> Plan:
    """The plan that `to_json` wrote. Raises InvalidPlan when it is not one."""
    try:
        return _parse(data)
    except InvalidPlan:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InvalidPlan("plan", f"This is not a stored plan ({error!r}).") from error


def _parse(data: Mapping[str, Any]) -> Plan:
    if data["version"] != VERSION:
        raise InvalidPlan("version", f"Plans of version {data['version']!r} are not known here.")
    return Plan(
        steps=tuple(
            Step(timedelta(seconds=step["delay"]), _targets_from_json(step["targets"]))
            for step in data["steps"]
        ),
        repeats=data["repeats"],
        on_empty=OnEmpty(data["on_empty"]),
        fallback=_targets_from_json(data["fallback"]),
        fallback_every=timedelta(seconds=data["fallback_every"]),
    )


def _seconds(value: timedelta) -> int:
    return value // timedelta(seconds=1)


def _targets_to_json(targets: tuple[Target, ...]) -> list[dict[str, Any]]:
    return [{"kind": each.kind.value, "id": each.id} for each in targets]


def _targets_from_json(data: list[dict[str, Any]]) -> tuple[Target, ...]:
    return tuple(Target(each["kind"], each["id"]) for each in data)


def _stop_at_empty(
    plan: Plan, place: Position, now: datetime, who: Who, skipped: tuple[Skipped, ...]
) -> Decision | None:
    """The decision that an empty step brings, or None to go on to the next."""
    step = plan.steps[place.step]
    # A step without targets will never have anybody: to hold it would be silence for ever.
    if plan.on_empty == OnEmpty.HOLD and step.targets:
        return Decision("hold", place, (), place, now + HOLD_FOR, skipped)
    if plan.on_empty == OnEmpty.FALLBACK:
        return _fall_back(plan, place, now + step.delay, who, skipped)
    return None


def _fall_back(
    plan: Plan, place: Position, next_due: datetime, who: Who, skipped: tuple[Skipped, ...]
) -> Decision:
    pages = _resolve(plan.fallback, who)
    return Decision("fallback", place, pages, _after(plan, place), next_due, skipped)


def _resolve(targets: tuple[Target, ...], who: Who) -> tuple[Paged, ...]:
    found: dict[int, list[Target]] = {}
    for target in targets:
        for person in who(target):
            reasons = found.setdefault(person, [])
            if target not in reasons:
                reasons.append(target)
    return tuple(Paged(person, tuple(reasons)) for person, reasons in found.items())


def _normal(plan: Plan, position: Position) -> Position:
    if position.cycle <= plan.repeats and position.step >= len(plan.steps):
        return Position(position.cycle + 1, 0)
    return position


def _first_fallback(plan: Plan) -> Position:
    return Position(plan.repeats + 1, 0)


def _after(plan: Plan, place: Position) -> Position:
    if is_fallback(plan, place) or place.step + 1 >= len(plan.steps):
        return Position(place.cycle + 1, 0)
    return Position(place.cycle, place.step + 1)
