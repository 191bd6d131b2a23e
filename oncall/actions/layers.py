"""The layers of a schedule become others, and what was stays as it was.

The rules by which somebody has been on call are never rewritten. A layer that has begun and is to change is closed at
that moment, with the zone that its rules were read in, and a new one goes on from there. So the same question about
the past has the same answer after every edit; that holds for a layer's place among the others too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from oncall.drafts import LayerDraft, Refused, draft_of
from oncall.models import Layer, Restriction, Schedule, Slot


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of a schedule: when, and by which zone its rules were read until then."""

    schedule: Schedule
    now: datetime
    zone_before: str

    @property
    def moves_zone(self) -> bool:
        return self.schedule.time_zone != self.zone_before


def first_layers(schedule: Schedule, drafts: Sequence[LayerDraft], now: datetime) -> None:
    """The layers of a schedule that is being made; they may be in force since long ago."""
    for place, draft in enumerate(drafts):
        _write(Layer(schedule=schedule), draft, place, draft.starts_at or now)


def change_layers(edit: Edit, drafts: Sequence[LayerDraft]) -> None:
    """The current layers become the drafts, from low to high. A draft's id may name a layer that was replaced: then
    the one that goes on from it is meant. Raises Refused."""
    rows = {row.pk: row for row in edit.schedule.layers.prefetch_related("slots__user", "restrictions")}
    named = [_current(rows, draft.id) for draft in drafts]
    stay = {row.pk for row in named if row and row.replaced_at is None}
    if len(stay) != sum(row is not None and row.replaced_at is None for row in named):
        raise Refused("layers", _("A layer stands here twice. Open this page anew and try again."))
    for gone in rows.values():
        if gone.replaced_at is None and gone.pk not in stay:
            _retire(edit, gone)
    for place, (row, draft) in enumerate(zip(named, drafts, strict=True)):
        _change(edit, row, draft, place)


def still_to_come(schedule: Schedule, drafts: Iterable[LayerDraft], now: datetime) -> list[LayerDraft]:
    """Those drafts that are in force at some time from now on, and those whose layer still stands there."""
    standing = set(schedule.layers.current().values_list("pk", flat=True))
    return [each for each in drafts if each.ends_at is None or each.ends_at > now or each.id in standing]


def _current(rows: dict[int, Layer], asked: int | None) -> Layer | None:
    """The row of that id or what goes on from it, to the end; None when the schedule never had it."""
    followers = {row.continues_id: row for row in sorted(rows.values(), key=lambda row: row.pk)}
    row = rows.get(asked or 0)
    while row and row.replaced_at is not None and row.pk in followers:
        row = followers[row.pk]
    return row


def _change(edit: Edit, row: Layer | None, draft: LayerDraft, place: int) -> None:
    start = max(draft.starts_at or edit.now, edit.now)
    if row is None or row.replaced_at is not None:
        _check_it_is_to_come(edit, draft, place, start)
        _write(Layer(schedule=edit.schedule, continues=row), draft, place, start)
    elif row.starts_at >= edit.now:
        _check_it_is_to_come(edit, draft, place, start)
        _write(row, draft, place, start)
    elif row.position == place and not edit.moves_zone and _goes_on(row, draft, edit.now):
        _rename(row, draft)
    else:
        _continue(edit, row, draft, place, start)


def _continue(edit: Edit, row: Layer, draft: LayerDraft, place: int, start: datetime) -> None:
    is_over = row.ends_at is not None and row.ends_at <= edit.now
    stays_over = is_over and draft.ends_at is not None and draft.ends_at <= edit.now
    if stays_over and draft.rules == draft_of(row).rules:
        _retire(edit, row)
        return
    _check_it_is_to_come(edit, draft, place, start)
    _retire(edit, row)
    _write(Layer(schedule=edit.schedule, continues=row), draft, place, start)


def _goes_on(row: Layer, draft: LayerDraft, now: datetime) -> bool:
    """Whether the draft says of the time to come what the row says. When it began is over and cannot differ."""
    begins_later = draft.starts_at is not None and draft.starts_at > now
    return not begins_later and draft.ends_at == row.ends_at and draft.rules == draft_of(row).rules


def _check_it_is_to_come(edit: Edit, draft: LayerDraft, place: int, start: datetime) -> None:
    if draft.ends_at is None or draft.ends_at > start:
        return
    if draft.ends_at > edit.now:
        raise Refused(f"layers.{place}.ends_at", _("A layer ends after it starts."))
    message = _(
        "This is over: who was on call then is not changed any more. Choose a later end, or remove the layer."
    )
    raise Refused(f"layers.{place}.ends_at", message)


def _retire(edit: Edit, row: Layer) -> None:
    """What has been in force is kept and ends; what never was goes."""
    if row.starts_at >= edit.now:
        row.delete()
        return
    row.ends_at = min(row.ends_at or edit.now, edit.now)
    row.replaced_at, row.zone = edit.now, edit.zone_before
    row.save(update_fields=["ends_at", "replaced_at", "zone"])


def _rename(row: Layer, draft: LayerDraft) -> None:
    name = draft.name.strip()[:80]
    if row.name != name:
        row.name = name
        row.save(update_fields=["name"])


def _write(row: Layer, draft: LayerDraft, place: int, start: datetime) -> None:
    row.position, row.name = place, draft.name.strip()[:80]
    row.starts_at, row.ends_at = start, draft.ends_at
    row.first_handoff_date, row.handoff_time = draft.first_handoff.date(), draft.first_handoff.time()
    row.turn_length, row.turn_unit, row.role = draft.turn_length, draft.turn_unit, draft.role
    row.skip_weekdays, row.skip_holidays = sorted(set(draft.skip_weekdays)), draft.skip_holidays
    row.skip_dates = [day.isoformat() for day in sorted(set(draft.skip_dates))]
    row.save()
    row.slots.all().delete()
    Slot.objects.bulk_create(
        Slot(layer=row, position=turn, user=person) for turn, person in enumerate(draft.people)
    )
    row.restrictions.all().delete()
    Restriction.objects.bulk_create(
        Restriction(layer=row, weekday=each.weekday, start=each.start, duration=each.duration)
        for each in draft.restrictions
    )
