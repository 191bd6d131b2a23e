"""Writing down what was changed on services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from catalog.models import Change


@dataclass(frozen=True, slots=True)
class NewChange:
    """A deploy, a flag or a configuration change, as a tool told it. Text is clean and within the columns' lengths."""

    service_id: int
    summary: str
    happened_at: datetime
    source: str = ""
    links: list[dict[str, str]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


def record_changes(*, rows: Sequence[NewChange], now: datetime) -> int:
    """Store many changes in one statement; returns how many."""
    written = Change.objects.bulk_create(
        Change(
            service_id=row.service_id, summary=row.summary[:1024], source=row.source[:300], happened_at=row.happened_at,
            recorded_at=now, links=row.links, details=row.details,
        )
        for row in rows
    )
    return len(written)
