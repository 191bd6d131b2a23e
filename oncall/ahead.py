"""Is the coverage right? What is missing in the weeks ahead, for the sentence on top of a schedule's page. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lib.intervals import Interval, subtract, union
from oncall import coverage
from oncall.rotation import Segment
from oncall.timeline import cut


@dataclass(frozen=True, slots=True)
class Ahead:
    """`gaps`: nobody is on call; `thin`: somebody without the secondary whom the schedule wants. Both in order."""

    span: Interval
    gaps: tuple[Interval, ...]
    thin: tuple[Interval, ...] = ()

    @property
    def is_covered_now(self) -> bool:
        return not (self.gaps and self.gaps[0].start <= self.span.start)

    @property
    def until(self) -> datetime | None:
        """When the first gap begins, if it has not yet; None when there is none."""
        return self.gaps[0].start if self.gaps and self.is_covered_now else None

    @property
    def is_empty(self) -> bool:
        """Nobody is on call in all that time."""
        return bool(self.gaps) and self.gaps[0] == self.span

    @property
    def missing(self) -> timedelta:
        """How long nobody is on call, in all."""
        return sum((each.length for each in self.gaps), timedelta(0))

    @property
    def alone(self) -> timedelta:
        """How long the secondary is missing, in all."""
        return sum((each.length for each in self.thin), timedelta(0))


def ahead_of(segments: Sequence[Segment], span: Interval, wants_secondary: bool) -> Ahead:
    """What is missing in the span; the segments are ordered, disjoint and within it."""
    gaps = subtract([span], [Interval(each.start, each.end) for each in segments])
    if not wants_secondary:
        return Ahead(span, tuple(gaps))
    alone = union(Interval(each.start, each.end) for each in segments if not each.secondary)
    return Ahead(span, tuple(gaps), tuple(alone))


def finals(value: coverage.Schedule, one: Interval, other: Interval) -> tuple[list[Segment], list[Segment]]:
    """The final schedule of both spans, computed once where they overlap."""
    whole = union([one, other])
    found = [each for span in whole for each in coverage.final(value, span)]
    return list(cut(found, one)), list(cut(found, other))
