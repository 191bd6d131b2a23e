"""Random organisations for the simulator: schedules with every role, people without methods, policies of all kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from accounts.models import Membership, Role, Team, User
from catalog.models import Service
from notifications.models import NotificationRule
from oncall.conditions import Condition, OnHolidays, Otherwise, to_json
from oncall.models import (
    Absence,
    EscalationPolicy,
    Layer,
    LayerRole,
    Override,
    OverrideKind,
    PolicyStep,
    Schedule,
    Slot,
    StepTarget,
    Which,
)
from oncall.models import Restriction as Window
from oncall.rotation import Restriction
from tests import making

START = datetime(2026, 3, 27, 22, 0, tzinfo=UTC)
"""A Friday night; clocks in Europe go forward on Sunday."""
ZONES = ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu")


@dataclass
class Setup:
    """A service with all that may be paged for it."""

    dice: Random
    team: Team
    people: list[User] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)

    @property
    def someone(self) -> User:
        return self.dice.choice(self.people)

    def service(self) -> Service:
        policy = self.policy()
        return making.make_service(self.team, policy, f"S {policy.pk}", tier=self.dice.randint(1, 4))

    def policy(self) -> EscalationPolicy:
        """Steps as they may stand in rows, also those that no form would let through any more."""
        dice = self.dice
        policy = EscalationPolicy.objects.create(
            team=self.team,
            name=f"P {dice.random()}",
            repeats=dice.choice([0, 0, 1]),
            on_empty=dice.choice(["skip", "hold", "fallback"]),
        )
        for position in range(dice.randint(1, 4)):
            step = PolicyStep.objects.create(
                policy=policy,
                position=position,
                delay=timedelta(minutes=dice.choice([1, 5, 45])),
                condition=to_json(self.condition()),
            )
            for place in range(dice.choice([0, 1, 1, 2, 3])):
                StepTarget.objects.create(step=step, position=place, **self.target())
        policy.fallback_people.set(dice.sample(self.people, dice.randint(0, 2)))
        return policy

    def target(self) -> dict[str, Any]:
        dice = self.dice
        return dice.choice(
            [
                {"user": self.someone},
                {"team": self.team},
                {"owner": True},
                *({"schedule": dice.choice(self.schedules), "which": which} for which in Which.values),
                {"schedule": dice.choice(self.schedules)},
            ]
        )

    def condition(self) -> Condition:
        dice = self.dice
        if dice.random() < 0.5:
            return Condition()
        hours = (Restriction(time(dice.randint(0, 23)), timedelta(hours=8), dice.choice([None, 5, 0])),)
        return dice.choice(
            [
                Condition(severities=frozenset(dice.sample(range(5), 3))),
                Condition(tiers=frozenset({1, 2})),
                Condition(urgencies=frozenset({dice.choice(["high", "low"])})),
                Condition(windows=hours, zone=dice.choice(["", "Europe/Berlin"])),
                Condition(windows=hours, zone=dice.choice(["", "UTC"]), otherwise=Otherwise.WAIT),
                Condition(holidays="DE", on_holidays=OnHolidays.NEVER, zone="Europe/Berlin"),
            ]
        )


def make_setup(seed: int) -> Setup:
    """The same for the same seed."""
    dice = Random(seed)  # noqa: S311 - draws test data
    team = making.make_team(f"Team {seed}")
    setup = Setup(dice, team)
    for number in range(6):
        setup.people.append(_person(setup, number))
    for _ in range(3):
        setup.schedules.append(_schedule(setup))
    return setup


def _person(setup: Setup, number: int) -> User:
    dice = setup.dice
    role = Role.VIEWER if dice.random() < 0.1 else Role.ADMIN if number == 0 else Role.RESPONDER
    user = making.make_user(
        f"Person {number}", role=role, reachable=dice.random() < 0.7, time_zone=dice.choice(ZONES)
    )
    if user.contact_methods.exists():
        second = making.make_method(user, address=f"second.{user.pk}@example.test")
        making.make_method(user, address=f"never.{user.pk}@example.test", verified=False)
        for urgency in dice.sample(["high", "low"], dice.randint(0, 2)):
            making.make_rule(second, dice.choice([0, 2, 7]), urgency)
            NotificationRule.objects.create(
                user=user,
                method=user.contact_methods.earliest("id"),
                urgency=urgency,
                delay=timedelta(minutes=dice.choice([1, 3])),
            )
    if dice.random() < 0.6:
        Membership.objects.create(team=setup.team, user=user)
    if dice.random() < 0.4:
        Absence.objects.create(
            user=user,
            starts_at=START - timedelta(hours=1),
            ends_at=START + timedelta(minutes=dice.choice([20, 600])),
            created_at=START,
        )
    return user


def _schedule(setup: Setup) -> Schedule:
    dice = setup.dice
    schedule = Schedule.objects.create(
        team=setup.team, name=f"R {dice.random()}", time_zone=dice.choice(ZONES), wants_secondary=True
    )
    for position in range(dice.randint(1, 4)):
        _layer(setup, schedule, position)
    if dice.random() < 0.5:
        Override.objects.create(
            schedule=schedule,
            user=setup.someone,
            kind=dice.choice(OverrideKind.values),
            starts_at=START + timedelta(minutes=dice.randint(-60, 10)),
            ends_at=START + timedelta(minutes=dice.randint(11, 120)),
            created_at=START,
        )
    return schedule


def _layer(setup: Setup, schedule: Schedule, position: int) -> None:
    dice = setup.dice
    layer = Layer.objects.create(
        schedule=schedule,
        position=position,
        role=dice.choice(LayerRole.values),
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=dice.choice([None, None, START + timedelta(minutes=7)]),
        first_handoff_date=date(2026, 1, 5),
        handoff_time=time(dice.randint(0, 23), 30),
        turn_length=dice.choice([1, 3]),
        turn_unit=dice.choice(["hours", "days", "weeks"]),
    )
    for place, user in enumerate(dice.sample(setup.people, dice.randint(1, 4))):
        Slot.objects.create(layer=layer, position=place, user=user)
    if dice.random() < 0.3:
        Window.objects.create(layer=layer, start=time(dice.randint(0, 23)), duration=timedelta(hours=9))
