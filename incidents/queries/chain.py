"""Recomputing the hash chain of timelines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from incidents.chain import entry_hash
from incidents.models import Incident, TimelineEntry


def broken_links(numbers: Iterable[int] = ()) -> Iterator[tuple[int, str]]:
    """Each incident's number with its first broken link in words, empty when its chain is whole."""
    incidents = Incident.objects.order_by("pk")
    wanted = list(numbers)
    if wanted:
        incidents = incidents.filter(pk__in=wanted)
    for number, length, head in incidents.values_list("pk", "timeline_length", "timeline_head").iterator():
        yield number, _problem(number, length, head)


def _problem(number: int, length: int, head: str) -> str:
    previous, expected = "", 1
    for entry in TimelineEntry.objects.filter(incident_id=number).order_by("number").iterator():
        if entry.number != expected:
            return f"entry {expected} is missing"
        if entry.previous != previous or _recomputed(entry) != entry.hash:
            return f"entry {entry.number} was changed"
        previous, expected = entry.hash, expected + 1
    if expected - 1 != length or previous != head:
        return f"{length - expected + 1} entries are missing at the end"
    return ""


def _recomputed(entry: TimelineEntry) -> str:
    return entry_hash(
        incident=entry.incident_id,
        number=entry.number,
        kind=entry.kind,
        actor=entry.actor_id,
        text=entry.text,
        data=entry.data,
        happened_at=entry.happened_at,
        recorded_at=entry.recorded_at,
        previous=entry.previous,
    )
