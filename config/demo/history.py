"""Which stories happen when: ninety days without overlaps, and two that go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random

from accounts.models import User
from config.demo import story
from config.demo.reviews import review
from config.demo.story import Story
from config.demo.telling import Telling, World
from incidents.actions.verdicts import judge
from incidents.messages import subject_of
from incidents.models import State as IncidentState
from notifications.models import Delivery, DeliveryKind
from postmortems.models import State

DAYS = timedelta(days=89)
QUIET_BEFORE_NOW = timedelta(hours=14)
LONGEST = timedelta(hours=11)
"""No story takes longer, so none begins before the one before it is over."""
A_MOMENT = timedelta(seconds=1)
FILES = ("payments", "storefront", "platform", "small")
DRAFTS, IN_REVIEW = 2, 2
ANSWER, RIGHT = 2 / 3, 0.9
AFTERWARDS = timedelta(minutes=5)


def happen(*, world: World, now: datetime) -> None:
    """The past: every story at its place, then the postmortems of those that have one."""
    told = [
        Telling(world, each, number, start).tell()
        for (each, number), start in _placed(_in_order(world.rng), world.rng, now)
    ]
    reviewed = [each for each in told if each.story.review is not None]
    for place, each in enumerate(reversed(reviewed)):
        review(told=each, stage=_stage(place), now=now)
    for each in told:
        _judge(each)


def happen_now(*, world: World, now: datetime) -> None:
    """One incident that people are working on, and one whose first page is due, unsent, by `now`."""
    worked_on, fresh = story.read("open")
    begun = timedelta(minutes=worked_on.script[-1].minute + 4)
    Telling(world, worked_on, 0, now - begun).tell()
    Telling(world, replace(fresh, script=()), 0, now - A_MOMENT).begin()


def _judge(told: Telling) -> None:
    """Two of three who were paged say afterwards whether that was of use: it was where somebody had to declare an
    incident or at least to mend something."""
    subject, rng = subject_of(told.incident), told.world.rng
    pages = Delivery.objects.about(subject).filter(kind=DeliveryKind.PAGE, sent_at__isnull=False)
    told.incident.refresh_from_db()
    was_needed = bool(told.incident.severity) and told.incident.state != IncidentState.DISMISSED
    for user in User.objects.filter(pk__in=pages.values("user")).order_by("pk"):
        if rng.random() < ANSWER:
            useful = rng.random() < (RIGHT if was_needed else 1 - RIGHT)
            judge(incident=told.incident, user=user, is_useful=useful, now=told.ended + AFTERWARDS)


def _stage(place: int) -> str:
    """By how many are newer: the newest are not finished."""
    if place < DRAFTS:
        return State.DRAFT
    return State.IN_REVIEW if place < DRAFTS + IN_REVIEW else State.PUBLISHED


def _in_order(rng: Random) -> list[tuple[Story, int]]:
    """Every telling of every story, mixed; those with a postmortem at even distances, so that their reviews had
    time."""
    every = [(each, number) for name in FILES for each in story.read(name) for number in range(each.times)]
    reviewed = [each for each in every if each[0].review]
    others = [each for each in every if not each[0].review]
    rng.shuffle(reviewed)
    rng.shuffle(others)
    step = len(others) // len(reviewed)
    mixed: list[tuple[Story, int]] = []
    for place, each in enumerate(reviewed):
        mixed += [each, *others[place * step : (place + 1) * step]]
    return mixed + others[len(reviewed) * step :]


def _placed(
    stories: list[tuple[Story, int]], rng: Random, now: datetime
) -> Iterator[tuple[tuple[Story, int], datetime]]:
    """When each begins: somewhere in its share of the days, or at the time of day that it names."""
    begin = now - DAYS
    room = (DAYS - QUIET_BEFORE_NOW) / len(stories)
    for place, each in enumerate(stories):
        start = begin + place * room
        chance = rng.random()
        yield each, _at(start, each[0].clock) if each[0].clock else start + chance * (room - LONGEST)


def _at(start: datetime, clock: time) -> datetime:
    """The first time after `start` that clocks in UTC show that."""
    found = datetime.combine(start.date(), clock, tzinfo=UTC)
    return found if found >= start else found + timedelta(days=1)
