"""What was arranged anew in the last days: a secondary, a shadow, office hours for what is minor, time off, covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random

from accounts.models import User
from config.demo.company import Company
from config.demo.duty import AMSTERDAM, Duty
from config.demo.ledger import settle
from lib.intervals import to_wall
from notifications.models import Delivery, DeliveryKind
from oncall.actions import (
    Aim,
    LayerDraft,
    StepDraft,
    add_absence,
    ask_for_cover,
    save_policy,
    update_schedule,
)
from oncall.conditions import Condition, OnHolidays, Otherwise
from oncall.drafts import draft_of
from oncall.models import LayerRole, Schedule
from oncall.policy_revisions import drafts_of
from oncall.queries import Shift, shifts_of
from oncall.rotation import Restriction

OFFICE = tuple(Restriction(time(9), timedelta(hours=8), day) for day in range(5))
WHEN_MINOR = Condition(
    urgencies=frozenset({"low"}),
    windows=OFFICE,
    zone=AMSTERDAM,
    holidays="NL",
    on_holidays=OnHolidays.NEVER,
    otherwise=Otherwise.WAIT,
)
DAY = timedelta(days=1)


def rearrange(*, company: Company, duty: Duty, admin: User, now: datetime, rng: Random) -> None:
    """All of it, each at its moment in the last three days."""
    _second_in_line(company, duty, now - 3 * DAY)
    _looking_over_the_shoulder(company, duty, admin, now - 2 * DAY)
    _let_it_wait(company, duty, now - 2 * DAY)
    _time_off(company, duty, now)
    told = Delivery.objects.open().filter(kind=DeliveryKind.NOTICE).order_by("id")
    for subject in dict.fromkeys(told.values_list("subject", flat=True)):
        settle(subject=subject, until=now, rng=rng)


def _layers(schedule: Schedule) -> tuple[LayerDraft, ...]:
    current = schedule.layers.current().prefetch_related("slots__user", "restrictions")
    return tuple(draft_of(layer) for layer in current.order_by("position"))


def _with(schedule: Schedule, layer: LayerDraft, actor: User, now: datetime, *, second: bool = False) -> None:
    update_schedule(
        actor=actor,
        now=now,
        schedule=schedule,
        name=schedule.name,
        time_zone=schedule.time_zone,
        description=schedule.description,
        layers=(*_layers(schedule), layer),
        wants_secondary=second,
    )


def _second_in_line(company: Company, duty: Duty, now: datetime) -> None:
    """Platform gets a secondary of its own, and its policy asks them second."""
    noor, kwame, leilani = company.crews["platform"]
    schedule, policy = duty.schedules["platform"], duty.policies["platform"]
    daily = _layers(schedule)[0]
    second = LayerDraft(
        people=(noor, leilani, kwame),
        first_handoff=daily.first_handoff,
        turn_unit=daily.turn_unit,
        name="Second in line",
        starts_at=now,
        role=LayerRole.SECONDARY,
    )
    _with(schedule, second, noor, now, second=True)
    first, _noor, everybody = drafts_of(policy)
    steps = (
        first,
        StepDraft((Aim(schedule=schedule, which="secondary"),), timedelta(minutes=5)),
        replace(everybody, targets=(Aim(team=company.teams["platform"]),)),
    )
    save_policy(
        actor=noor,
        now=now,
        policy=policy,
        team=policy.team,
        name=policy.name,
        steps=steps,
        fallback_people=policy.fallback_people.all(),
        description="The day's person, the second in line, then everybody.",
        repeats=policy.repeats,
        on_empty=policy.on_empty,
    )


def _looking_over_the_shoulder(company: Company, duty: Duty, admin: User, now: datetime) -> None:
    """The admin gets to know the shop by shadowing its weekdays from next Monday on."""
    claire = company.people["claire"]
    today = to_wall(now, admin.zone).date()
    monday = today + timedelta(days=7 - today.weekday())
    shadow = LayerDraft(
        people=(admin,),
        first_handoff=datetime.combine(monday, time(9)),
        name="Getting to know the shop",
        starts_at=now + 4 * DAY,
        role=LayerRole.SHADOW,
        restrictions=OFFICE,
    )
    _with(duty.schedules["storefront"], shadow, claire, now)


def _let_it_wait(company: Company, duty: Duty, now: datetime) -> None:
    """What is not urgent about the internal tools waits for office hours."""
    policy, noor = duty.policies["tools"], company.people["noor"]
    [step] = drafts_of(policy)
    save_policy(
        actor=noor,
        now=now,
        policy=policy,
        team=policy.team,
        name=policy.name,
        steps=(replace(step, condition=WHEN_MINOR), replace(step, uid=None)),
        fallback_people=policy.fallback_people.all(),
        description="Nobody is woken for a build: what is not urgent waits until nine.",
        repeats=policy.repeats,
        on_empty=policy.on_empty,
    )


def _time_off(company: Company, duty: Duty, now: datetime) -> None:
    """Two people are away soon; one of them asks the team, where the reader sees it, and one has not asked yet."""
    people = company.people
    for name, note in (("ingrid", "My sister’s wedding"), ("kwame", "Hiking in the Ardennes")):
        team = "payments" if name == "ingrid" else "platform"
        shift = _next_shift(people[name], duty.schedules[team], now)
        if shift is None:
            continue
        day = shift.start + timedelta(hours=3)
        add_absence(
            actor=people[name],
            now=now - DAY,
            user=people[name],
            starts_at=day,
            ends_at=day + DAY,
            note=note,
        )
        if name == "ingrid":
            ask_for_cover(
                actor=people[name],
                now=now - DAY,
                schedule=shift.schedule,
                asker=people[name],
                starts_at=day,
                ends_at=min(day + DAY, shift.end),
                note=note,
            )


def _next_shift(person: User, schedule: Schedule, now: datetime) -> Shift | None:
    """The first one that begins at least three days from now."""
    ahead = shifts_of(person, now + 3 * DAY, now + 60 * DAY)
    found = (each for each in ahead if each.schedule == schedule and each.start > now + 3 * DAY)
    return next(found, None)
