"""Short ways to make people, teams and schedules; what a test does not name has a sensible value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from accounts.models import Membership, Role, Team, TeamRole, User
from oncall.models import (
    Absence,
    CalendarFeed,
    EscalationPolicy,
    FeedPurpose,
    FeedShift,
    Layer,
    Override,
    PolicyStep,
    Restriction,
    Schedule,
    Slot,
    StepTarget,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
"""A Wednesday."""
MONDAY = date(2026, 11, 23)
_number = count(1)


def a_person(name: str, role: Role = Role.RESPONDER, team: Team | None = None, **fields: Any) -> User:
    address = f"{name.lower().replace(' ', '.')}{next(_number)}@example.test"
    person = User.objects.create_user(address, name=name, role=role, **fields)
    if team:
        Membership.objects.create(team=team, user=person)
    return person


def a_manager(name: str, team: Team) -> User:
    person = a_person(name)
    Membership.objects.create(team=team, user=person, role=TeamRole.MANAGER)
    return person


def a_team(name: str = "Payments") -> Team:
    return Team.objects.create(name=name, slug=name.lower().replace(" ", "-"))


def a_schedule(team: Team, name: str = "Primary", zone: str = "UTC", **fields: Any) -> Schedule:
    return Schedule.objects.create(team=team, name=name, time_zone=zone, **fields)


def a_layer(schedule: Schedule, people: Sequence[User], **fields: Any) -> Layer:
    """Weekly turns from Monday 09:00 local time, in force since January; `role` and `skip_*` as any field."""
    values: dict[str, Any] = {
        "position": schedule.layers.count(),
        "starts_at": datetime(2026, 1, 1, tzinfo=UTC),
        "first_handoff_date": MONDAY,
        "handoff_time": time(9),
        **fields,
    }
    layer = Layer.objects.create(schedule=schedule, **values)
    Slot.objects.bulk_create(Slot(layer=layer, position=i, user=each) for i, each in enumerate(people))
    return layer


def a_window(layer: Layer, start: time, hours: int, weekday: int | None = None) -> Restriction:
    return Restriction.objects.create(
        layer=layer, start=start, duration=timedelta(hours=hours), weekday=weekday
    )


def an_override(schedule: Schedule, user: User, start: datetime, hours: float, **fields: Any) -> Override:
    return Override.objects.create(
        schedule=schedule,
        user=user,
        starts_at=start,
        ends_at=start + timedelta(hours=hours),
        created_at=NOW,
        **fields,
    )


def an_absence(user: User, start: datetime, hours: float, **fields: Any) -> Absence:
    ends_at = start + timedelta(hours=hours)
    return Absence.objects.create(user=user, starts_at=start, ends_at=ends_at, created_at=NOW, **fields)


def a_feed(schedule: Schedule | None = None, purpose: str = FeedPurpose.LAYER, **fields: Any) -> CalendarFeed:
    """A calendar that was never fetched. With purpose "absences" it is a person's: name the `user`."""
    values: dict[str, Any] = {
        "name": "Duty",
        "url": "sealed",
        "host": "calendar.example.test",
        "next_fetch_at": NOW,
        "created_at": NOW,
        **fields,
    }
    return CalendarFeed.objects.create(schedule=schedule, purpose=purpose, **values)


def a_feed_shift(feed: CalendarFeed, user: User, start: datetime, hours: float, **fields: Any) -> FeedShift:
    """An event of the calendar; `level` 0 unless told."""
    values: dict[str, Any] = {"uid": f"event-{next(_number)}@example.test", **fields}
    ends_at = start + timedelta(hours=hours)
    return FeedShift.objects.create(feed=feed, user=user, starts_at=start, ends_at=ends_at, **values)


def a_policy(
    team: Team,
    *steps: Sequence[User | Schedule],
    fallback: Sequence[User] = (),
    name: str = "Default",
    **fields: Any,
) -> EscalationPolicy:
    """Five minutes after each step."""
    policy = EscalationPolicy.objects.create(team=team, name=name, **fields)
    policy.fallback_people.set(fallback)
    for position, targets in enumerate(steps):
        step = PolicyStep.objects.create(policy=policy, position=position, delay=timedelta(minutes=5))
        for place, each in enumerate(targets):
            key = "user" if isinstance(each, User) else "schedule"
            StepTarget.objects.create(step=step, position=place, **{key: each})
    return policy
