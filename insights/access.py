"""Who may write what about being on call; everybody signed in may read all of it."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from insights.models import Assertion, HandoffNote
from oncall.access import may_override


def may_remark(user: User, note: HandoffNote) -> bool:
    """Who leaves, who takes over, responders of the schedule's team, and admins."""
    concerned = user.pk in (*note.outgoing, *note.incoming)
    return user.can_respond and (concerned or may_override(user, note.schedule))


def readable_note(pk: int) -> HandoffNote:
    """The note, which everybody signed in may read; else 404."""
    return get_object_or_404(HandoffNote.objects.select_related("schedule__team", "remark_by"), pk=pk)


def remarkable_note(user: User, pk: int) -> HandoffNote:
    """The note, if `user` may write its remark; else 404."""
    note = readable_note(pk)
    if not may_remark(user, note):
        raise Http404
    return note


def readable_assertion(pk: int) -> Assertion:
    """The assertion, which everybody signed in may read; else 404."""
    return get_object_or_404(Assertion.objects.select_related("team", "service", "created_by"), pk=pk)


def changeable_assertion(user: User, pk: int) -> Assertion:
    """The assertion, if `user` manages its team or is an admin; else 404."""
    found = Assertion.objects.changeable_by(user).select_related("team", "service")
    return get_object_or_404(found, pk=pk)
