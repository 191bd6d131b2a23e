"""Whether an hour had more alerts than this hour of the week usually has. Pure.

The usual is the median of the same hour of the week (Monday 00:00 UTC is the first) in the weeks before, the spread
the median absolute deviation (MAD) from it, scaled by 1.4826, which makes it a standard deviation where numbers are
normally distributed. Both ignore single odd weeks, unlike mean and variance. Source: Iglewicz and Hoaglin, "How to
Detect and Handle Outliers" (1993), whose limit for this modified score is 3.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

WEEK = timedelta(weeks=1)
WEEKS = 8
LEAST_WEEKS = 4
SCALE = 1.4826
LIMIT = 3.5
# A quiet service has a spread of nothing: without a floor its second alert of a week would be an anomaly.
LEAST_SPREAD, LEAST_ALERTS = 1.0, 5


@dataclass(frozen=True, slots=True)
class Usual:
    """What an hour of the week is like: the median of `weeks` weeks and their median absolute deviation."""

    median: float
    mad: float
    weeks: int


@dataclass(frozen=True, slots=True)
class Anomaly:
    """An hour (from `hour`, UTC) of a service with far more alerts than usual; `score` in scaled spreads."""

    service: int
    hour: datetime
    alerts: int
    usual: Usual
    score: float


def usual(counts: Mapping[datetime, int], hour: datetime, since: datetime) -> Usual | None:
    """The same hour in up to eight weeks before `hour`; hours without a count are none, weeks before `since` (the
    first that was counted at all) are unknown. None with fewer than four known weeks."""
    weeks = [hour - number * WEEK for number in range(1, WEEKS + 1)]
    known = [counts.get(each, 0) for each in weeks if each >= since]
    if len(known) < LEAST_WEEKS:
        return None
    middle = median(known)
    return Usual(middle, median(abs(each - middle) for each in known), len(known))


def anomaly(service: int, hour: datetime, counts: Mapping[datetime, int], since: datetime) -> Anomaly | None:
    """What is odd about that hour; None where nothing is, or where too little is known."""
    alerts, normal = counts.get(hour, 0), usual(counts, hour, since)
    if normal is None or alerts < LEAST_ALERTS:
        return None
    score = (alerts - normal.median) / max(SCALE * normal.mad, LEAST_SPREAD)
    return Anomaly(service, hour, alerts, normal, score) if score > LIMIT else None


def anomalies(
    counts: Mapping[int, Mapping[datetime, int]], hours: Sequence[datetime], since: datetime
) -> list[Anomaly]:
    """Those of all services in these hours, the newest and the oddest first."""
    found = (
        anomaly(service, hour, per_hour, since) for service, per_hour in counts.items() for hour in hours
    )
    return sorted((each for each in found if each), key=lambda each: (each.hour, each.score), reverse=True)
