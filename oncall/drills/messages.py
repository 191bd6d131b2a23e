"""The words of a drill: whoever reads only the first of them must not think that something is down."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from lib.text import one_line
from notifications.transports.base import Message
from oncall.models import Drill


def subject_of(drill_id: int) -> str:
    """How deliveries name the drill."""
    return f"drill:{drill_id}"


def group_of(drill_id: int, user_id: int) -> str:
    """One person in one drill: the methods that stand in for each other."""
    return f"drill:{drill_id}:{user_id}"


def drill_message(drill: Drill, why: str) -> Message:
    """What is sent to each of its people."""
    return Message(
        kind="drill",
        headline=_("DRILL: this is a test of paging for %(name)s, nothing is wrong. Please acknowledge.")
        % {"name": one_line(drill.title, 100)},
        intro=_("Nothing else is asked of you: your answer shows that a real page would reach you."),
        facts=((_("Drill"), one_line(drill.title, 160)), (_("You are in it by"), why)),
        url=settings.SITE_URL + reverse("oncall:drill", args=[drill.pk]),
        link_text=_("Open the drill"),
        thread=subject_of(drill.pk),
        data={"drill": drill.pk, "urgency": "high"},
    )
