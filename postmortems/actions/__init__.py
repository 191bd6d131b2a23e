"""Every write to a postmortem. Callers have fetched the rows by `changeable_by`; rules beyond that stand here."""

from postmortems.actions.errors import (
    Changed,
    Conflict,
    Incomplete,
    NotApproved,
    NotDraft,
    NotInReview,
    NotResolved,
    OwnWork,
    ReasonNeeded,
    Refused,
)
from postmortems.actions.items import add_action_item, edit_action_item, move_action_item
from postmortems.actions.pdfs import remind, render_pdf, request_pdf, wake_waiting
from postmortems.actions.reviews import approve, publish, reopen, send_back, submit
from postmortems.actions.timeline import import_timeline, mark_item
from postmortems.actions.writing import save_section, start

__all__ = [
    "Changed",
    "Conflict",
    "Incomplete",
    "NotApproved",
    "NotDraft",
    "NotInReview",
    "NotResolved",
    "OwnWork",
    "ReasonNeeded",
    "Refused",
    "add_action_item",
    "approve",
    "edit_action_item",
    "import_timeline",
    "mark_item",
    "move_action_item",
    "publish",
    "remind",
    "render_pdf",
    "reopen",
    "request_pdf",
    "save_section",
    "send_back",
    "start",
    "submit",
    "wake_waiting",
]
