"""Alerts of a whole batch written in one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection

from alerts.models import Alert

UPDATE = """
    UPDATE alerts_alert a
    SET state = v.state, resolved_at = v.resolved, severity = v.severity, summary = v.summary, source = v.source,
        details = v.details, links = v.links, count = a.count + v.fired, last_seen_at = v.seen, last_event_id = v.event,
        rule = v.rule, labels = v.labels, ended_by = v.ended_by, held_until = v.held, expires_at = v.expires,
        settles_at = v.settles, flaps = v.flaps
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::jsonb[],
                %s::jsonb[], %s::int[], %s::timestamptz[], %s::bigint[], %s::text[], %s::jsonb[], %s::text[],
                %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::int[])
        AS v(id, state, resolved, severity, summary, source, details, links, fired, seen, event, rule, labels, ended_by,
             held, expires, settles, flaps)
    WHERE a.id = v.id
"""


def update_alerts(fired: Iterable[tuple[Alert, int]]) -> None:
    """Write alerts as they are now; each one's count grows by how often it fired."""
    rows = [
        (
            alert.pk,
            str(alert.state),
            alert.resolved_at,
            str(alert.severity),
            alert.summary,
            alert.source,
            json.dumps(alert.details),
            json.dumps(alert.links),
            times,
            alert.last_seen_at,
            alert.last_event_id,
            alert.rule,
            json.dumps(alert.labels),
            str(alert.ended_by),
            alert.held_until,
            alert.expires_at,
            alert.settles_at,
            alert.flaps,
        )
        for alert, times in fired
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(UPDATE, [list(column) for column in zip(*rows, strict=True)])
