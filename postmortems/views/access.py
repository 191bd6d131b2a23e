"""Fetching what a request may see or change; what it may not is not there (404)."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from accounts.access import PersonRequest
from postmortems.models import ActionItem, Postmortem, PostmortemQuerySet, TimelineItem

RELATED = ("incident__service__team", "author", "published_by", "changed_by")


def readable(request: PersonRequest, number: int) -> Postmortem:
    """The postmortem of incident `number`; everybody who is signed in may read it."""
    return _get(Postmortem.objects.all(), number)


def changeable(request: PersonRequest, number: int) -> Postmortem:
    """The same, for those who act on incidents."""
    return _get(Postmortem.objects.changeable_by(request.user), number)


def changeable_action_item(request: PersonRequest, number: int, pk: int) -> ActionItem:
    """An action item of the postmortem of incident `number`."""
    mine = ActionItem.objects.changeable_by(request.user).select_related("postmortem__incident", "owner")
    return get_object_or_404(mine, postmortem__incident_id=number, pk=pk)


def changeable_entry(request: PersonRequest, number: int, entry: int) -> TimelineItem:
    """The copy of one timeline entry, by the entry's number."""
    return get_object_or_404(
        TimelineItem.objects.select_related("postmortem"),
        postmortem=changeable(request, number),
        number=entry,
    )


def _get(rows: PostmortemQuerySet, number: int) -> Postmortem:
    return get_object_or_404(rows.select_related(*RELATED), incident_id=number)
