"""Who is on call, for one moment and for spans of time; every answer in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage
from oncall.bridge import schedule_of, schedules_of
from oncall.coverage import OnCall
from oncall.models import Schedule
from oncall.rotation import Role, Segment

AHEAD = timedelta(days=28)
"""How far "until when" and "who is next" look."""
_NOBODY = OnCall((), "")


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on call in a schedule now. `until` is when the primaries change, None when not within four weeks;
    `following` are those who take over then, nobody when it is a gap. `secondary` are next in line, `shadow` are
    only told."""

    schedule: Schedule
    people: tuple[User, ...]
    until: datetime | None
    following: tuple[User, ...]
    segments: tuple[Segment, ...]
    secondary: tuple[User, ...] = ()
    shadow: tuple[User, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody is on call for a schedule from `start` until just before `end`, in that role."""

    schedule: Schedule
    start: datetime
    end: datetime
    role: Role = Role.PRIMARY


def who_is_on_call(schedule_ids: Collection[int], at: datetime) -> dict[int, tuple[int, ...]]:
    """The primaries of each schedule at that moment, in six queries whatever their number.

    Only people who can respond; nobody is an empty tuple.
    """
    return {key: each.people for key, each in standing(schedule_ids, at).items()}


def standing(schedule_ids: Collection[int], at: datetime) -> dict[int, OnCall]:
    """Who stands in each role of each schedule at that moment, in six queries whatever their number; in a gap
    nobody does, also no shadow."""
    if not schedule_ids:
        return {}
    schedules = schedules_of(schedule_ids, Interval(at, at + timedelta.resolution))
    return {key: coverage.on_call_at(each, at) or _NOBODY for key, each in schedules.items()}


def final_schedule(schedule: Schedule, since: datetime, until: datetime) -> list[Segment]:
    """Who is on call from `since` until just before `until`; what is missing is a gap."""
    span = Interval(since, until)
    return coverage.final(schedule_of(schedule, span), span)


def gaps(schedule: Schedule, since: datetime, until: datetime) -> list[Interval]:
    """When nobody is on call between the two moments."""
    span = Interval(since, until)
    return coverage.gaps(schedule_of(schedule, span), span)


def on_call_now(at: datetime, schedules: Iterable[Schedule] | None = None) -> list[Duty]:
    """Every schedule (or those given) with who is on call, until when, and who is next; by team and name."""
    if schedules is None:
        schedules = Schedule.objects.select_related("team").order_by("team__name", "name")
    listed = list(schedules)
    span = Interval(at, at + AHEAD)
    values = schedules_of([each.pk for each in listed], span)
    finals = {each.pk: tuple(coverage.final(values[each.pk], span)) for each in listed}
    people = people_of(segment for segments in finals.values() for segment in segments)
    return [duty_of(each, finals[each.pk], at, people) for each in listed]


def people_of(segments: Iterable[Segment]) -> dict[int, User]:
    """Everybody who stands in the segments, by id, in one query."""
    found: dict[int, User] = User.objects.in_bulk(
        {each for segment in segments for each in (*segment.people, *segment.secondary, *segment.shadow)}
    )
    return found


def shifts_of(user: User, since: datetime, until: datetime) -> list[Shift]:
    """When `user` is on call or a shadow between the two moments, by start; time on duty in one role of one schedule
    is one shift."""
    schedules = list(
        Schedule.objects.select_related("team").filter(
            Q(id__in=user.slots.values("layer__schedule"))
            | Q(id__in=user.overrides.values("schedule"))
            | Q(id__in=user.feed_shifts.values("feed__schedule"))
        )
    )
    span = Interval(since, until)
    values = schedules_of([each.pk for each in schedules], span)
    shifts = [
        shift
        for each in schedules
        for shift in shifts_in(each, coverage.final(values[each.pk], span), user.pk)
    ]
    return sorted(shifts, key=lambda shift: (shift.start, shift.schedule.name))


def duties_of(user: User, at: datetime) -> list[Shift]:
    """What `user` is on call for at that moment, as primary or secondary; `end` is at most four weeks away."""
    ahead = shifts_of(user, at, at + AHEAD)
    return [shift for shift in ahead if shift.start <= at and shift.role != Role.SHADOW]


def duty_of(
    schedule: Schedule, segments: tuple[Segment, ...], at: datetime, people: Mapping[int, User]
) -> Duty:
    """What the final schedule from `at` until `at + AHEAD` says; `people` holds everybody who stands in it."""
    now = segments[0] if segments and segments[0].start <= at else Segment(at, at, (), "")
    until, following = _next(segments, now.people, at)
    return Duty(
        schedule,
        tuple(people[each] for each in now.people),
        until,
        tuple(people[each] for each in following),
        segments,
        tuple(people[each] for each in now.secondary),
        tuple(people[each] for each in now.shadow),
    )


def _next(
    segments: tuple[Segment, ...], now: tuple[int, ...], at: datetime
) -> tuple[datetime | None, tuple[int, ...]]:
    """When those who are on call now change, and who comes then."""
    cursor = at
    for each in segments:
        if now and each.start > cursor:
            return cursor, ()
        if each.people != now:
            return each.start, each.people
        cursor = each.end
    return (cursor, ()) if cursor < at + AHEAD and now else (None, ())


def shifts_in(schedule: Schedule, segments: Iterable[Segment], person: int) -> list[Shift]:
    """The person's shifts in a final schedule, whose segments are in order."""
    shifts: list[Shift] = []
    for each in segments:
        role = _role_of(person, each)
        if role is None:
            continue
        last = shifts[-1] if shifts else None
        if last and last.end == each.start and last.role == role:
            shifts[-1] = Shift(schedule, last.start, each.end, role)
        else:
            shifts.append(Shift(schedule, each.start, each.end, role))
    return shifts


def _role_of(person: int, segment: Segment) -> Role | None:
    if person in segment.people:
        return Role.PRIMARY
    if person in segment.secondary:
        return Role.SECONDARY
    return Role.SHADOW if person in segment.shadow else None
