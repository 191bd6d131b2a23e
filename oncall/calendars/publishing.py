"""Keeping what calendars are told in step with the final schedules.

Whoever reads a calendar does it: the schedules are computed and compared with the rows of last time, and where they
differ the rows are changed under a lock on the schedule. When nothing has changed nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from lib.intervals import Interval, load_zone
from oncall import coverage
from oncall.bridge import schedules_of
from oncall.calendars.changes import MARGIN, Changes, Shift, Told, compare, shifts_in
from oncall.models import PublishedShift, Schedule

BEFORE = timedelta(days=15)
AHEAD = timedelta(days=180)
GRACE = timedelta(days=7)
"""For so long a cancelled shift is still listed as cancelled, so that programs take it out."""

_TOLD = ("pk", "schedule_id", "user_id", "role", "starts_at", "ends_at", "cancelled_at")


def publish(schedules: Collection[Schedule], now: datetime) -> None:
    """Bring the rows of these schedules up to date: a fixed number of queries, twice that when something changed."""
    changes = _changes(schedules, now) if schedules else {}
    changed = [each for each in schedules if changes[each.pk]]
    if changed:
        _publish_locked(changed, now)


def listed(schedules: Collection[Schedule], now: datetime) -> QuerySet[PublishedShift]:
    """What calendars of these schedules show: from half a month ago to half a year ahead, by start."""
    return (
        PublishedShift.objects.filter(
            schedule__in=schedules, ends_at__gt=now - BEFORE, starts_at__lt=now + AHEAD
        )
        .filter(Q(cancelled_at=None) | Q(cancelled_at__gt=now - GRACE))
        .select_related("user", "schedule__team")
        .order_by("starts_at", "id")
    )


@transaction.atomic
def _publish_locked(schedules: Sequence[Schedule], now: datetime) -> None:
    """Compared again, since somebody else may have written in between."""
    keys = [each.pk for each in schedules]
    list(Schedule.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    changes = _changes(schedules, now)
    PublishedShift.objects.bulk_create(_row(key, shift, now) for key in keys for shift in changes[key].made)
    _update([change for key in keys for change in _updates(changes[key], now)], now)
    PublishedShift.objects.filter(schedule__in=keys).filter(
        Q(ends_at__lte=now - BEFORE) | Q(cancelled_at__lte=now - GRACE)
    ).delete()


def _changes(schedules: Collection[Schedule], now: datetime) -> Mapping[int, Changes]:
    told, wanted = _told(schedules, now), _wanted(schedules, now)
    return {each.pk: compare(told[each.pk], wanted[each.pk], now) for each in schedules}


def _told(schedules: Collection[Schedule], now: datetime) -> Mapping[int, list[Told]]:
    found: defaultdict[int, list[Told]] = defaultdict(list)
    for row in listed(schedules, now).select_related(None).values_list(*_TOLD, named=True):
        told = Told(row.user_id, row.role, row.starts_at, row.ends_at, row.pk, row.cancelled_at is not None)
        found[row.schedule_id].append(told)
    return found


def _wanted(schedules: Collection[Schedule], now: datetime) -> Mapping[int, list[Shift]]:
    """The shifts that touch the window; looked at with a margin, so that none is cut by it."""
    window = Interval(now - BEFORE, now + AHEAD)
    span = Interval(window.start - MARGIN, window.end + MARGIN)
    values = schedules_of([each.pk for each in schedules], span)
    return {
        each.pk: [
            shift
            for shift in shifts_in(coverage.final(values[each.pk], span), load_zone(each.time_zone))
            if shift.start < window.end and window.start < shift.end
        ]
        for each in schedules
    }


def _row(schedule: int, shift: Shift, now: datetime) -> PublishedShift:
    return PublishedShift(
        schedule_id=schedule,
        user_id=shift.person,
        role=shift.role,
        starts_at=shift.start,
        ends_at=shift.end,
        created_at=now,
        modified_at=now,
    )


def _updates(changes: Changes, now: datetime) -> Iterable[tuple[int, datetime, datetime, datetime | None]]:
    """Row, start, end, cancelled."""
    for told, shift in changes.moved:
        yield told.row, shift.start, shift.end, None
    for told in changes.gone:
        yield told.row, told.start, told.end, now


def _update(updates: Sequence[tuple[int, datetime, datetime, datetime | None]], now: datetime) -> None:
    rows = PublishedShift.objects.in_bulk([row for row, *_ in updates])
    for key, start, end, cancelled in updates:
        row = rows[key]
        row.starts_at, row.ends_at, row.cancelled_at = start, end, cancelled
        row.sequence, row.modified_at = row.sequence + 1, now
    fields = ["starts_at", "ends_at", "cancelled_at", "sequence", "modified_at"]
    PublishedShift.objects.bulk_update(rows.values(), fields, batch_size=500)
