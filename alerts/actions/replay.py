"""Stored events, sent through again: after a mapping or a route was changed, or to see what becomes of one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.actions.intake import INTAKE
from alerts.actions.testing import READ_ONLY, Disabled
from alerts.models import Event, Integration
from lib import wake

MOST = 1000
# What we said ourselves, pings and tests are not what a tool sent; a replay of a replay would double.
AGAIN = """
    INSERT INTO alerts_event
        (integration_id, endpoint, body, context, dedup_key, received_at, replay_of, problem, notes)
    SELECT integration_id, endpoint, body, context, dedup_key, %(now)s, id, '', '[]'
    FROM (
        SELECT * FROM alerts_event
        WHERE integration_id = %(integration)s AND endpoint IN ('alert', 'change') AND replay_of IS NULL
          AND received_at >= %(since)s AND NOT notes @> %(test)s::jsonb
        ORDER BY id DESC LIMIT %(most)s
    ) newest
    ORDER BY id
    RETURNING id
"""
ONE = """
    INSERT INTO alerts_event
        (integration_id, endpoint, body, context, dedup_key, received_at, replay_of, problem, notes)
    SELECT integration_id, endpoint, body, context, dedup_key, %s, id, '', '[]'
    FROM alerts_event WHERE id = %s AND received_at = %s RETURNING id
"""
EARLIEST = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


class TooMany(ValueError):
    """More than a replay may hold, or none."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The new events: how many, and the first and last of their ids; both 0 where there was nothing to replay."""

    count: int
    first: int = 0
    last: int = 0


def replay_event(*, actor: User, event: Event, now: datetime) -> int:
    """Send one event through again; the new event's id. It is read as if it came now. Raises Disabled."""
    _check_enabled(event.integration_id)
    with connection.cursor() as cursor:
        cursor.execute(ONE, [now, event.pk, event.received_at])
        new_id: int = cursor.fetchone()[0]
    wake.ring(INTAKE)
    return new_id


def replay_newest(
    *, actor: User, integration: Integration, now: datetime, most: int = MOST, since: datetime | None = None
) -> Replayed:
    """Send the newest `most` events, since an instant where one is given, through again in their order. Raises TooMany
    and Disabled."""
    if not 1 <= most <= MOST:
        raise TooMany(_("Between 1 and %(most)s events can be replayed at once.") % {"most": MOST})
    _check_enabled(integration.pk)
    chosen: dict[str, Any] = {
        "integration": integration.pk,
        "since": since or EARLIEST,
        "most": most,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(AGAIN, {**chosen, "test": json.dumps([READ_ONLY])})
        ids = [row[0] for row in cursor.fetchall()]
    if ids:
        wake.ring(INTAKE)
    return Replayed(len(ids), min(ids), max(ids)) if ids else Replayed(0)


def _check_enabled(integration_id: int) -> None:
    if not Integration.objects.enabled().filter(pk=integration_id).exists():
        raise Disabled(_("The integration is disabled. Enable it first."))
