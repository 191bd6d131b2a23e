"""A mute as lists and panels show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.models import Mute
from alerts.mute_words import covers, repeats
from alerts.recurring import next_spans, spec_of
from lib.intervals import Interval


@dataclass(frozen=True, slots=True)
class ShownMute:
    """A mute with what its row says. `span` is the occurrence of now, or the next one."""

    mute: Mute
    covers: str
    repeats: str
    span: Interval | None
    may_change: bool = False

    @property
    def held(self) -> int:
        """How many alerts that fire it holds back, where that was read with it."""
        return int(getattr(self.mute, "held", 0))


def shown_mute(row: Mute, now: datetime, may_change: bool = False) -> ShownMute:
    """As it is at that moment; read it with its services."""
    spans = next_spans(spec_of(row), now, 1) if row.ended_at is None else []
    return ShownMute(row, covers(row), repeats(row), spans[0] if spans else None, may_change)
