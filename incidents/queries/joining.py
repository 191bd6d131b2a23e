"""Which open incidents new alerts may join: found by index for each service; the caller locks them and looks again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from incidents.models import DECLARED, Incident, State
from notifications.models import Urgency

# Whoever asks locks what is found here, so it is bounded.
MOST_CHILDREN = 100

JOINABLE = """
    SELECT wanted.service, wanted.key, found.id
    FROM unnest(%s::bigint[], %s::text[]) AS wanted(service, key), LATERAL (
        SELECT id FROM incidents_incident
        WHERE service_id = wanted.service AND NOT (state IN ('resolved', 'dismissed')) AND NOT is_drill
              AND (wanted.key IS NULL OR group_key = wanted.key)
        ORDER BY id DESC LIMIT 1
    ) AS found
"""
DOWN = """
    SELECT wanted.service, found.id
    FROM unnest(%s::bigint[]) AS wanted(service), LATERAL (
        SELECT id FROM incidents_incident AS i
        WHERE service_id = wanted.service AND NOT (state IN ('resolved', 'dismissed')) AND NOT is_drill
              AND (state = ANY(%s) OR (urgency = 'high' AND EXISTS (
                  SELECT 1 FROM incidents_escalation WHERE incident_id = i.id)))
        ORDER BY id DESC LIMIT 1
    ) AS found
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts of one service that make one incident; `key` is None where any of the service's will do."""

    service: int
    key: str | None


def joinable(groups: Collection[Group]) -> dict[Group, int]:
    """The newest open incident of each group that has one; drills are none."""
    if not groups:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(JOINABLE, [[each.service for each in groups], [each.key for each in groups]])
        return {Group(service, key): found for service, key, found in cursor.fetchall()}


def down(services: Collection[int]) -> dict[int, int]:
    """The newest open incident that says that a service is down: one that pages urgently, or that a person declared."""
    if not services:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(DOWN, [list(services), [state.value for state in DECLARED]])
        return dict(cursor.fetchall())


def says_down(incident: Incident) -> bool:
    """Whether it still does, once it is locked."""
    return incident.is_open and (incident.is_declared or incident.urgency == Urgency.HIGH)


def unanswered(services: Collection[int], since: datetime) -> list[Incident]:
    """Incidents of these services that opened from `since` on and that nobody has acknowledged or declared."""
    found = Incident.objects.filter(
        service__in=services,
        state=State.TRIAGE,
        created_at__gte=since,
        acknowledged_at=None,
        is_drill=False,
    ).exclude(source="person")
    return list(found.order_by("pk")[:MOST_CHILDREN])
