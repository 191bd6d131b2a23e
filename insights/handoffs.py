"""A note for whoever takes over, at each hand-off of each schedule."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction

from accounts.models import User
from insights import handoff_mails
from insights.handoff_facts import bodies
from insights.handoff_times import LOOK_BACK, Handoff, handoffs, may_have
from insights.models import HandoffNote
from lib.intervals import Interval
from notifications.actions.mails import mail_notice
from oncall.bridge import schedules_of
from oncall.models import Schedule

FURTHEST = timedelta(hours=24)
OVERLAP = timedelta(minutes=2)
"""Looked at twice: an override from now on may be stored a moment after we looked."""

_LOOKED_AT = "handoffs-looked-at"


def look(*, now: datetime) -> int:
    """Write what is new since the last look, however long ago that was, but for what is over a day old.

    When it was is a hint in the cache: without it the whole day is looked at again, and notes that are there stay
    as they are.
    """
    last = cache.get(_LOOKED_AT)
    since = last - OVERLAP if isinstance(last, datetime) and last <= now else now - FURTHEST
    written = write_notes(now=now, since=max(since, now - FURTHEST))
    cache.set(_LOOKED_AT, now, int(FURTHEST.total_seconds()))
    return written


@transaction.atomic
def write_notes(*, now: datetime, since: datetime) -> int:
    """A note for each hand-off after `since` and until `now` that has none yet; returns how many.

    Those who take over and want it get it by mail. Any number of workers may do this at once: a hand-off has one
    note, and a mail one key.
    """
    found = _without_note(_handoffs(since, now))
    rows = [
        HandoffNote(
            schedule_id=each.schedule,
            since=each.since,
            at=each.at,
            outgoing=list(each.outgoing),
            incoming=list(each.incoming),
            body=body,
            created_at=now,
        )
        for each, body in zip(found, bodies(found), strict=True)
    ]
    HandoffNote.objects.bulk_create(rows, ignore_conflicts=True)
    _mail(found, now)
    return len(found)


def _handoffs(since: datetime, now: datetime) -> list[Handoff]:
    """Only schedules where something begins in that time are looked at further back."""
    looked = Interval(since, now + timedelta.resolution)
    ids = list(Schedule.objects.order_by("pk").values_list("pk", flat=True))
    moving = [key for key, value in schedules_of(ids, looked).items() if may_have(value, looked)]
    if not moving:
        return []
    values = schedules_of(moving, Interval(since - LOOK_BACK, looked.end))
    return [each for key in sorted(moving) for each in handoffs(key, values[key], looked)]


def _without_note(found: Collection[Handoff]) -> list[Handoff]:
    rows = HandoffNote.objects.filter(
        schedule__in={each.schedule for each in found}, at__in={each.at for each in found}
    )
    there = set(rows.values_list("schedule_id", "at"))
    return [each for each in found if (each.schedule, each.at) not in there]


def _mail(found: Iterable[Handoff], now: datetime) -> None:
    newcomers = {(each.schedule, each.at): each.newcomers for each in found}
    wanting = User.objects.responders().filter(
        pk__in={person for people in newcomers.values() for person in people}, mail_choice__handoff_notes=True
    )
    people = wanting.in_bulk()
    if not people:
        return
    notes = HandoffNote.objects.filter(
        schedule__in={schedule for schedule, _at in newcomers}, at__in={at for _schedule, at in newcomers}
    )
    for note in notes.select_related("schedule__team").order_by("pk"):
        for person in newcomers.get((note.schedule_id, note.at), ()):
            if person in people:
                _send(note, people[person], now)


def _send(note: HandoffNote, person: User, now: datetime) -> None:
    mail_notice(
        person=person,
        key=f"handoff:{note.schedule_id}:{note.at:%Y%m%dT%H%M%S}:{person.pk}",
        subject=f"schedule:{note.schedule_id}",
        message=handoff_mails.taking_over(note),
        now=now,
    )
