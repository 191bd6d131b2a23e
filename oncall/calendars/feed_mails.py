"""What is mailed about calendars that cannot be read."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import TeamRole, User
from lib.moments import day_and_minute
from notifications.actions.mails import mail_notice
from notifications.transports.base import Message
from oncall.models import CalendarFeed


def mail_failing(feed: CalendarFeed, since: datetime, now: datetime) -> None:
    """To whoever added it, once for each time that it stops working; `since` is when it was last read."""
    for person in _owners(feed):
        message = Message(
            kind="notice",
            headline=_("The calendar “%(name)s” cannot be read any more") % {"name": feed.name},
            intro=_(
                "Its last good copy stays in force, but nothing that changed in it since then is known here."
            ),
            facts=(
                (_("Last read"), day_and_minute(since, person.zone)),
                (_("From"), feed.host),
                (_("Problem"), feed.error),
                *(((_("Schedule"), str(feed.schedule)),) if feed.schedule else ()),
            ),
            url=settings.SITE_URL + reverse("oncall:feed", args=[feed.pk]),
            link_text=_("Look at the calendar:"),
        )
        key = f"calendar:{feed.pk}:{since:%Y%m%dT%H%M%S}:{person.pk}"
        mail_notice(person=person, key=key, subject=f"calendar:{feed.pk}", message=message, now=now)


def _owners(feed: CalendarFeed) -> list[User]:
    """Whoever added it; when they have left, the managers of the schedule's team."""
    if feed.created_by is not None and feed.created_by.is_active:
        return [feed.created_by]
    if feed.schedule is None:
        return []
    managers = User.objects.active().filter(
        memberships__team=feed.schedule.team_id, memberships__role=TeamRole.MANAGER
    )
    return list(managers)
