"""The last good copy of a calendar: how its rows change when it says something new.

Shifts are about who was on call, so the past of a calendar is never rewritten: what is over stays, what is under way
and was changed ends now and goes on as it is said now, and a calendar that is new counts from now on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from oncall.calendars.events import Event
from oncall.calendars.looking import BEFORE
from oncall.calendars.people import Shift
from oncall.models import Absence, CalendarFeed, FeedShift


@dataclass(frozen=True, slots=True)
class Kept:
    """A shift as it is stored, by its row."""

    row: int
    person: int
    start: datetime
    end: datetime
    level: int


@dataclass(frozen=True, slots=True)
class Swap:
    """`made` begin no earlier than now; `cut` rows end now, `dropped` ones had not begun."""

    made: list[Shift] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)


def swap(kept: Iterable[Kept], said: Iterable[Shift], now: datetime) -> Swap:
    """What turns the stored shifts into what the calendar says, from `now` on. Pure."""
    found = Swap()
    standing: dict[tuple[int, int, datetime, datetime], list[Kept]] = {}
    for row in kept:
        if row.end > now:
            standing.setdefault(_key(row, now), []).append(row)
    for shift in said:
        if shift.end > now:
            same = standing.get(_key(shift, now))
            if same:
                same.pop()
            else:
                found.made.append(shift)
    for row in (row for rows in standing.values() for row in rows):
        (found.cut if row.start < now else found.dropped).append(row.row)
    return found


def keep_shifts(feed: CalendarFeed, said: Sequence[Shift], now: datetime) -> None:
    """Make the feed's rows say this, in a transaction of the caller's, who holds the feed's lock."""
    rows = FeedShift.objects.filter(feed=feed, ends_at__gt=now)
    kept = [Kept(*row) for row in rows.values_list("pk", "user_id", "starts_at", "ends_at", "level")]
    change = swap(kept, said, now)
    FeedShift.objects.filter(pk__in=change.dropped).delete()
    FeedShift.objects.filter(pk__in=change.cut).update(ends_at=now)
    FeedShift.objects.bulk_create(
        [
            FeedShift(
                feed=feed,
                uid=each.uid,
                user_id=each.person,
                starts_at=max(each.start, now),
                ends_at=each.end,
                level=each.level,
                summary=each.title,
            )
            for each in change.made
        ],
        batch_size=1000,
    )


def keep_absences(feed: CalendarFeed, person: User, busy: Sequence[Event], now: datetime) -> None:
    """Make the absences of the feed's person say this; one that was withdrawn by hand stays so.

    The events' titles are nobody else's business, so they are not kept.
    """
    rows = Absence.objects.filter(feed=feed, ends_at__gt=now - BEFORE)
    kept = {
        (uid, start, end): pk for pk, uid, start, end in rows.values_list("pk", "uid", "starts_at", "ends_at")
    }
    said = {(each.uid, each.start, each.end) for each in busy}
    Absence.objects.filter(pk__in=[pk for key, pk in kept.items() if key not in said]).delete()
    Absence.objects.bulk_create(
        [
            Absence(
                user=person,
                starts_at=start,
                ends_at=end,
                feed=feed,
                uid=uid,
                created_by=person,
                created_at=now,
            )
            for uid, start, end in sorted(said - kept.keys())
        ],
        batch_size=1000,
    )


def end_shifts(feed: CalendarFeed, now: datetime) -> bool:
    """The feed says nothing any more from now on; whether something of its past is left to be kept."""
    keep_shifts(feed, (), now)
    return FeedShift.objects.filter(feed=feed).exists()


def _key(span: Kept | Shift, now: datetime) -> tuple[int, int, datetime, datetime]:
    """Of what is under way only the end counts: its stored start may be when it was first read."""
    return span.person, span.level, max(span.start, now), span.end
