"""Incidents and updates as other tests have proved that actions write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from catalog.models import Service
from incidents.models import Incident, Update


def make_incident(
    service: Service, at: datetime, title: str = "Payments answer slowly", **fields: Any
) -> Incident:
    wanted = {"state": "active", "severity": 1, "started_at": at, "created_at": at} | fields
    return Incident.objects.create(title=title, service=service, **wanted)


def make_update(
    incident: Incident,
    phase: str,
    impact: str,
    body: str,
    at: datetime,
    *,
    is_public: bool = True,
    **fields: Any,
) -> Update:
    return Update.objects.create(
        incident=incident, phase=phase, impact=impact, body=body, created_at=at, is_public=is_public, **fields
    )
