"""Incidents as the API shows them, and what it takes."""

from incidents.serializers.shown import (
    Acknowledged,
    AttemptSerializer,
    DeliverySerializer,
    EntrySerializer,
    EscalationSerializer,
    HeldRole,
    IncidentDetail,
    IncidentSerializer,
    UpdateSerializer,
)
from incidents.serializers.taken import (
    KEY,
    Declaration,
    IncidentQuery,
    NewIncident,
    NewNote,
    NewUpdate,
    Resolution,
    Transition,
)

__all__ = [
    "KEY",
    "Acknowledged",
    "AttemptSerializer",
    "Declaration",
    "DeliverySerializer",
    "EntrySerializer",
    "EscalationSerializer",
    "HeldRole",
    "IncidentDetail",
    "IncidentQuery",
    "IncidentSerializer",
    "NewIncident",
    "NewNote",
    "NewUpdate",
    "Resolution",
    "Transition",
    "UpdateSerializer",
]
