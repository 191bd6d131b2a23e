"""What the lateness counters say: how late steps and pages were in the last hour, day or week, and the worst ones.

A percentile is read off the histogram: straight lines are drawn between the edges of its buckets, and no value is above
the worst one seen. Whether something was within the bound is exact, since the bound is an edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Max, Sum

from notifications.lateness import ALL, BOUND, MAX, SUM, slot_of
from notifications.measures import EDGES
from notifications.models import Late, LatenessKind, LatenessSlot

MOST_NAMED = 50


class Span(StrEnum):
    """How far back is looked."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"

    @property
    def length(self) -> timedelta:
        return {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}[self.value]


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many were later than `above` and at most `upto` seconds late; `upto` is None for the last one."""

    above: float
    upto: float | None
    count: int

    @property
    def is_late(self) -> bool:
        """Beyond the bound."""
        return self.above >= BOUND.total_seconds()


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Of one kind in one span. Times in seconds; None where there was nothing."""

    kind: LatenessKind
    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    worst: float | None
    mean: float | None
    within: float | None
    buckets: tuple[Bucket, ...]

    @property
    def beyond(self) -> int:
        """How many broke the bound."""
        return sum(bucket.count for bucket in self.buckets if bucket.is_late)


def summary(span: Span, now: datetime) -> dict[LatenessKind, Punctuality]:
    """Each kind, over the whole five minutes that touch the span. One query."""
    rows = (
        LatenessSlot.objects.filter(slot__gte=slot_of(now - span.length), slot__lte=now)
        .values("kind", "bucket")
        .annotate(total=Sum("value"), most=Max("value"))
    )
    found: dict[str, dict[str, float]] = {kind: {} for kind in LatenessKind}
    for row in rows:
        found[row["kind"]][row["bucket"]] = row["most"] if row["bucket"] == MAX else row["total"]
    return {kind: read(kind, found[kind]) for kind in LatenessKind}


def read(kind: LatenessKind, counts: Mapping[str, float]) -> Punctuality:
    """From cumulated counts by upper edge, with "+Inf", "sum" and "max"; pure."""
    total = counts.get(ALL, 0.0)
    if not total:
        return Punctuality(kind, 0, None, None, None, None, None, None, ())
    worst = counts.get(MAX, 0.0)
    buckets = _buckets(counts, total)
    beyond = sum(bucket.count for bucket in buckets if bucket.is_late)
    return Punctuality(
        kind,
        count=round(total),
        p50=quantile(0.5, buckets, worst),
        p95=quantile(0.95, buckets, worst),
        p99=quantile(0.99, buckets, worst),
        worst=worst,
        mean=counts.get(SUM, 0.0) / total,
        within=1 - beyond / total,
        buckets=buckets,
    )


def _buckets(counts: Mapping[str, float], total: float) -> tuple[Bucket, ...]:
    found: list[Bucket] = []
    above, before = 0.0, 0.0
    for edge in EDGES:
        upto = counts.get(str(edge), before)
        found.append(Bucket(above, edge, round(upto - before)))
        above, before = edge, upto
    return (*found, Bucket(above, None, round(total - before)))


def quantile(share: float, buckets: tuple[Bucket, ...], worst: float) -> float:
    """How late `share` of all were at most, by straight lines within a bucket, never above `worst`."""
    wanted = share * sum(bucket.count for bucket in buckets)
    passed = 0
    for bucket in buckets:
        if bucket.count and passed + bucket.count >= wanted:
            upto = worst if bucket.upto is None else min(bucket.upto, worst)
            return bucket.above + max(upto - bucket.above, 0.0) * (wanted - passed) / bucket.count
        passed += bucket.count
    return worst


def worst(span: Span, now: datetime, limit: int = 10) -> list[Late]:
    """The latest ones of the span that are known by name, worst first."""
    found = Late.objects.filter(done_at__gt=now - span.length, done_at__lte=now)
    return list(found.order_by("-seconds", "-id")[: min(limit, MOST_NAMED)])


def seconds(value: float | None) -> str:
    """ "0.42 s", "3.1 s", "2 min 05 s": as much as helps; a dash where there is none."""
    if value is None:
        return "–"
    if value < 1:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02} s"
