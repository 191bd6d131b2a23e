"""The noise report, read from the ledger, the incidents and the alerts in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from accounts.models import User
from alerts.models import AlertHour, Integration
from catalog.models import Service
from insights.noise import tally
from insights.noise.anomalies import WEEK, WEEKS, Anomaly, anomalies
from insights.noise.tally import Paged, RuleKey, Tally
from lib.intervals import Interval
from oncall.models import Schedule
from oncall.reports.pieces import is_night
from oncall.reports.reading import load_report

HOUR = timedelta(hours=1)
LOOKED_AT = 24

# One row for each person and incident. The rule is that of the first alert; one without a rule is named by its words
# without their numbers, since "disk at 91 %" and "disk at 93 %" come of the same rule.
PAGES = r"""
    WITH pages AS (
        SELECT split_part(subject, ':', 2)::bigint AS incident, user_id, min(sent_at) AS at
        FROM notifications_delivery
        WHERE kind = 'page' AND sent_at >= %(start)s AND sent_at < %(end)s
              AND user_id IS NOT NULL AND subject LIKE 'incident:%%'
        GROUP BY 1, 2
    )
    SELECT p.incident, i.service_id, a.integration_id,
           coalesce(nullif(a.rule, ''), regexp_replace(coalesce(a.summary, i.title), '\d+([.,]\d+)*', '#', 'g')),
           p.user_id, p.at, i.state = 'resolved' AND i.declared_at IS NULL AND NOT EXISTS (
               SELECT 1 FROM incidents_timelineentry t
               WHERE t.incident_id = i.id AND t.kind = 'state' AND t.actor_id IS NOT NULL),
           i.acknowledged_at IS NULL, v.is_useful
    FROM pages p
    JOIN incidents_incident i ON i.id = p.incident AND NOT i.is_drill
    LEFT JOIN LATERAL (
        SELECT integration_id, rule, summary FROM alerts_alert WHERE incident_id = i.id ORDER BY id LIMIT 1
    ) a ON true
    LEFT JOIN incidents_pageverdict v ON v.incident_id = i.id AND v.user_id = p.user_id
    WHERE %(service)s::bigint IS NULL OR i.service_id = %(service)s
    ORDER BY p.at
"""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with what it did. `service` is empty only where it was deleted since."""

    rule: str
    service: Service | None
    integration: Integration | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service with what it did."""

    service: Service | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A schedule with its pages for each twelve hours on call."""

    schedule: Schedule
    pages: int
    per_shift: float

    @property
    def is_over(self) -> bool:
        """More than people can bear, by the target."""
        return self.per_shift > tally.TARGET


@dataclass(frozen=True, slots=True)
class Odd:
    """An anomaly with the service that it is about."""

    service: Service
    found: Anomaly


@dataclass(frozen=True, slots=True)
class NoiseReport:
    """Pages in a span (half open, UTC)."""

    span: Interval
    all: Tally
    rules: tuple[RuleRow, ...]
    services: tuple[ServiceRow, ...]
    to_mend: tuple[RuleRow, ...]
    shifts: tuple[ShiftRow, ...]
    odd: tuple[Odd, ...]

    @property
    def target(self) -> float:
        """Pages that a shift of twelve hours may have."""
        return tally.TARGET


def noise_report(span: Interval, *, now: datetime, service: Service | None = None) -> NoiseReport:
    """Pages in the span, those about one service if one is given; anomalies are those of the last day before `now`."""
    pages = paged_in(span, service)
    services = Service.objects.select_related("team").in_bulk()
    integrations = Integration.objects.in_bulk({page.integration for page in pages if page.integration})

    def rule_row(row: tuple[RuleKey, Tally]) -> RuleRow:
        key, found = row
        door = integrations.get(key.integration) if key.integration else None
        return RuleRow(key.rule, services.get(key.service), door, found)

    rules = tally.by_rule(pages)
    return NoiseReport(
        span=span,
        all=tally.tally(pages),
        rules=tuple(map(rule_row, rules)),
        services=tuple(ServiceRow(services.get(key), found) for key, found in tally.by_service(pages)),
        to_mend=tuple(map(rule_row, tally.to_mend(rules))),
        shifts=() if service else tuple(_shifts(span)),
        odd=tuple(odd_hours(now, services, service)),
    )


def paged_in(span: Interval, service: Service | None) -> list[Paged]:
    """Everybody who was paged, about what, on the clock of each; drills are none."""
    with connection.cursor() as cursor:
        chosen = service.pk if service else None
        cursor.execute(PAGES, {"start": span.start, "end": span.end, "service": chosen})
        rows = cursor.fetchall()
    zones = {user.pk: user.zone for user in User.objects.filter(pk__in={row[4] for row in rows})}
    return [
        Paged(
            incident=row[0],
            service=row[1],
            integration=row[2],
            rule=row[3],
            person=row[4],
            at=row[5],
            at_night=is_night(row[5], zones[row[4]]),
            by_itself=row[6],
            unanswered=row[7],
            useful=row[8],
        )
        for row in rows
    ]


def _shifts(span: Interval) -> list[ShiftRow]:
    rows = []
    for schedule in Schedule.objects.order_by("name"):
        report = load_report([schedule], span, all_pages=False)
        pages = sum(row.load.pages for row in report.rows)
        rate = tally.per_shift(pages, sum((row.load.primary for row in report.rows), timedelta()))
        if rate is not None:
            rows.append(ShiftRow(schedule, pages, rate))
    return sorted(rows, key=lambda row: (-row.per_shift, row.schedule.name))


def odd_hours(now: datetime, services: dict[int, Service], service: Service | None = None) -> list[Odd]:
    """Hours of the last day with far more alerts than the same hour of other weeks, the running one included."""
    running = now.replace(minute=0, second=0, microsecond=0)
    hours = [running - number * HOUR for number in range(LOOKED_AT)]
    counts, since = _counts(hours, service)
    found = anomalies(counts, hours, since) if since else []
    return [Odd(services[each.service], each) for each in found if each.service in services]


def _counts(
    hours: Sequence[datetime], service: Service | None
) -> tuple[dict[int, dict[datetime, int]], datetime | None]:
    """Alerts by service and hour in these hours and in the same ones of the weeks before, and the first hour that was
    ever counted."""
    wanted = [hour - number * WEEK for hour in hours for number in range(WEEKS + 1)]
    rows = AlertHour.objects.filter(hour__in=wanted)
    if service:
        rows = rows.filter(service=service)
    counts: defaultdict[int, dict[datetime, int]] = defaultdict(dict)
    for row in rows:
        counts[row.service_id][row.hour] = row.alerts
    first = AlertHour.objects.order_by("hour").values_list("hour", flat=True).first()
    return dict(counts), first
