"""The pager at this moment: what is overdue, who sweeps, what waits, what is down.

The number of queries is the same whatever waits.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from redis.exceptions import RedisError

from incidents.models import Escalation
from lib import wake
from notifications import unsent
from notifications.lateness import BOUND
from notifications.models import Alarm, Circuit, LatenessKind, Measure
from notifications.punctuality import Punctuality, Span, summary
from notifications.unsent import Unsent

ALIVE_FOR = timedelta(seconds=10)
SHOWN_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Timer:
    """An escalation whose step is overdue."""

    incident: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Sweeper:
    """A worker process, by host and number, and when it last said that it lives."""

    name: str
    seen_at: datetime
    is_alive: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is due and not done: pages, other messages, alerts that came in."""

    pages: int
    others: int
    events: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a server answered, and after how many milliseconds."""

    answers: bool
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """All of it, read at `now`."""

    now: datetime
    timer: Timer | None
    page: Unsent | None
    sweepers: list[Sweeper]
    waiting: Waiting
    database: Reach
    broker: Reach
    circuits: list[Circuit]
    alarms: list[Alarm]
    hour: dict[LatenessKind, Punctuality]

    @property
    def alive(self) -> int:
        """Workers that swept within the last ten seconds."""
        return sum(sweeper.is_alive for sweeper in self.sweepers)

    @property
    def shut(self) -> list[Circuit]:
        """Providers that do not answer."""
        return [circuit for circuit in self.circuits if circuit.opened_at]


def read(now: datetime) -> Pulse:
    """Eight queries and one question to the broker."""
    return Pulse(
        now=now,
        timer=overdue_timer(now),
        page=unsent.oldest(now),
        sweepers=_sweepers(now),
        waiting=_waiting(now),
        database=_database(),
        broker=_broker(),
        circuits=list(Circuit.objects.filter(failures__gt=0).order_by("opened_at", "name")),
        alarms=list(Alarm.objects.filter(closed_at=None)),
        hour=summary(Span.HOUR, now),
    )


def overdue_timer(now: datetime) -> Timer | None:
    """The escalation that waits longest for its step beyond its time."""
    row = Escalation.objects.due(now).values_list("incident_id", "next_step_at").first()
    return Timer(*row) if row else None


def is_late(since: datetime | None, now: datetime) -> bool:
    """Whether what should have been done at `since` breaks the promise."""
    return since is not None and now - since > BOUND


def _sweepers(now: datetime) -> list[Sweeper]:
    rows = Measure.objects.filter(name="sweeper", bucket="at", value__gt=(now - SHOWN_FOR).timestamp())
    found = [
        (label, datetime.fromtimestamp(value, UTC)) for label, value in rows.values_list("label", "value")
    ]
    return [Sweeper(label, seen, now - seen <= ALIVE_FOR) for label, seen in sorted(found)]


WAITING = """
    SELECT
      (SELECT count(*) FROM notifications_delivery
       WHERE state = 'pending' AND kind IN ('page', 'drill') AND due_at <= %(now)s),
      (SELECT count(*) FROM notifications_delivery
       WHERE state = 'pending' AND NOT kind IN ('page', 'drill') AND due_at <= %(now)s),
      (SELECT count(*) FROM alerts_event WHERE processed_at IS NULL)
"""


def _waiting(now: datetime) -> Waiting:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"now": now})
        return Waiting(*cursor.fetchone())


def _database() -> Reach:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Reach(answers=True, milliseconds=(time.perf_counter() - began) * 1000)


def _broker() -> Reach:
    began = time.perf_counter()
    try:
        wake.client().ping()
    except (RedisError, OSError):
        return Reach(answers=False)
    return Reach(answers=True, milliseconds=(time.perf_counter() - began) * 1000)
