"""Who plays which part in a story: the lead answered the page, others of the team join, one comes from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from random import Random

from accounts.models import User
from catalog.models import Service
from config.demo.company import Company
from oncall.models import StepTarget
from oncall.queries import who_is_on_call

Cast = dict[str, User]
OF_THE_TEAM = ("second", "third")


def choose(
    *, company: Company, service: Service, known: Mapping[str, User], away: Collection[int], rng: Random
) -> Cast:
    """Everybody but the lead: whoever is known stays unless they are in `away`, the rest is drawn."""
    cast = {part: user for part, user in known.items() if user.pk not in away}
    taken = {user.pk for user in cast.values()} | set(away)
    own = company.crew_of(service.team_id)
    free = [user for user in own if user.pk not in taken]
    rng.shuffle(free)
    missing = [part for part in OF_THE_TEAM if part not in cast]
    others = [user for crew in company.crews.values() for user in crew if user not in own]
    comms = rng.choice([user for user in others if user.pk not in away])
    return {"comms": comms} | cast | dict(zip(missing, free, strict=False))


def on_duty(service: Service, at: datetime) -> set[int]:
    """Who is paged first for the service at that moment, if it is a schedule."""
    targets = StepTarget.objects.filter(step__policy=service.policy_id, step__position=0, user=None)
    schedules = [key for key in targets.values_list("schedule_id", flat=True) if key is not None]
    return {person for people in who_is_on_call(schedules, at).values() for person in people}
