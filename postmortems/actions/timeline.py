"""The frozen copy of the incident's timeline, and what the authors say about it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from incidents.models import TimelineEntry
from lib.text import one_line
from postmortems.actions.rows import locked_draft, save_change
from postmortems.models import Postmortem, TimelineItem

_BATCH = 500


@transaction.atomic
def import_timeline(*, postmortem: Postmortem, actor: User, now: datetime) -> int:
    """Copy the entries that are not copied yet; returns how many. What was copied before is left as it is.

    Raises NotDraft.
    """
    row = locked_draft(postmortem)
    entries = list(
        TimelineEntry.objects.filter(incident_id=row.incident_id, number__gt=row.timeline_length)
        .order_by("number")
        .select_related("actor")
        .defer("search", "data")
    )
    TimelineItem.objects.bulk_create([_copied(row, entry) for entry in entries], batch_size=_BATCH)
    row.imported_at = now
    row.save(update_fields=["imported_at"])
    if entries:
        row.timeline_length, row.timeline_head = entries[-1].number, entries[-1].hash
        save_change(row, "timeline_length", "timeline_head", actor=actor, now=now)
    return len(entries)


@transaction.atomic
def mark_item(
    *, item: TimelineItem, is_pinned: bool, is_hidden: bool, comment: str, actor: User, now: datetime
) -> TimelineItem:
    """Pin an entry as a key moment, leave it out, or comment on it. The entry itself stays. Raises NotDraft."""
    row = locked_draft(item.postmortem)
    item.is_pinned, item.is_hidden, item.comment = (
        is_pinned and not is_hidden,
        is_hidden,
        one_line(comment, 500),
    )
    item.save(update_fields=["is_pinned", "is_hidden", "comment"])
    save_change(row, actor=actor, now=now)
    return item


def _copied(row: Postmortem, entry: TimelineEntry) -> TimelineItem:
    return TimelineItem(
        postmortem=row,
        number=entry.number,
        kind=entry.kind,
        actor_name=str(entry.actor) if entry.actor else "",
        text=entry.text,
        happened_at=entry.happened_at,
        recorded_at=entry.recorded_at,
        hash=entry.hash,
    )
