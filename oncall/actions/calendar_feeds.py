"""Calendars elsewhere that are read: adding, changing, removing them, and reading them again and again."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from lib import backoff
from lib.intervals import load_zone
from lib.sealing import BadSeal, seal, unseal
from oncall import changes
from oncall.access import may_change
from oncall.calendars.feed_mails import mail_failing
from oncall.calendars.fetching import TIMEOUT, FetchFailed
from oncall.calendars.keeping import end_shifts, keep_absences, keep_shifts
from oncall.calendars.looking import Found, look
from oncall.calendars.words import told
from oncall.drafts import Refused, checked_name
from oncall.models import CalendarFeed, FeedPurpose, Schedule

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
LEASE = timedelta(minutes=10)
"""For so long nobody else takes a feed that somebody is reading."""
TELL_AFTER = timedelta(hours=24)
MOST_FEEDS = 10
MOST_A_RUN = 50
SECONDS_A_RUN = 45.0
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""When a feed that was removed is read again; it stays while it says who was on call."""


def add_feed(
    *,
    actor: User,
    now: datetime,
    name: str,
    url: str,
    found: Found,
    purpose: str = FeedPurpose.ABSENCES,
    schedule: Schedule | None = None,
) -> CalendarFeed:
    """A calendar for a schedule, or without one for when the actor is away; `found` is what it says, looked at just
    now. It counts from now on and is read again every hour. Raises Refused."""
    _check_may(actor, schedule)
    _check_purpose(purpose, schedule)
    name = checked_name(name)
    with transaction.atomic():
        _check_room(actor, schedule)
        feed = CalendarFeed.objects.create(
            name=name,
            url=seal(url),
            host=_host(url),
            purpose=purpose,
            schedule=schedule,
            user=None if schedule else actor,
            next_fetch_at=now + EVERY,
            created_by=actor,
            created_at=now,
        )
        _keep(feed, found, now)
    return feed


@transaction.atomic
def change_feed(
    *, actor: User, now: datetime, feed: CalendarFeed, name: str, url: str = "", found: Found | None = None
) -> CalendarFeed:
    """Another name, and with `url` and what is `found` there another address. Raises Refused."""
    _check_may(actor, feed.schedule, feed.user)
    locked = _locked(feed)
    locked.name = checked_name(name)
    if found is not None:
        locked.url, locked.host = seal(url), _host(url)
        _keep(locked, found, now)
    locked.save()
    return locked


@transaction.atomic
def remove_feed(*, actor: User, now: datetime, feed: CalendarFeed) -> None:
    """It is read no more and says nothing from now on; who was on call by it until now stays known. Raises Refused."""
    _check_may(actor, feed.schedule, feed.user)
    locked = _locked(feed)
    changes.announce("calendar", locked.pk)
    if not end_shifts(locked, now):
        locked.delete()
        return
    locked.url, locked.host, locked.next_fetch_at = "", "", NEVER
    locked.etag = locked.last_modified = locked.error = ""
    locked.problems, locked.failures = [], 0
    locked.save()


def refresh_feed(*, actor: User, now: datetime, feed: CalendarFeed, timeout: float = TIMEOUT) -> CalendarFeed:
    """Read it now, whatever it said last. Raises Refused; a failure stands in the feed that is returned."""
    _check_may(actor, feed.schedule, feed.user)
    return read_feed(feed=feed, now=now, timeout=timeout, whole=True)


def read_feed(
    *, feed: CalendarFeed, now: datetime, timeout: float = TIMEOUT, whole: bool = False
) -> CalendarFeed:
    """Fetch, read and keep it; the last good copy stays when that fails. Nothing is locked while others answer.

    Once a day, or when `whole`, it is fetched although the other side has nothing new: the window of time that is
    read moves on, and people join and leave.
    """
    whole = whole or feed.succeeded_at is None or feed.succeeded_at.date() != now.date()
    try:
        found = look(
            unseal(feed.url),
            _zone(feed),
            now,
            etag="" if whole else feed.etag,
            last_modified="" if whole else feed.last_modified,
            timeout=timeout,
        )
    except BadSeal:
        return _failed(feed, _("The address cannot be opened any more: enter it again."), now)
    except FetchFailed as error:
        return _failed(feed, error.reason, now)
    return _succeeded(feed, found, now)


def read_due_feeds(*, now: datetime, most: int = MOST_A_RUN, seconds: float = SECONDS_A_RUN) -> int:
    """Read feeds that are due, the longest overdue first, until there are no more, or as many as one run may take;
    how many were read. Several workers may do this at once."""
    until = time.monotonic() + seconds
    for count in range(most):
        feed = _take_due(now) if time.monotonic() < until else None
        if feed is None:
            return count
        with suppress(CalendarFeed.DoesNotExist):  # removed while the other side was asked
            read_feed(feed=feed, now=now)
    return most


@transaction.atomic
def _take_due(now: datetime) -> CalendarFeed | None:
    """The feed that has waited longest, kept from others while it is read; None when none is due."""
    due = CalendarFeed.objects.due(now).filter(Q(user=None) | Q(user__is_active=True))
    found = due.select_related("schedule", "user").select_for_update(skip_locked=True, of=("self",)).first()
    if found is not None:
        found.next_fetch_at = now + LEASE
        found.save(update_fields=["next_fetch_at"])
    return found


def is_removed(feed: CalendarFeed) -> bool:
    """It stays only for what it said in the past."""
    return not feed.url


def _locked(feed: CalendarFeed) -> CalendarFeed:
    found = CalendarFeed.objects.select_for_update(of=("self",)).select_related("schedule", "user")
    return found.get(pk=feed.pk)


@transaction.atomic
def _succeeded(feed: CalendarFeed, found: Found | None, now: datetime) -> CalendarFeed:
    locked = _locked(feed)
    if locked.url != feed.url:  # somebody gave it another address meanwhile
        return locked
    if found is not None:
        _keep(locked, found, now)
    locked.fetched_at = locked.succeeded_at = now
    locked.failures, locked.error, locked.next_fetch_at = 0, "", now + EVERY
    locked.save()
    return locked


@transaction.atomic
def _failed(feed: CalendarFeed, reason: str, now: datetime) -> CalendarFeed:
    locked = _locked(feed)
    if locked.url != feed.url:
        return locked
    locked.failures += 1
    locked.fetched_at, locked.error = now, reason[:500]
    locked.next_fetch_at = now + backoff.delay(
        locked.failures,
        base=FIRST_WAIT,
        cap=LONGEST_WAIT,
        jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
    )
    locked.save()
    log.info("calendar not read", feed=locked.pk, failures=locked.failures, reason=reason)
    if locked.succeeded_at is not None and now - locked.succeeded_at >= TELL_AFTER:
        mail_failing(locked, locked.succeeded_at, now)
    return locked


def _keep(feed: CalendarFeed, found: Found, now: datetime) -> None:
    """Store what was found. The caller holds the feed's lock, or has just made it."""
    if feed.user is not None:
        keep_absences(feed, feed.user, found.busy, now)
        problems = found.problems
    else:
        keep_shifts(feed, found.shifts, now)
        problems = (*found.problems, *found.shift_problems)
    feed.problems = told(problems)
    feed.etag, feed.last_modified = found.copy.etag, found.copy.last_modified
    feed.fetched_at = feed.succeeded_at = now
    feed.failures, feed.error, feed.next_fetch_at = 0, "", now + EVERY
    feed.save()
    changes.announce("calendar", feed.pk)


def _zone(feed: CalendarFeed) -> ZoneInfo:
    """Of times that name none in a calendar that names none."""
    return load_zone(
        feed.schedule.time_zone if feed.schedule else feed.user.time_zone if feed.user else "UTC"
    )


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "")[:253]


def _check_may(actor: User, schedule: Schedule | None, owner: User | None = None) -> None:
    if schedule is not None and not may_change(actor, schedule):
        raise Refused("", _("Only managers of the schedule's team may change its calendars."))
    if owner is not None and owner != actor:
        raise Refused("", _("This calendar is somebody else's."))
    if not actor.can_respond:
        raise Refused("", _("Viewers are never on call, so they are never missed either."))


def _check_purpose(purpose: str, schedule: Schedule | None) -> None:
    if purpose not in FeedPurpose.values or (purpose == FeedPurpose.ABSENCES) != (schedule is None):
        raise Refused("purpose", _("Choose what the events of this calendar mean."))


def _check_room(actor: User, schedule: Schedule | None) -> None:
    feeds = CalendarFeed.objects.exclude(url="")
    theirs = feeds.filter(schedule=schedule) if schedule else feeds.filter(user=actor)
    if theirs.count() >= MOST_FEEDS:
        raise Refused("", _("At most %(n)s calendars can be read here.") % {"n": MOST_FEEDS})
