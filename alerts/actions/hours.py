"""How many alerts began on each service in each hour: the memory that outlives the alerts' pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

# Tools tell of what began a while ago; hours that are older than this do not change any more.
LOOK_BACK = timedelta(hours=26)
COUNT = """
    INSERT INTO alerts_alerthour (service_id, hour, alerts)
    SELECT service_id, date_trunc('hour', started_at, 'UTC'), count(*)
    FROM alerts_alert
    WHERE started_at >= date_trunc('hour', %(since)s::timestamptz, 'UTC') AND started_at <= %(now)s
          AND service_id IS NOT NULL
    GROUP BY 1, 2
    ON CONFLICT (service_id, hour) DO UPDATE SET alerts = EXCLUDED.alerts
    WHERE alerts_alerthour.alerts <> EXCLUDED.alerts
"""


def count_hours(*, now: datetime) -> int:
    """Count the last day anew; as often as one likes. Returns how many hours were written."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"now": now, "since": now - LOOK_BACK})
        return int(cursor.rowcount)
