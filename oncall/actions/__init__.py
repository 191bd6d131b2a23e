"""Every change to schedules, overrides and escalation policies."""

from oncall.actions.absences import add_absence, change_absence, withdraw_absence
from oncall.actions.calendar_feeds import add_feed, change_feed, read_due_feeds, refresh_feed, remove_feed
from oncall.actions.calendar_links import create_link, revoke_link
from oncall.actions.covers import (
    accept_cover,
    ask_for_cover,
    decline_cover,
    expire_covers,
    remind_of_covers,
    withdraw_cover,
)
from oncall.actions.overrides import add_override, add_overrides, withdraw_override
from oncall.actions.policies import delete_policy, rehearse_policy, save_policy, undo_policy_change
from oncall.actions.schedules import (
    create_schedule,
    delete_schedule,
    rehearse_update,
    undo_last_change,
    update_schedule,
)
from oncall.drafts import Aim, LayerDraft, OverrideDraft, Refused, StepDraft

__all__ = [
    "Aim",
    "LayerDraft",
    "OverrideDraft",
    "Refused",
    "StepDraft",
    "accept_cover",
    "add_absence",
    "add_feed",
    "add_override",
    "add_overrides",
    "ask_for_cover",
    "change_absence",
    "change_feed",
    "create_link",
    "create_schedule",
    "decline_cover",
    "delete_policy",
    "delete_schedule",
    "expire_covers",
    "read_due_feeds",
    "refresh_feed",
    "rehearse_policy",
    "rehearse_update",
    "remind_of_covers",
    "remove_feed",
    "revoke_link",
    "save_policy",
    "undo_last_change",
    "undo_policy_change",
    "update_schedule",
    "withdraw_absence",
    "withdraw_cover",
    "withdraw_override",
]
