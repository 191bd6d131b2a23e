"""A company to look around in: Pellworth, its people, and ninety days of what went wrong there.

Everything is written by the same actions as in a real installation, each at its moment in the past, in one
transaction: whoever looks meanwhile sees nothing of it. Two incidents are open at the end; one of them pages.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from accounts.models import User
from config.demo.beats import beat
from config.demo.company import found
from config.demo.duty import arrange
from config.demo.estate import build, deploy, publish
from config.demo.history import happen, happen_now
from config.demo.lately import rearrange
from config.demo.rules import rule
from config.demo.telling import World
from config.demo.wire import DOMAIN
from incidents import signals
from incidents.models import Escalation, Incident
from statuspage.actions import render_all

BEFORE = timedelta(days=100)
"""How long ago the company began to use its installation; the incidents begin ten days later."""


class CannotLoad(Exception):
    """The demo company is not loaded, and nothing was changed; the message says why."""


@transaction.atomic
def load(*, admin: User, now: datetime, seed: int = 1, clock: Callable[[], datetime] | None = None) -> None:
    """Write the company and its history up to `now`. `admin` manages one of its teams and is on call now.

    The same `seed` and `now` give the same rows, apart from keys and secrets. With a `clock`, what goes on now begins
    when the history is written: that takes longer than a page may be late. Raises CannotLoad.
    """
    _check()
    begun = now - BEFORE
    rng = Random(seed)  # noqa: S311 - the same story for the same seed is the point
    with signals.silenced():
        company = found(admin=admin, now=begun)
        duty = arrange(company=company, admin=admin, since=begun, now=now)
        estate = build(company=company, duty=duty, now=begun)
        publish(estate=estate, admin=admin, now=begun)
        deploy(estate=estate, since=begun, now=now, rng=rng)
        world = World(company, estate, rng)
        happen(world=world, now=now)
        rearrange(company=company, duty=duty, admin=admin, now=now, rng=rng)
        happen_now(world=world, now=clock() if clock else now)
        beat(estate=estate, admin=admin, since=begun, now=now)
        rule(estate=estate, admin=admin, now=now)
    render_all(now=now)
    for number in Incident.objects.open().values_list("pk", flat=True):
        signals.announce(number, "timeline")


def _check() -> None:
    if User.objects.filter(email__iendswith=f"@{DOMAIN}").exists():
        raise CannotLoad("The demo company is there already: people with addresses at " + DOMAIN + ".")
    if Escalation.objects.running().exists():
        raise CannotLoad("Somebody is being paged right now. Load the demo company when nothing is open.")
