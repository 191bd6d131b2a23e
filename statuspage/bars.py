"""Ninety days of a component, one bar for each day: what was worst on it. Pure; days are the page's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from statuspage.picture import OPERATIONAL, STATUSES, Span

DAYS = 90
PITCH, WIDTH = 4, 3  # of a bar, in the drawing's units


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring days of one status, `first` and `last` both in it; `start` counts from the oldest bar."""

    status: str
    first: date
    last: date
    start: int

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def path(self) -> str:
        """The run as one dashed stroke; the dashes start anew with it, so they fall on the bars."""
        return f"M{self.start * PITCH} 12h{self.length * PITCH - (PITCH - WIDTH)}"


@dataclass(frozen=True, slots=True)
class Bars:
    """`known` are all days that something is known of; `runs` lie over it, oldest first."""

    known: Run
    runs: tuple[Run, ...]

    @property
    def bad_days(self) -> int:
        return sum(run.length for run in self.runs)


def draw(spans: Iterable[Span], *, since: datetime, today: str, zone: tzinfo, now: datetime) -> Bars:
    """Bars for the ninety days up to `now`; days before `since` are unknown.

    `today` is the status now, which may be set by hand. A span that ends at midnight does not touch the next
    day.
    """
    last = now.astimezone(zone).date()
    first = last - timedelta(days=DAYS - 1)
    spans = list(spans)
    worst = _worst_by_day(spans, first, last, zone, now)
    _raise(worst, last, today)
    begin = max(first, min([since.astimezone(zone).date(), *(day for day in worst)]))
    known = Run(OPERATIONAL, begin, last, (begin - first).days)
    return Bars(known, tuple(_runs(worst, first)))


def _worst_by_day(spans: list[Span], first: date, last: date, zone: tzinfo, now: datetime) -> dict[date, str]:
    worst: dict[date, str] = {}
    for span in spans:
        end = span.end or now
        if end <= span.start and span.end is not None:
            continue
        day = max(first, span.start.astimezone(zone).date())
        until = min(last, _last_day(end, span, zone))
        while day <= until:
            _raise(worst, day, span.status)
            day += timedelta(days=1)
    return worst


def _last_day(end: datetime, span: Span, zone: tzinfo) -> date:
    if span.end is None:
        return end.astimezone(zone).date()
    return (end - timedelta(microseconds=1)).astimezone(zone).date()


def _raise(worst: dict[date, str], day: date, status: str) -> None:
    if STATUSES.index(status) > STATUSES.index(worst.get(day, OPERATIONAL)):
        worst[day] = status


def _runs(worst: dict[date, str], first: date) -> list[Run]:
    runs: list[Run] = []
    for day in sorted(worst):
        if runs and runs[-1].status == worst[day] and runs[-1].last == day - timedelta(days=1):
            runs[-1] = Run(runs[-1].status, runs[-1].first, day, runs[-1].start)
        else:
            runs.append(Run(worst[day], day, day, (day - first).days))
    return runs
