"""How much comes through each door a minute, and which requests are beyond an integration's limit.

Counted in this process's memory, so that no request asks the database; each second what was counted is added to
IntakeMinute, and the sum over all processes comes back with it. So a limit is kept to within about a second's worth of
the other processes' requests. A process that is killed loses the last second of its counting, and no event.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import Error as DatabaseProblem
from django.db import connection

from alerts.models import IntakeMinute
from alerts.sources.base import Door

log = logging.getLogger(__name__)

FLUSH_EVERY = 1.0
SAMPLE_EVERY = 10.0
# Minutes that are remembered; those of long ago are of no use.
KEPT_MINUTES = 3

ADD = """
    INSERT INTO alerts_intakeminute (integration_id, minute, accepted, over)
    SELECT n.* FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[], %s::int[]) AS n (id, minute, accepted, over)
    WHERE EXISTS (SELECT FROM alerts_integration i WHERE i.id = n.id)
    ON CONFLICT (integration_id, minute) DO UPDATE
    SET accepted = alerts_intakeminute.accepted + excluded.accepted, over = alerts_intakeminute.over + excluded.over
    RETURNING integration_id, minute, accepted, over
"""
# One in ten seconds over all processes: the newest days' rows of the integration tell.
SAMPLE = """
    INSERT INTO alerts_event
        (integration_id, endpoint, body, context, dedup_key, received_at, processed_at, problem, notes)
    SELECT %(id)s, %(endpoint)s, %(body)s, %(context)s::jsonb, '', %(now)s, %(now)s, '', %(notes)s::jsonb
    WHERE NOT EXISTS (
        SELECT FROM alerts_event WHERE integration_id = %(id)s AND received_at > %(since)s AND received_at <= %(now)s
        AND processed_at IS NOT NULL AND notes ->> 0 LIKE 'over the limit: %%'
    ) RETURNING id
"""
Place = tuple[int, datetime]


@dataclass(slots=True)
class Count:
    """Of one integration's minute: what was let in and what was refused."""

    accepted: int = 0
    over: int = 0


class Meter:
    """One per process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._new: dict[Place, Count] = {}
        self._known: dict[Place, Count] = {}
        self._sampled: dict[int, float] = {}

    def lets_in(self, door: Door, now: datetime, *, always: bool = False) -> bool:
        """Count a request; False where it is beyond the limit of its minute. With `always` it never is."""
        place = (door.id, minute_of(now))
        with self._lock:
            new = self._new.setdefault(place, Count())
            known = self._known.get(place)
            before = new.accepted + (known.accepted if known else 0)
            is_over = not always and door.limit is not None and before >= door.limit
            if is_over:
                new.over += 1
            else:
                new.accepted += 1
        return not is_over

    def wants_sample(self, door: Door) -> bool:
        """Whether this process has kept none of what was refused for a while."""
        with self._lock:
            at = time.monotonic()
            wants = at - self._sampled.get(door.id, float("-inf")) >= SAMPLE_EVERY
            if wants:
                self._sampled[door.id] = at
        return wants

    def refused(self, door: Door, now: datetime) -> int:
        """How many of this minute were refused, as far as this process knows."""
        place = (door.id, minute_of(now))
        with self._lock:
            return sum(each[place].over for each in (self._new, self._known) if place in each)

    def flush(self) -> None:
        """Add what was counted to the table, and learn the sums; on a database error it is kept for the next time."""
        with self._lock:
            taken, self._new = self._new, {}
        if not taken:
            return
        try:
            sums = _added(taken)
        except BaseException:
            self._give_back(taken)
            raise
        with self._lock:
            oldest = max(minute for _, minute in taken) - timedelta(minutes=KEPT_MINUTES)
            self._known = {
                place: each for place, each in {**self._known, **sums}.items() if place[1] > oldest
            }

    def _give_back(self, taken: dict[Place, Count]) -> None:
        with self._lock:
            for place, each in taken.items():
                new = self._new.setdefault(place, Count())
                new.accepted, new.over = new.accepted + each.accepted, new.over + each.over


def minute_of(now: datetime) -> datetime:
    """The UTC minute that the instant lies in."""
    return now.astimezone(UTC).replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Hour:
    """The last hour of a door, by the minute: the last whole minute, the fullest one, and all that was refused."""

    last: int
    most: int
    over: int


def last_hour(integration_id: int, now: datetime) -> Hour:
    """What came in the last hour."""
    this = minute_of(now)
    rows = IntakeMinute.objects.filter(integration=integration_id, minute__gt=now - timedelta(hours=1))
    found = list(rows.values_list("minute", "accepted", "over"))
    return Hour(
        last=sum(accepted for minute, accepted, _ in found if minute == this - timedelta(minutes=1)),
        most=max((accepted for _, accepted, _ in found), default=0),
        over=sum(over for _, _, over in found),
    )


def keep_sample(
    door: Door, *, endpoint: str, body: str, context: str, refused: int, now: datetime
) -> int | None:
    """Keep one refused body as an event that is done with, unless another process just did; its id."""
    values: dict[str, Any] = {
        "id": door.id,
        "endpoint": endpoint,
        "body": body,
        "context": context,
        "now": now,
        "since": now - timedelta(seconds=SAMPLE_EVERY),
        "notes": f'["over the limit: kept as a sample, {refused} refused in this minute"]',
    }
    with connection.cursor() as cursor:
        cursor.execute(SAMPLE, values)
        row = cursor.fetchone()
    return row[0] if row else None


def _added(taken: dict[Place, Count]) -> dict[Place, Count]:
    # In one order in every process, so that two of them do not wait for each other.
    rows = sorted((*place, each.accepted, each.over) for place, each in taken.items())
    with connection.cursor() as cursor:
        cursor.execute(ADD, [list(column) for column in zip(*rows, strict=True)])
        return {
            (number, minute): Count(accepted, over) for number, minute, accepted, over in cursor.fetchall()
        }


meter = Meter()
"""The one of this process."""


def start(flush: Callable[[], None] = meter.flush) -> threading.Event:
    """Flush each second, in a thread that ends with the process or when the event is set."""
    stopping = threading.Event()
    threading.Thread(target=_turn, args=[stopping, flush], name="limits", daemon=True).start()
    return stopping


def _turn(stopping: threading.Event, flush: Callable[[], None]) -> None:
    while not stopping.wait(FLUSH_EVERY):
        try:
            flush()
        except DatabaseProblem as error:
            log.warning("the counts of the intake wait for the database: %s", error)
        except Exception:
            # The boundary of the thread: a bug in one flush must not end the counting.
            log.exception("the counts of the intake could not be written")
        finally:
            connection.close()
