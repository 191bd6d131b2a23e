"""Stored events of thirty days, made in the database itself: `python -m ops.bench.history 5000000`."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402 - Django must be set up first
from django.utils import timezone  # noqa: E402

from alerts.partitions import drop_old, ensure_ahead  # noqa: E402

DAYS = 30
FILL = """
    INSERT INTO alerts_event
        (integration_id, endpoint, body, context, dedup_key, received_at, processed_at, problem, notes)
    SELECT (SELECT min(id) FROM alerts_integration), 'alert',
           '{"event_action": "trigger", "dedup_key": "past-' || n || '", "payload": {"summary": "disk is nearly full '
           || n || '", "source": "db1.example.test", "severity": "critical", "custom_details": {"free": "3%%"}}}',
           '{}', '', moment, moment, '', '[]'
    FROM (SELECT n, %s::timestamptz + n * interval '1 day' / %s AS moment FROM generate_series(0, %s) AS n) AS past
"""


def main(total: int) -> None:
    """Evenly over the last DAYS, done with, a day at a time; with a `total` of 0 the days before today are dropped."""
    now = timezone.now()
    if not total:
        drop_old(now, now - now.replace(hour=0, minute=0, second=0, microsecond=0))
        return
    first = now - timedelta(days=DAYS)
    ensure_ahead(first, DAYS)
    each = total // DAYS
    with connection.cursor() as cursor:
        for day in range(DAYS):
            cursor.execute(FILL, [first + timedelta(days=day), each, each - 1])
        cursor.execute("VACUUM ANALYZE alerts_event")


if __name__ == "__main__":
    main(int(sys.argv[1]))
