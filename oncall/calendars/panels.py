"""Calendars on the pages of people and schedules: where to subscribe, and which are read."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.panels import Panel, register
from oncall.access import may_change
from oncall.models import CalendarFeed, CalendarLink, Schedule


def register_all() -> None:
    """On one's own page and on a schedule's."""
    title = str(_("Calendars"))
    register("me", Panel("calendars", title, "oncall/_calendars_me.html", _me, place="side", order=60))
    register(
        "schedule",
        Panel("calendars", title, "oncall/_calendars_schedule.html", _schedule, place="side", order=60),
    )


def _me(subject: User, user: User) -> dict[str, Any]:
    """Always: it is the way to subscribe."""
    links = CalendarLink.objects.filter(made_by=subject, revoked_at=None)
    return {
        "links": links.select_related("schedule", "team", "user"),
        "feeds": _read(CalendarFeed.objects.filter(user=subject)),
        "may_add": subject.can_respond,
        "now": timezone.now(),
    }


def _schedule(subject: Schedule, user: User) -> dict[str, Any]:
    """The reader's own links to it; what it reads is for everybody to see, without the addresses."""
    links = CalendarLink.objects.filter(schedule=subject, made_by=user, revoked_at=None)
    return {
        "schedule": subject,
        "links": links.select_related("schedule", "team", "user"),
        "feeds": _read(CalendarFeed.objects.filter(schedule=subject)),
        "may_add": may_change(user, subject),
        "now": timezone.now(),
    }


def _read(feeds: Any) -> Any:
    """Those that are still read; a removed one stays for its past only."""
    return feeds.exclude(url="")
