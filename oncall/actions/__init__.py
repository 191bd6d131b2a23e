"""Every change to schedules, overrides and escalation policies."""

from oncall.actions.overrides import add_override, withdraw_override
from oncall.actions.policies import delete_policy, save_policy
from oncall.actions.schedules import create_schedule, delete_schedule, update_schedule
from oncall.drafts import LayerDraft, Refused, StepDraft

__all__ = [
    "LayerDraft",
    "Refused",
    "StepDraft",
    "add_override",
    "create_schedule",
    "delete_policy",
    "delete_schedule",
    "save_policy",
    "update_schedule",
    "withdraw_override",
]
