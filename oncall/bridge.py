"""From rows to the calculators' values: schedules in a fixed number of queries, and policies as plans.

Somebody who was deactivated, or who may only view, counts as nobody: their turns let the layer below through,
nobody else's turn moves, and overrides in their name do nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import structlog

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage, plan, rotation
from oncall.models import EscalationPolicy, Layer, Override, PolicyStep, Restriction, Schedule, Slot

log = structlog.get_logger(__name__)

_LAYER = (
    "id",
    "schedule_id",
    "schedule__time_zone",
    "starts_at",
    "ends_at",
    "first_handoff_date",
    "handoff_time",
    "turn_length",
    "turn_unit",
)
_OVERRIDE = ("id", "schedule_id", "user_id", "replaces_id", "starts_at", "ends_at")


def schedules_of(schedule_ids: Collection[int], span: Interval) -> dict[int, coverage.Schedule]:
    """Each schedule with its layers and the overrides that touch the span, whatever their number in five
    queries. Ids that do not exist get a schedule with nobody."""
    slots = list(
        Slot.objects.filter(layer__schedule__in=schedule_ids)
        .order_by("layer_id", "position")
        .values_list("layer_id", "user_id")
    )
    overrides = list(
        Override.objects.filter(schedule__in=schedule_ids)
        .touching(span.start, span.end)
        .order_by("id")
        .values_list(*_OVERRIDE, named=True)
    )
    responders = _responders({user for _, user in slots} | {user for row in overrides for user in row[2:4]})
    layers = _layers(schedule_ids, slots, responders)
    changes = _overrides(overrides, responders)
    return {key: coverage.Schedule(tuple(layers[key]), tuple(changes[key])) for key in schedule_ids}


def schedule_of(schedule: Schedule, span: Interval) -> coverage.Schedule:
    """The schedule with the overrides that touch the span."""
    return schedules_of([schedule.pk], span)[schedule.pk]


def plan_of(policy: EscalationPolicy) -> plan.Plan:
    """The policy as it stands; prefetch it by `EscalationPolicy.objects.with_steps()`."""
    return plan.Plan(
        steps=tuple(_step(step) for step in policy.steps.all()),
        repeats=policy.repeats,
        on_empty=plan.OnEmpty(policy.on_empty),
        fallback=tuple(
            plan.Target(plan.TargetKind.USER, person.pk) for person in policy.fallback_people.all()
        ),
    )


def _step(step: PolicyStep) -> plan.Step:
    return plan.Step(
        step.delay,
        tuple(
            plan.Target(plan.TargetKind.SCHEDULE, each.schedule_id)
            if each.schedule_id is not None
            else plan.Target(plan.TargetKind.USER, each.user_id or 0)
            for each in step.targets.all()
        ),
    )


def _responders(user_ids: Collection[int | None]) -> frozenset[int]:
    return frozenset(User.objects.responders().filter(id__in=user_ids).values_list("id", flat=True))


def _layers(
    schedule_ids: Collection[int], slots: Iterable[tuple[int, int]], responders: frozenset[int]
) -> defaultdict[int, list[rotation.Layer]]:
    people: defaultdict[int, list[int | None]] = defaultdict(list)
    for layer_id, user_id in slots:
        people[layer_id].append(user_id if user_id in responders else None)
    windows = _windows(schedule_ids)
    layers: defaultdict[int, list[rotation.Layer]] = defaultdict(list)
    rows = Layer.objects.filter(schedule__in=schedule_ids).order_by("schedule_id", "position", "id")
    for row in rows.values_list(*_LAYER, named=True):
        try:
            layer = _layer(row, tuple(people[row.id]), tuple(windows[row.id]))
        except rotation.InvalidLayer as error:
            # One row that cannot be followed must not silence the other schedules: it counts as nobody.
            log.warning("layer cannot be followed", layer=row.id, schedule=row.schedule_id, reason=str(error))
        else:
            layers[row.schedule_id].append(layer)
    return layers


def _layer(
    row: Any, people: tuple[int | None, ...], windows: tuple[rotation.Restriction, ...]
) -> rotation.Layer:
    return rotation.Layer(
        id=row.id,
        people=people,
        zone=row.schedule__time_zone,
        virtual_start=datetime.combine(row.first_handoff_date, row.handoff_time),
        turn=rotation.Turn(row.turn_length, rotation.Unit(row.turn_unit)),
        restrictions=windows,
        start=row.starts_at,
        end=row.ends_at,
    )


def _windows(schedule_ids: Collection[int]) -> defaultdict[int, list[rotation.Restriction]]:
    windows: defaultdict[int, list[rotation.Restriction]] = defaultdict(list)
    rows = Restriction.objects.filter(layer__schedule__in=schedule_ids).order_by("layer_id", "id")
    for layer_id, start, duration, weekday in rows.values_list("layer_id", "start", "duration", "weekday"):
        windows[layer_id].append(rotation.Restriction(start, duration, weekday))
    return windows


def _overrides(rows: Iterable[Any], responders: frozenset[int]) -> defaultdict[int, list[coverage.Override]]:
    overrides: defaultdict[int, list[coverage.Override]] = defaultdict(list)
    for row in rows:
        if row.user_id in responders:
            overrides[row.schedule_id].append(_override(row, responders))
    return overrides


def _override(row: Any, responders: frozenset[int]) -> coverage.Override:
    # Whoever they stand in for has left: they still come, beside those whom the layers give.
    left = row.replaces_id is not None and row.replaces_id not in responders
    return coverage.Override(
        id=row.id,
        start=row.starts_at,
        end=row.ends_at,
        person=row.user_id,
        created_seq=row.id,
        replaces=None if left else row.replaces_id,
        kind=coverage.OverrideKind.ADD if left else coverage.OverrideKind.REPLACE,
    )
