"""How far a replay has come."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from alerts.models import Event, Integration

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the events of one replay."""

    total: int
    done: int
    problems: int

    @property
    def is_over(self) -> bool:
        return self.done == self.total


def progress(integration: Integration, first: int, last: int) -> Progress | None:
    """Of the replayed events with ids from `first` to `last`; None where there are none (any more)."""
    if not 0 < first <= last <= LARGEST_ID:
        return None
    found = Event.objects.filter(integration=integration, pk__range=(first, last), replay_of__isnull=False)
    counted = found.aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(processed_at__isnull=False)),
        problems=Count("pk", filter=~Q(problem="")),
    )
    return Progress(**counted) if counted["total"] else None
