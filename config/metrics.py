"""/metrics in the Prometheus text format, from Postgres, so that any web process answers for the whole installation.

`tocsin_escalation_overdue_seconds` is the figure to alarm on: how late the most overdue timer is at this moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

from notifications import unsent
from notifications.models import Measure

GAUGES = """
    SELECT
      (SELECT extract(epoch FROM %(now)s - min(next_step_at)) FROM incidents_escalation WHERE state = 'running'),
      (SELECT count(*) FROM incidents_escalation WHERE state = 'running'),
      (SELECT extract(epoch FROM %(now)s - min(due_at)) FROM notifications_delivery
       WHERE state IN ('pending', 'sending')),
      (SELECT count(*) FROM notifications_delivery WHERE state IN ('pending', 'sending') AND due_at <= %(now)s),
      (SELECT count(*) FROM alerts_event WHERE processed_at IS NULL),
      (SELECT extract(epoch FROM %(now)s - min(received_at)) FROM alerts_event WHERE processed_at IS NULL),
      (SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'alerts_event'::regclass
       AND c.relname > 'alerts_event_d' || to_char(%(now)s ::timestamptz AT TIME ZONE 'UTC', 'YYYYMMDD')
       AND c.relname < 'alerts_event_e'),
      (SELECT count(*) FROM incidents_incident WHERE state NOT IN ('resolved', 'dismissed')),
      (SELECT count(*) FROM notifications_measure WHERE name = 'sweeper' AND value > extract(epoch FROM %(now)s) - 10),
      (SELECT count(*) FROM notifications_circuit WHERE opened_at IS NOT NULL),
      (SELECT count(*) FROM notifications_alarm WHERE closed_at IS NULL),
      (SELECT max(value) FROM notifications_latenessslot
       WHERE bucket = 'max' AND slot >= %(now)s - interval '65 minutes'),
      extract(epoch FROM %(now)s - %(unsent)s::timestamptz)
"""
NAMES = (
    ("escalation_overdue_seconds", "How late the most overdue escalation timer is; 0 when none is."),
    ("escalations_running", "Escalations that page until somebody acknowledges."),
    ("delivery_overdue_seconds", "How late the most overdue message is; 0 when none is."),
    ("deliveries_waiting", "Messages that are due and not handed over yet."),
    ("events_waiting", "Accepted events that are not processed yet."),
    (
        "event_oldest_waiting_seconds",
        "Age of the oldest accepted event that is not processed yet; 0 when none is.",
    ),
    ("event_days_ahead", "Partitions that wait for events of the days to come; alarm below 2."),
    ("incidents_open", "Incidents that are neither resolved nor dismissed."),
    ("sweepers_alive", "Workers that swept within the last ten seconds."),
    ("circuits_open", "Providers that do not answer, so that other methods are used."),
    ("alarms_open", "Alarms about the pager itself that are open."),
    ("lateness_max_seconds", "How late the latest step or page of about the last hour was."),
    (
        "page_unsent_seconds",
        "How long the oldest page has waited that its provider should have; 0 when none does.",
    ),
)
HISTOGRAMS = {
    "step_lateness": ("escalation_step_lateness_seconds", "From an escalation's due time to its step."),
    "delivery_lateness": ("page_lateness_seconds", "From when a page was due to when the provider had it."),
    "event_wait": ("event_wait_seconds", "From accepting an event to processing it."),
}


def metrics(request: HttpRequest) -> HttpResponse:
    """Text or OpenMetrics, as the scraper asks. Holds no names and no incident's number."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(timezone.now()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


class _Families:
    """A collector that reads the shared counters once."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        yield from _gauges(self.now)
        rows = list(Measure.objects.exclude(name="sweeper").values_list("name", "label", "bucket", "value"))
        yield _counter("events_processed", "Accepted events that were made into alerts.", rows)
        yield _deliveries(rows)
        for name, (metric, text) in HISTOGRAMS.items():
            yield _histogram(name, metric, text, rows)


Row = tuple[str, str, str, float]


def _gauges(now: datetime) -> Iterator[Metric]:
    waiting = unsent.oldest(now)
    with connection.cursor() as cursor:
        cursor.execute(GAUGES, {"now": now, "unsent": waiting.since if waiting else None})
        values = cursor.fetchone()
    for (name, text), value in zip(NAMES, values, strict=True):
        yield GaugeMetricFamily(f"tocsin_{name}", text, value=max(0.0, float(value or 0)))


def _counter(name: str, text: str, rows: Iterable[Row]) -> Metric:
    return CounterMetricFamily(f"tocsin_{name}", text, value=sum(row[3] for row in rows if row[0] == name))


def _deliveries(rows: Iterable[Row]) -> Metric:
    family = CounterMetricFamily(
        "tocsin_deliveries", "Messages by transport and outcome.", labels=["transport", "outcome"]
    )
    for name, label, _bucket, value in rows:
        if name == "deliveries":
            family.add_metric(label.split(":", 1), value)
    return family


def _histogram(name: str, metric: str, text: str, rows: Iterable[Row]) -> Metric:
    family = HistogramMetricFamily(f"tocsin_{metric}", text, labels=["kind"])
    mine = sorted((row for row in rows if row[0] == name), key=lambda row: row[1])
    for label, group in groupby(mine, key=lambda row: row[1]):
        values = {bucket: value for _, _, bucket, value in group}
        edges = sorted((bucket for bucket in values if bucket not in ("sum",)), key=float)
        family.add_metric([label or "all"], [(edge, values[edge]) for edge in edges], values.get("sum", 0.0))
    return family
