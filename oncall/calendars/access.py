"""Who may change which calendar; for everybody else it does not exist."""

from __future__ import annotations

from django.db.models import Q
from django.shortcuts import get_object_or_404

from accounts.models import User
from oncall.models import CalendarFeed, CalendarLink, Schedule


def changeable_feed(user: User, pk: int) -> CalendarFeed:
    """A calendar that is read for a schedule that `user` may change, or for `user`; else 404."""
    theirs = Q(user=user) | Q(schedule__in=Schedule.objects.changeable_by(user))
    found = CalendarFeed.objects.exclude(url="").select_related("schedule__team", "user", "created_by")
    return get_object_or_404(found, theirs, pk=pk)


def revocable_link(user: User, pk: int) -> CalendarLink:
    """A link that `user` has made, or any for an admin; else 404."""
    links = CalendarLink.objects.filter(revoked_at=None)
    return get_object_or_404(links if user.is_admin else links.filter(made_by=user), pk=pk)
