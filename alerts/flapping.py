"""Conditions that come and go: told once, and over only when they have been quiet for a while.

A key whose alert ended and fired again RETURNS times within WINDOW flaps. From then on its tool's "resolved" does not
end the alert: it ends QUIET later unless it fires again before. So it is one alert, one incident and one page, however
often it comes and goes. Only ends that its tool told count: what people close, or what ends by silence, does not flap.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection

from alerts.models import Alert, EndedBy

RETURNS = 3
WINDOW = timedelta(minutes=30)
QUIET = timedelta(minutes=10)

# The last few alerts of each key, by the index alert_key_newest. '' stands in rows of the first version.
ENDS = f"""
    SELECT wanted.key, newest.resolved_at
    FROM unnest(%s::text[]) AS wanted(key), LATERAL (
        SELECT resolved_at, ended_by FROM alerts_alert
        WHERE integration_id = %s AND dedup_key = wanted.key ORDER BY id DESC LIMIT {RETURNS}
    ) AS newest
    WHERE newest.resolved_at >= %s AND newest.ended_by IN ('', '{EndedBy.TOOL.value}')
"""  # noqa: S608  # numbers and a word of ours


def recent_ends(integration_id: int, keys: Collection[str], since: datetime) -> dict[str, list[datetime]]:
    """When the last alerts of these keys ended by their tool, those that ended from `since` on."""
    ends: dict[str, list[datetime]] = {}
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(ENDS, [list(keys), integration_id, since])
            for key, moment in cursor.fetchall():
                ends.setdefault(key, []).append(moment)
    return ends


def returns(ends: Collection[datetime], at: datetime) -> int:
    """How often a key that fires at `at` ended and came back within the time that counts."""
    return sum(at - WINDOW <= moment <= at for moment in ends)


def flaps(alert: Alert) -> bool:
    """Whether it comes and goes so often that one end of it says little."""
    return alert.flaps >= RETURNS


def settle(alert: Alert, at: datetime) -> None:
    """Its tool says that it is over: believed when it stays so. Said again, it is not waited for anew."""
    alert.settles_at = alert.settles_at or at + QUIET
    alert.expires_at = None


def fired_again(alert: Alert) -> None:
    """It was not over."""
    if alert.settles_at is not None:
        alert.settles_at = None
        alert.flaps += 1
