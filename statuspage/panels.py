"""What the status pages add to the pages of lower layers."""

from __future__ import annotations

from typing import Any

from incidents.models import Incident
from statuspage.queries import showings


def incident_panel(incident: Incident, user: object) -> dict[str, Any] | None:
    """Where customers see the incident and what they read now; None where no component stands for it."""
    found = showings(incident)
    return {"showings": found, "read": found[0].read, "incident": incident} if found else None
