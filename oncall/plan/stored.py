"""Plans as plain values for a JSON column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from oncall import conditions
from oncall.plan.values import InvalidPlan, OnEmpty, Plan, Step, Target

VERSION = 2
KNOWN = (1, VERSION)
"""Version 1 had neither conditions nor uids; escalations that began by it still run."""


def to_json(plan: Plan) -> dict[str, Any]:
    """Plain values for a JSON column; times in whole seconds."""
    return {
        "version": VERSION,
        "steps": [
            {
                "delay": _seconds(step.delay),
                "targets": _targets_to_json(step.targets),
                "uid": step.uid,
                "condition": conditions.to_json(step.condition),
            }
            for step in plan.steps
        ],
        "repeats": plan.repeats,
        "on_empty": plan.on_empty.value,
        "fallback": _targets_to_json(plan.fallback),
        "fallback_every": _seconds(plan.fallback_every),
        "dealt": [list(each) for each in plan.dealt],
        "live": plan.live,
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
    if data["version"] not in KNOWN:
        raise InvalidPlan("version", f"Plans of version {data['version']!r} are not known here.")
    return Plan(
        steps=tuple(
            Step(
                timedelta(seconds=step["delay"]),
                _targets_from_json(step["targets"]),
                step.get("uid", ""),
                conditions.stored(step.get("condition", {})),
            )
            for step in data["steps"]
        ),
        repeats=data["repeats"],
        on_empty=OnEmpty(data["on_empty"]),
        fallback=_targets_from_json(data["fallback"]),
        fallback_every=timedelta(seconds=data["fallback_every"]),
        dealt=tuple((schedule, number) for schedule, number in data.get("dealt", ())),
        live=bool(data.get("live", False)),
    )


def _seconds(value: timedelta) -> int:
    return value // timedelta(seconds=1)


def _targets_to_json(targets: tuple[Target, ...]) -> list[dict[str, Any]]:
    return [{"kind": each.kind.value, "id": each.id} for each in targets]


def _targets_from_json(data: list[dict[str, Any]]) -> tuple[Target, ...]:
    return tuple(Target(each["kind"], each["id"]) for each in data)
