"""Rows for tests, with the few fields that a test cares about."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from accounts.models import Membership, Role, Team, TeamRole, User
from alerts.actions.integrations import create_integration
from alerts.models import Integration
from catalog.models import Service
from lib.sealing import seal
from notifications.models import ContactMethod, NotificationRule
from oncall.models import EscalationPolicy, Layer, PolicyStep, Schedule, Slot, StepTarget

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
_numbers = count(1)


def make_user(name: str = "", *, role: str = Role.RESPONDER, reachable: bool = True, **fields: Any) -> User:
    """A person with a verified e-mail method unless `reachable` is false."""
    number = next(_numbers)
    name = name or f"Person {number}"
    email = fields.pop("email", f"{name.lower().replace(' ', '.')}.{number}@example.test")
    user = User.objects.create_user(email, PASSWORD, name=name, role=role, **fields)
    if reachable:
        make_method(user)
    return user


def make_method(
    user: User, transport: str = "email", address: str = "", *, verified: bool = True
) -> ContactMethod:
    return ContactMethod.objects.create(
        user=user,
        transport=transport,
        address=address or user.email,
        created_at=NOW,
        verified_at=NOW if verified else None,
    )


def make_rule(method: ContactMethod, minutes: float = 0, urgency: str = "high") -> NotificationRule:
    return NotificationRule.objects.create(
        user=method.user, method=method, urgency=urgency, delay=timedelta(minutes=minutes)
    )


def make_team(name: str = "", *, managers: tuple[User, ...] = (), members: tuple[User, ...] = ()) -> Team:
    name = name or f"Team {next(_numbers)}"
    team = Team.objects.create(name=name, slug=name.lower().replace(" ", "-"))
    Membership.objects.bulk_create(
        [Membership(team=team, user=user, role=TeamRole.MANAGER) for user in managers]
        + [Membership(team=team, user=user, role=TeamRole.MEMBER) for user in members]
    )
    return team


def make_schedule(team: Team, people: tuple[User, ...], *, name: str = "", zone: str = "UTC") -> Schedule:
    """A weekly rotation from 2026-01-05 09:00 local, in force since 2026-01-01."""
    schedule = Schedule.objects.create(team=team, name=name or f"Schedule {next(_numbers)}", time_zone=zone)
    layer = Layer.objects.create(
        schedule=schedule,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        first_handoff_date=date(2026, 1, 5),
        handoff_time=time(9),
    )
    Slot.objects.bulk_create(Slot(layer=layer, position=n, user=user) for n, user in enumerate(people))
    return schedule


def make_policy(
    team: Team,
    *steps: tuple[User | Schedule, ...],
    minutes: float = 5,
    repeats: int = 0,
    on_empty: str = "skip",
    fallback: tuple[User, ...] = (),
) -> EscalationPolicy:
    """A policy whose steps page the given people and schedules, `minutes` apart."""
    policy = EscalationPolicy.objects.create(
        team=team, name=f"Policy {next(_numbers)}", repeats=repeats, on_empty=on_empty
    )
    for position, targets in enumerate(steps):
        step = PolicyStep.objects.create(policy=policy, position=position, delay=timedelta(minutes=minutes))
        for place, target in enumerate(targets):
            kind = "user" if isinstance(target, User) else "schedule"
            StepTarget.objects.create(step=step, position=place, **{kind: target})
    policy.fallback_people.set(fallback)
    return policy


def make_service(team: Team, policy: EscalationPolicy, name: str = "", **fields: Any) -> Service:
    name = name or f"Service {next(_numbers)}"
    return Service.objects.create(
        name=name, slug=name.lower().replace(" ", "-"), team=team, policy=policy, **fields
    )


def make_integration(
    service: Service,
    kind: str = "pagerduty",
    *,
    secret: str = "",
    options: dict[str, Any] | None = None,
) -> tuple[Integration, str]:
    """An integration and its key. `secret` is what its sender signs with, `options` are the kind's own settings."""
    row, key = create_integration(
        actor=None, kind=kind, name=f"{kind} {next(_numbers)}", service=service, now=NOW
    )
    if secret or options:
        row.secret_sealed, row.options = seal(secret) if secret else "", options or {}
        row.save(update_fields=["secret_sealed", "options"])
    return row, key
