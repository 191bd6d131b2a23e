"""What postmortems say on the pages of an incident and of a person."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import User
from incidents.models import Incident
from incidents.models import State as IncidentState
from postmortems import queries
from postmortems.models import Postmortem

MOST = 10


def incident_panel(incident: Incident, user: User) -> dict[str, Any] | None:
    """The incident's postmortem, or the button to write one once it is resolved."""
    postmortem = Postmortem.objects.select_related("author").filter(incident=incident).first()
    if postmortem is None and incident.state != IncidentState.RESOLVED:
        return None
    items = postmortem.action_items.open().count() if postmortem else 0
    return {
        "postmortem": postmortem,
        "number": incident.pk,
        "may_write": user.can_respond,
        "open_items": items,
    }


def promises_panel(person: User, user: User) -> dict[str, Any] | None:
    """The action items that this person still owes."""
    items = list(queries.to_follow_up().filter(owner=person)[:MOST])
    return {"items": items, "today": timezone.localdate()} if items else None
