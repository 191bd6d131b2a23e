"""Appending to timelines: the only way in. Rows are numbered and chained under the lock of their incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import User
from incidents.chain import entry_hash
from incidents.models import Escalation, Incident, TimelineEntry
from lib.text import clean

LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written. `happened_at` is given when it lies before the moment of writing."""

    kind: str
    text: str = ""
    actor: User | None = None
    data: dict[str, Any] = field(default_factory=dict)
    happened_at: datetime | None = None


class NoSuchIncident(Exception):
    """It was never opened."""


def lock(incident_id: int) -> Incident:
    """The incident, locked until the transaction ends, its escalation before it. Raises NoSuchIncident.

    Everybody locks in this order (service, escalation, incident, delivery), so nobody waits in a circle.
    """
    locked = lock_all([incident_id])
    if not locked:
        raise NoSuchIncident(f"There is no incident #{incident_id}.")
    return locked[0]


def lock_all(incident_ids: Iterable[int]) -> list[Incident]:
    """Many at once, in the order of their ids."""
    ids = sorted(set(incident_ids))
    list(
        Escalation.objects.select_for_update()
        .filter(incident_id__in=ids)
        .order_by("incident_id")
        .values_list("pk")
    )
    return lock_incidents(ids)


def lock_incidents(incident_ids: Iterable[int]) -> list[Incident]:
    """Incidents whose escalations the caller holds already."""
    return list(
        Incident.objects.select_for_update(of=("self",))
        .select_related("service")
        .filter(pk__in=incident_ids)
        .order_by("pk")
    )


MOVE_HEADS = """
    UPDATE incidents_incident i SET timeline_length = v.length, timeline_head = v.head
    FROM unnest(%s::bigint[], %s::int[], %s::text[]) AS v(id, length, head) WHERE i.id = v.id
"""


def append(rows: Sequence[tuple[Incident, Sequence[Entry]]], *, now: datetime) -> list[TimelineEntry]:
    """Write entries for incidents that the caller holds locked; the objects' heads move along."""
    written = [_chained(incident, entry, now) for incident, entries in rows for entry in entries]
    if not written:
        return []
    TimelineEntry.objects.bulk_create(written)
    touched = [incident for incident, entries in rows if entries]
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE_HEADS,
            [
                [i.pk for i in touched],
                [i.timeline_length for i in touched],
                [i.timeline_head for i in touched],
            ],
        )
    return written


def _chained(incident: Incident, entry: Entry, now: datetime) -> TimelineEntry:
    happened = entry.happened_at or now
    number, text = incident.timeline_length + 1, clean(entry.text, LONGEST_TEXT)
    actor_id = entry.actor.pk if entry.actor else None
    link = entry_hash(
        incident=incident.pk,
        number=number,
        kind=str(entry.kind),
        actor=actor_id,
        text=text,
        data=entry.data,
        happened_at=happened,
        recorded_at=now,
        previous=incident.timeline_head,
    )
    row = TimelineEntry(
        incident_id=incident.pk,
        number=number,
        kind=entry.kind,
        actor_id=actor_id,
        text=text,
        data=entry.data,
        happened_at=happened,
        recorded_at=now,
        previous=incident.timeline_head,
        hash=link,
    )
    incident.timeline_length, incident.timeline_head = number, link
    return row
