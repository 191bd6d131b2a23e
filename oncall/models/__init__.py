"""Rows of the on-call side, by noun."""

from oncall.models.calendars import CalendarFeed, CalendarLink, FeedPurpose, FeedShift, PublishedShift
from oncall.models.drills import (
    Drill,
    DrillPerson,
    DrillPlan,
    DrillState,
    ReachState,
    Rhythm,
)
from oncall.models.overrides import Absence, CoverRequest, CoverState, Override, OverrideKind
from oncall.models.policies import (
    Binding,
    EscalationPolicy,
    OnEmpty,
    PolicyStep,
    RoundRobin,
    StepTarget,
    Which,
)
from oncall.models.revisions import MailChoice, Revision
from oncall.models.schedules import Layer, LayerRole, Restriction, Schedule, Slot, TurnUnit

__all__ = [
    "Absence",
    "Binding",
    "CalendarFeed",
    "CalendarLink",
    "CoverRequest",
    "CoverState",
    "Drill",
    "DrillPerson",
    "DrillPlan",
    "DrillState",
    "EscalationPolicy",
    "FeedPurpose",
    "FeedShift",
    "Layer",
    "LayerRole",
    "MailChoice",
    "OnEmpty",
    "Override",
    "OverrideKind",
    "PolicyStep",
    "PublishedShift",
    "ReachState",
    "Restriction",
    "Revision",
    "Rhythm",
    "RoundRobin",
    "Schedule",
    "Slot",
    "StepTarget",
    "TurnUnit",
    "Which",
]
