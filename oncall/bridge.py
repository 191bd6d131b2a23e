"""From rows to the calculators' values: schedules, in a fixed number of queries.

Somebody who was deactivated, or who may only view, counts as nobody from that moment on: their turns let the
layer below through, nobody else's turn moves, and overrides in their name do nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import structlog
from django.db.models import Q

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage, rotation
from oncall.models import (
    FeedPurpose,
    FeedShift,
    Layer,
    Override,
    Restriction,
    Schedule,
    Slot,
)
from oncall.rotation.values import KNOWN_TIME
from oncall.skipping import NO_SKIP, Skip, UnknownCalendar, check_code

log = structlog.get_logger(__name__)

_LAYER = (
    "id",
    "schedule_id",
    "schedule__time_zone",
    "schedule__wants_secondary",
    "zone",
    "starts_at",
    "ends_at",
    "first_handoff_date",
    "handoff_time",
    "turn_length",
    "turn_unit",
    "role",
    "skip_weekdays",
    "skip_dates",
    "skip_holidays",
)
_OVERRIDE = (
    "id",
    "schedule_id",
    "schedule__wants_secondary",
    "user_id",
    "replaces_id",
    "kind",
    "starts_at",
    "ends_at",
)
_EVENT = (
    "feed_id",
    "feed__schedule_id",
    "feed__schedule__wants_secondary",
    "feed__purpose",
    "level",
    "user_id",
    "starts_at",
    "ends_at",
)

_Window = tuple[time, timedelta, int | None]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the database holds on some schedules for a span."""

    layers: list[Any]
    slots: dict[int, list[int]]
    windows: dict[int, list[_Window]]
    events: list[Any]
    overrides: list[Any]
    responders: frozenset[int]
    leaving: dict[int, datetime]
    """Those of the responders who stopped being one after the span began, and when."""


def schedules_of(schedule_ids: Collection[int], span: Interval) -> dict[int, coverage.Schedule]:
    """Each schedule with its layers, the events of its calendars and the overrides that touch the span, whatever
    their number in six queries. Ids that do not exist get a schedule with nobody.

    Layers that were replaced count for the time in which they were in force. A calendar's events are a layer below
    the schedule's own, or, when they are meant as overrides, above them and below overrides made by hand.
    """
    rows = _rows(schedule_ids, span)
    layers, overrides = _layers(rows), _overrides(rows)
    below = _calendars(rows, FeedPurpose.LAYER)
    above = _calendars(rows, FeedPurpose.OVERRIDES)
    thorough = _wanting_secondary(rows)
    away = tuple(coverage.Away(person, at, KNOWN_TIME.end) for person, at in rows.leaving.items())
    return {
        key: coverage.Schedule(
            (*below[key], *layers[key], *above[key]),
            tuple(overrides[key]),
            wants_secondary=key in thorough,
            away=away,
        )
        for key in schedule_ids
    }


def schedule_of(schedule: Schedule, span: Interval) -> coverage.Schedule:
    """The schedule with the overrides that touch the span."""
    return schedules_of([schedule.pk], span)[schedule.pk]


def _rows(schedule_ids: Collection[int], span: Interval) -> _Rows:
    slots, windows = _slots(schedule_ids, span), _windows(schedule_ids, span)
    overrides = list(
        Override.objects.filter(schedule__in=schedule_ids)
        .touching(span.start, span.end)
        .order_by("id")
        .values_list(*_OVERRIDE, named=True)
    )
    events = list(
        FeedShift.objects.filter(
            feed__schedule__in=schedule_ids, starts_at__lt=span.end, ends_at__gt=span.start
        )
        .order_by("level", "feed_id", "id")
        .values_list(*_EVENT, named=True)
    )
    layers = list(
        Layer.objects.filter(_matters(span, ""), schedule__in=schedule_ids)
        .order_by("schedule_id", "position", "id")
        .values_list(*_LAYER, named=True)
    )
    people = {user for users in slots.values() for user in users} | {each.user_id for each in events}
    people.update(user for row in overrides for user in (row.user_id, row.replaces_id) if user)
    found = User.objects.responding_after(span.start).filter(id__in=people)
    until = dict(found.values_list("id", "responded_until"))
    leaving = {person: at for person, at in until.items() if at}
    return _Rows(layers, slots, windows, events, overrides, frozenset(until), leaving)


def _matters(span: Interval, layer: str) -> Q:
    """Layers that are current, and those replaced that were in force in the span; `layer` is the way to them."""
    touching = {f"{layer}starts_at__lt": span.end, f"{layer}ends_at__gt": span.start}
    return Q(**{f"{layer}replaced_at": None}) | Q(**touching)


def _slots(schedule_ids: Collection[int], span: Interval) -> dict[int, list[int]]:
    slots: defaultdict[int, list[int]] = defaultdict(list)
    rows = Slot.objects.filter(_matters(span, "layer__"), layer__schedule__in=schedule_ids)
    for layer_id, user_id in rows.order_by("layer_id", "position").values_list("layer_id", "user_id"):
        slots[layer_id].append(user_id)
    return slots


def _windows(schedule_ids: Collection[int], span: Interval) -> dict[int, list[_Window]]:
    windows: defaultdict[int, list[_Window]] = defaultdict(list)
    rows = Restriction.objects.filter(_matters(span, "layer__"), layer__schedule__in=schedule_ids)
    for row in rows.order_by("layer_id", "id").values_list("layer_id", "start", "duration", "weekday"):
        windows[row[0]].append(row[1:])
    return windows


def _layers(rows: _Rows) -> defaultdict[int, list[rotation.Layer]]:
    layers: defaultdict[int, list[rotation.Layer]] = defaultdict(list)
    for row in rows.layers:
        try:
            layer = _layer(row, rows)
        except ValueError as error:
            # One row that cannot be followed must not silence the other schedules: it counts as nobody.
            log.warning("layer cannot be followed", layer=row.id, schedule=row.schedule_id, reason=str(error))
        else:
            layers[row.schedule_id].append(layer)
    return layers


def _layer(row: Any, rows: _Rows) -> rotation.Layer:
    return rotation.Layer(
        id=row.id,
        people=tuple(each if each in rows.responders else None for each in rows.slots.get(row.id, [])),
        zone=row.zone or row.schedule__time_zone,
        virtual_start=datetime.combine(row.first_handoff_date, row.handoff_time),
        turn=rotation.Turn(row.turn_length, rotation.Unit(row.turn_unit)),
        restrictions=tuple(rotation.Restriction(*each) for each in rows.windows.get(row.id, [])),
        start=row.starts_at,
        end=row.ends_at,
        role=rotation.Role(row.role),
        skip=_skip(row),
    )


def _skip(row: Any) -> Skip:
    if not (row.skip_weekdays or row.skip_dates or row.skip_holidays):
        return NO_SKIP
    dates = tuple(date.fromisoformat(each) for each in row.skip_dates)
    return Skip(frozenset(row.skip_weekdays), dates, _known_calendar(row))


def _known_calendar(row: Any) -> str:
    """A calendar of holidays that another version of the library has dropped skips nothing: too much duty, not none."""
    try:
        check_code(row.skip_holidays)
    except UnknownCalendar:
        log.warning("calendar of holidays unknown", layer=row.id, calendar=row.skip_holidays)
        return ""
    return str(row.skip_holidays)


def _calendars(rows: _Rows, purpose: FeedPurpose) -> defaultdict[int, list[rotation.Fixed]]:
    """A layer for each level of each calendar, from low to high."""
    shifts: defaultdict[tuple[int, int, int], list[rotation.FixedShift]] = defaultdict(list)
    for row in rows.events:
        if row.feed__purpose == purpose and row.user_id in rows.responders:
            shifts[row.feed__schedule_id, row.level, row.feed_id].append(
                rotation.FixedShift(row.starts_at, row.ends_at, row.user_id)
            )
    layers: defaultdict[int, list[rotation.Fixed]] = defaultdict(list)
    for schedule_id, level, feed_id in sorted(shifts):
        layers[schedule_id].append(rotation.Fixed(feed_id, level, tuple(shifts[schedule_id, level, feed_id])))
    return layers


def _overrides(rows: _Rows) -> defaultdict[int, list[coverage.Override]]:
    overrides: defaultdict[int, list[coverage.Override]] = defaultdict(list)
    for row in rows.overrides:
        if row.user_id in rows.responders:
            overrides[row.schedule_id].extend(_parts(_override(row), rows))
    return overrides


def _override(row: Any) -> coverage.Override:
    return coverage.Override(
        id=row.id,
        start=row.starts_at,
        end=row.ends_at,
        person=row.user_id,
        created_seq=row.id,
        replaces=row.replaces_id,
        kind=coverage.OverrideKind(row.kind),
    )


def _parts(override: coverage.Override, rows: _Rows) -> Iterator[coverage.Override]:
    """From when on the one whom they stand in for has left, they still come, beside those whom the layers give."""
    replaced = override.replaces
    if replaced is None or (replaced in rows.responders and replaced not in rows.leaving):
        yield override
        return
    left_at = rows.leaving.get(replaced, override.start)
    if override.start < left_at:
        yield replace(override, end=min(left_at, override.end))
    if left_at < override.end:
        start = max(left_at, override.start)
        yield replace(override, start=start, replaces=None, kind=coverage.OverrideKind.ADD)


def _wanting_secondary(rows: _Rows) -> set[int]:
    wanting = {each.schedule_id for each in (*rows.layers, *rows.overrides) if each.schedule__wants_secondary}
    return wanting | {each.feed__schedule_id for each in rows.events if each.feed__schedule__wants_secondary}
