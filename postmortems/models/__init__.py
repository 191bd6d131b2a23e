"""The review of an incident: what is written, who approved it, what is done about it, and the PDFs made of it."""

from postmortems.models.action_item import ActionItem, ActionItemQuerySet, ActionKind, ActionState
from postmortems.models.pdf_file import PdfFile, PdfFileQuerySet, PdfState
from postmortems.models.postmortem import (
    NEEDED_FOR_REVIEW,
    Postmortem,
    PostmortemQuerySet,
    Revision,
    Section,
    State,
)
from postmortems.models.review import Decision, Review, ReviewQuerySet
from postmortems.models.timeline_item import TimelineItem, TimelineItemQuerySet

__all__ = [
    "NEEDED_FOR_REVIEW",
    "ActionItem",
    "ActionItemQuerySet",
    "ActionKind",
    "ActionState",
    "Decision",
    "PdfFile",
    "PdfFileQuerySet",
    "PdfState",
    "Postmortem",
    "PostmortemQuerySet",
    "Review",
    "ReviewQuerySet",
    "Revision",
    "Section",
    "State",
    "TimelineItem",
    "TimelineItemQuerySet",
]
