"""Reads that span models, for the lists."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User
from incidents.models import Incident
from incidents.models import State as IncidentState
from postmortems.models import (
    ActionItem,
    ActionItemQuerySet,
    ActionState,
    Decision,
    Postmortem,
    PostmortemQuerySet,
    Review,
    State,
)


def overview(today: date) -> PostmortemQuerySet:
    """All postmortems with what a list shows; `open_items` and `overdue_items` are counted."""
    is_open = Q(action_items__state=ActionState.OPEN)
    return (
        Postmortem.objects.select_related("incident__service", "author")
        .annotate(
            open_items=Count("action_items", filter=is_open),
            overdue_items=Count("action_items", filter=is_open & Q(action_items__due_on__lt=today)),
        )
        .order_by("-incident_id")
    )


def waiting_for(user: User) -> PostmortemQuerySet:
    """In review, and this person was asked about the version that stands and has not approved it."""
    theirs = Review.objects.filter(postmortem=OuterRef("pk"), version=OuterRef("version"), user=user)
    return Postmortem.objects.filter(
        Exists(theirs.filter(decision=Decision.ASKED)),
        ~Exists(theirs.filter(decision=Decision.APPROVED)),
        state=State.IN_REVIEW,
    )


def unwritten() -> QuerySet[Incident]:
    """Resolved incidents that were declared and that nobody has written about yet, newest first."""
    resolved = Incident.objects.filter(state=IncidentState.RESOLVED, postmortem=None, is_drill=False)
    return resolved.exclude(declared_at=None).select_related("service").order_by("-id")


def to_follow_up() -> ActionItemQuerySet:
    """All open action items with what a list shows, the longest overdue first."""
    return (
        ActionItem.objects.open()
        .select_related("owner", "postmortem__incident__service")
        .order_by("due_on", "id")
    )
