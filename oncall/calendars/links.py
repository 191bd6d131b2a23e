"""What a secret address shows: somebody's own shifts, a schedule's, or those of a team's schedules."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from lib.secrets import digest
from oncall.calendars.publishing import listed, publish
from oncall.calendars.writing import Book, Entry
from oncall.models import CalendarLink, PublishedShift, Schedule

USE_IS_NOTED_EVERY = timedelta(hours=1)


def find(token: str) -> CalendarLink | None:
    """The usable link of which this is the secret.

    The digest is looked up by an index: a 192-bit secret leaves nothing to learn from timing.
    """
    found = CalendarLink.objects.usable().select_related("made_by", "user", "schedule__team", "team")
    return found.filter(digest=digest(token)).first()


def note_use(link: CalendarLink, now: datetime) -> None:
    """Remember that it was used, once an hour at most."""
    if link.last_used_at is None or now - link.last_used_at >= USE_IS_NOTED_EVERY:
        CalendarLink.objects.filter(pk=link.pk).update(last_used_at=now)


def book_of(link: CalendarLink, now: datetime) -> Book:
    """The calendar behind the link, brought up to date first; a fixed number of queries."""
    schedules = list(_schedules(link).select_related("team").order_by("id"))
    publish(schedules, now)
    rows = listed(schedules, now)
    if link.user_id is not None:
        rows = rows.filter(user=link.user_id)
    entries = tuple(_entry(row, named=link.user_id is None) for row in rows)
    return Book(_name(link), _zone(link), entries)


def url_of(token: str) -> str:
    """The https (or http) address of the file."""
    path = reverse("oncall:calendar", args=[token])
    return f"{settings.SITE_URL}{path}"


def webcal_of(url: str) -> str:
    """The same address as a link that opens the reader's calendar program."""
    return "webcal://" + url.partition("://")[2]


def _schedules(link: CalendarLink) -> QuerySet[Schedule]:
    if link.schedule_id is not None:
        return Schedule.objects.filter(pk=link.schedule_id)
    if link.team_id is not None:
        return Schedule.objects.filter(team=link.team_id)
    return concerning(link.made_by if link.user is None else link.user)


def concerning(user: User) -> QuerySet[Schedule]:
    """Every schedule in which `user` may be on call, or of which their calendar has told them before."""
    ways = (
        user.slots.values("layer__schedule"),
        user.overrides.values("schedule"),
        user.feed_shifts.values("feed__schedule"),
        user.published_shifts.values("schedule"),
    )
    condition = Q()
    for way in ways:
        condition |= Q(pk__in=way)
    return Schedule.objects.filter(condition)


def _name(link: CalendarLink) -> str:
    if link.user is not None:
        return _("On call: %(name)s") % {"name": link.user}
    return _("On call: %(name)s") % {"name": link.schedule or link.team}


def _zone(link: CalendarLink) -> str:
    return link.schedule.time_zone if link.schedule else link.made_by.time_zone


def _entry(row: PublishedShift, *, named: bool) -> Entry:
    return Entry(
        uid=str(row.uid),
        sequence=row.sequence,
        start=row.starts_at,
        end=row.ends_at,
        title=_title(row, named=named),
        role=row.role,
        created=row.created_at,
        modified=row.modified_at,
        cancelled=row.cancelled_at is not None,
        description=_("Team %(team)s") % {"team": row.schedule.team},
        url=settings.SITE_URL + reverse("oncall:schedule", args=[row.schedule_id]),
    )


def _title(row: PublishedShift, *, named: bool) -> str:
    """ "On call: Payments — Ada Lovelace"; in somebody's own calendar without the name."""
    words = {
        "primary": _("On call: %(schedule)s"),
        "secondary": _("Secondary: %(schedule)s"),
        "shadow": _("Shadow: %(schedule)s"),
    }
    title = words[row.role] % {"schedule": row.schedule}
    return f"{title} — {row.user}" if named else title
