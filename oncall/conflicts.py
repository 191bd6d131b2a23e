"""Where somebody is on call although they are away.

A conflict is a part of a shift in the final schedule, so it is settled as soon as an override gives that time to
somebody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from lib.intervals import Interval, union
from oncall import coverage
from oncall.bridge import schedules_of
from oncall.models import Absence, CoverRequest, CoverState, Schedule
from oncall.queries import shifts_of
from oncall.rotation import Role
from oncall.stretches import Stretch, stretches


@dataclass(frozen=True, slots=True)
class Conflict:
    """`person` is on call for `schedule` from `start` until just before `end`, and is away then.

    `shift` is the whole of their time on call around it, as far as was looked; `request` is their open request for
    some of this time.
    """

    person: User
    schedule: Schedule
    role: Role
    shift: Interval
    start: datetime
    end: datetime
    absence: Absence
    request: CoverRequest | None = None


def conflicts_of(
    person: User, since: datetime, until: datetime, absences: Sequence[Absence] | None = None
) -> list[Conflict]:
    """Between the two moments, by start, in a constant number of queries. With `absences`, which need not be stored,
    it is asked what they would touch."""
    if absences is None:
        absences = list(person.absences.touching(since, until).select_related("feed"))
    if not absences:
        return []
    found = [
        (each.schedule, Stretch(each.role, each.start, each.end))
        for each in shifts_of(person, since, until)
        if each.role != Role.SHADOW
    ]
    return _ordered(_clashes(person, found, absences), since)


def conflicts_in(schedules: Iterable[Schedule], since: datetime, until: datetime) -> list[Conflict]:
    """Those of everybody in these schedules, by start, in a constant number of queries."""
    by_id = {each.pk: each for each in schedules}
    if not by_id:
        return []
    span = Interval(since, until)
    finals = {key: coverage.final(each, span) for key, each in schedules_of(by_id.keys(), span).items()}
    people = {one for final in finals.values() for each in final for one in (*each.people, *each.secondary)}
    clashes: list[Conflict] = []
    for person, absences in _absences(people, span).items():
        held = [
            (by_id[key], stretch) for key, final in finals.items() for stretch in stretches(final, person.pk)
        ]
        clashes.extend(_clashes(person, held, absences))
    return _ordered(clashes, since)


def _absences(people: Iterable[int], span: Interval) -> Mapping[User, list[Absence]]:
    found: defaultdict[User, list[Absence]] = defaultdict(list)
    rows = Absence.objects.filter(user__in=people).touching(span.start, span.end)
    for row in rows.select_related("user", "feed"):
        found[row.user].append(row)
    return found


def _clashes(
    person: User, held: Iterable[tuple[Schedule, Stretch]], absences: Sequence[Absence]
) -> list[Conflict]:
    away = [(each, Interval(each.starts_at, each.ends_at)) for each in absences]
    spans = union(span for _, span in away)
    found = []
    for schedule, stretch in held:
        shift = Interval(stretch.start, stretch.end)
        for span in spans:
            both = shift.intersection(span)
            if both:
                cause = next(each for each, own in away if own.intersection(both))
                found.append(Conflict(person, schedule, stretch.role, shift, both.start, both.end, cause))
    return found


def _ordered(clashes: Iterable[Conflict], since: datetime) -> list[Conflict]:
    """By start, each with its open request."""
    found = sorted(clashes, key=lambda each: (each.start, each.schedule.name, each.person.pk))
    if not found:
        return []
    rows = CoverRequest.objects.filter(
        state=CoverState.OPEN,
        asker__in={each.person.pk for each in found},
        schedule__in={each.schedule.pk for each in found},
        ends_at__gt=since,
    )
    open_ones = list(rows.select_related("asked"))
    return [_with_request(each, open_ones) for each in found]


def _with_request(conflict: Conflict, requests: Iterable[CoverRequest]) -> Conflict:
    for each in requests:
        is_about = (each.asker_id, each.schedule_id) == (conflict.person.pk, conflict.schedule.pk)
        if is_about and each.starts_at < conflict.end and conflict.start < each.ends_at:
            return Conflict(
                conflict.person,
                conflict.schedule,
                conflict.role,
                conflict.shift,
                conflict.start,
                conflict.end,
                conflict.absence,
                each,
            )
    return conflict
