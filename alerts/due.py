"""What time alone brings about for alerts and mutes, in one look of a worker."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from alerts.holding import end_settled, end_silent, place_held
from alerts.muting import move_mutes

# Answered by the partial indexes alone: nothing is read while nothing is due.
ANY = """
    SELECT EXISTS (SELECT 1 FROM alerts_mute WHERE due_at <= %(now)s AND due_at IS NOT NULL),
           EXISTS (SELECT 1 FROM alerts_alert WHERE held_until <= %(now)s AND held_until IS NOT NULL),
           EXISTS (SELECT 1 FROM alerts_alert
                   WHERE expires_at <= %(now)s AND expires_at IS NOT NULL AND NOT (state = 'resolved')),
           EXISTS (SELECT 1 FROM alerts_alert WHERE settles_at <= %(now)s AND settles_at IS NOT NULL)
"""
# Mutes go first, so that a pause does not end under a mute that is over.
IN_TURN = (move_mutes, place_held, end_silent, end_settled)


def work_due(*, now: datetime) -> int:
    """Mutes that begin and end, pauses that are over, silence, and what has settled; returns how many were moved."""
    with connection.cursor() as cursor:
        cursor.execute(ANY, {"now": now})
        is_due = cursor.fetchone()
    return sum(work(now=now) for work, due in zip(IN_TURN, is_due, strict=True) if due)
