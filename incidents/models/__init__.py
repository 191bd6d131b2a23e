"""The incident, its timeline, the escalation that pages for it, and what is told about it."""

from incidents.models.escalations import Channel, Escalation, EscalationQuerySet
from incidents.models.incidents import (
    CLOSED,
    DECLARED,
    WRITTEN,
    EntryKind,
    EscalationState,
    Impact,
    Incident,
    IncidentQuerySet,
    Severity,
    State,
    TimelineEntry,
)
from incidents.models.telling import (
    IdempotencyKey,
    PageVerdict,
    Phase,
    RoleAssignment,
    RoleName,
    Update,
    UpdateQuerySet,
)

__all__ = [
    "CLOSED",
    "DECLARED",
    "WRITTEN",
    "Channel",
    "EntryKind",
    "Escalation",
    "EscalationQuerySet",
    "EscalationState",
    "IdempotencyKey",
    "Impact",
    "Incident",
    "IncidentQuerySet",
    "PageVerdict",
    "Phase",
    "RoleAssignment",
    "RoleName",
    "Severity",
    "State",
    "TimelineEntry",
    "Update",
    "UpdateQuerySet",
]
