"""Every change to schedules, overrides and escalation policies."""

from oncall.actions.absences import add_absence, change_absence, withdraw_absence
from oncall.actions.covers import (
    accept_cover,
    ask_for_cover,
    decline_cover,
    expire_covers,
    remind_of_covers,
    withdraw_cover,
)
from oncall.actions.overrides import add_override, withdraw_override
from oncall.actions.policies import delete_policy, save_policy
from oncall.actions.schedules import (
    create_schedule,
    delete_schedule,
    rehearse_update,
    undo_last_change,
    update_schedule,
)
from oncall.drafts import LayerDraft, Refused, StepDraft

__all__ = [
    "LayerDraft",
    "Refused",
    "StepDraft",
    "accept_cover",
    "add_absence",
    "add_override",
    "ask_for_cover",
    "change_absence",
    "create_schedule",
    "decline_cover",
    "delete_policy",
    "delete_schedule",
    "expire_covers",
    "rehearse_update",
    "remind_of_covers",
    "save_policy",
    "undo_last_change",
    "update_schedule",
    "withdraw_absence",
    "withdraw_cover",
    "withdraw_override",
]
