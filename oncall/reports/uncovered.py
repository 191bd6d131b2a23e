"""When nobody, or only one of two, is on call. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lib.intervals import Interval
from oncall import coverage

NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Cover:
    """`gaps`: nobody is on call. `thin`: the schedule asks for two people and has one. Ordered, disjoint."""

    gaps: tuple[Interval, ...]
    thin: tuple[Interval, ...]

    @property
    def uncovered(self) -> timedelta:
        """Elapsed time with nobody."""
        return total(self.gaps)

    @property
    def thinly(self) -> timedelta:
        """Elapsed time with one person in place of two."""
        return total(self.thin)

    @property
    def is_whole(self) -> bool:
        """There is nothing to say about it."""
        return not self.gaps and not self.thin


def cover_of(schedule: coverage.Schedule, span: Interval) -> Cover:
    """What is missing in the span. Time with nobody is a gap and not thin as well."""
    return Cover(tuple(coverage.gaps(schedule, span)), tuple(coverage.thin(schedule, span)))


def total(intervals: Iterable[Interval]) -> timedelta:
    """Elapsed time in disjoint intervals."""
    return sum((each.length for each in intervals), NOTHING)


def gaps_near(schedule: coverage.Schedule, now: datetime, ahead: timedelta) -> list[Interval]:
    """Gaps that begin at most `ahead` from now, or that began at most so long ago and are not over.

    Each with its true start, so that it is the same gap when it is asked for again later; those that began
    earlier are left out. An end beyond `now + ahead` is cut there.
    """
    span = Interval(now - ahead, now + ahead)
    return [each for each in coverage.gaps(schedule, span) if each.start > span.start and each.end > now]
