"""The work that must not wait for a broker: loops in every worker process, straight against Postgres.

Each pump looks at least four times a second and at once when its bell rings (lib.wake). Bells are hints; a worker that
hears none is a quarter of a second late, never silent.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import close_old_connections, connection
from redis.exceptions import RedisError

from alerts import partitions
from alerts.actions.intake import INTAKE
from alerts.actions.limits import watch_limits
from alerts.actions.pinging import sweep_late
from alerts.due import work_due
from alerts.turns import Turns
from config import watching
from incidents.actions.paging import SWEEP
from incidents.actions.reminders import remind_due
from incidents.sweep import BATCH, LARGEST_BATCH, sweep
from insights.operations.watch import LOOK_EVERY as WATCH_EVERY
from lib import wake
from lib.clock import steady
from notifications import leases, measures, outbox
from notifications.bells import OUTBOX
from oncall.drills.actions import DRILLS
from oncall.drills.sweep import sweep_drills

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25
# Rings are thinned out in a storm (lib.wake.RING_EVERY): after work a pump looks once more this soon.
LINGER = 0.02
GATHER, LONGEST_GATHER = 0.04, 0.25
# Between two batches of a storm, for the threads beside it.
STORMS, BREATH = "storms", 0.005
# How long a thread that computes keeps one waiting that has heard from Postgres or a provider; Python's own 5 ms, paid
# at each of some dozens of answers, would be most of what a page takes beside a storm.
SWITCH_EVERY = 0.001
REST_AFTER_ERROR = 0.5
FLUSH_EVERY = 2.0
REMIND_EVERY = 1.0
DAYS_EVERY = 600.0
LIMITS_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Pump:
    """`work` does what waits and returns how much that was. With `gather` it rests after work, that many seconds
    or as long as the work took, but never longer than `longest`: under load more comes together in that time, and a
    batch costs little more than a single one."""

    name: str
    bell: str
    work: Callable[[], int]
    every: float = LOOK_EVERY
    gather: float = 0.0
    longest: float = LONGEST_GATHER


def worker_name() -> str:
    """Who stands in the ledger as having sent: host and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def pumps(senders: int) -> list[Pump]:
    """What one worker process runs."""
    name = worker_name()
    turns = Turns(ring=lambda: wake.ring(STORMS))
    return [
        Pump("intake", INTAKE, lambda: turns.calm(steady), gather=GATHER),
        Pump("storms", STORMS, lambda: turns.storms(steady), gather=BREATH, longest=BREATH),
        Pump("sweep", SWEEP, sweep_all, gather=GATHER / 2),
        Pump("heartbeats", "heartbeats", lambda: sweep_late(now=steady())),
        *(
            Pump(f"sender-{n}", OUTBOX, lambda: outbox.send_due(worker=name, senders=senders))
            for n in range(senders)
        ),
        Pump("rules", "rules", lambda: work_due(now=steady())),
        Pump("reminders", "reminders", lambda: remind_due(now=steady()), REMIND_EVERY),
        Pump("drills", DRILLS, lambda: sweep_drills(steady()), REMIND_EVERY),
        Pump("leases", "leases", Keeper().look, leases.RENEW_EVERY),
        Pump("measures", "measures", flush, FLUSH_EVERY),
        Pump("days", "days", keep_days, DAYS_EVERY),
        Pump("limits", "limits", lambda: watch_limits(now=steady()), LIMITS_EVERY),
        Pump("watch", "watch", watching.look, WATCH_EVERY),
    ]


class Keeper:
    """Counts up what this process is sending and takes back what the dead left."""

    def __init__(self) -> None:
        self.watch = leases.Watch()

    def look(self) -> int:
        """One look; what was taken back is due, so the senders are woken."""
        leases.renew(steady())
        if self.watch.look(steady()):
            wake.ring(OUTBOX)
        return 0


def sweep_all() -> int:
    """Every escalation that is due now. Batches grow while they are full: the first pages leave soon, and the last step
    of a crowd is not late by a dozen round trips for each fifty before it."""
    total, size = 0, BATCH
    while True:
        done = sweep(now=steady(), limit=size)
        total += done
        if done < size:
            return total
        size = min(size * 2, LARGEST_BATCH)


def keep_days() -> int:
    """Events' days ahead and past their retention; not Celery's, since the intake wants its partitions."""
    return partitions.keep_up(steady(), timedelta(days=settings.EVENT_RETENTION_DAYS))


def flush() -> int:
    """Counters to the table, and a sign of life for /metrics."""
    measures.beat("sweeper", worker_name(), now=steady())
    measures.flush()
    return 0


class Machine:
    """The pumps' threads and the ear for bells from other processes."""

    def __init__(self, senders: int) -> None:
        self.stopping = threading.Event()
        self.pumps = pumps(senders)
        for pump in self.pumps:
            wake.bell(pump.bell)
        self.threads = [
            threading.Thread(target=self._turn, args=[pump], name=pump.name) for pump in self.pumps
        ]
        self.threads.append(threading.Thread(target=self._listen, name="ear", daemon=True))

    def start(self) -> None:
        """Begin all loops."""
        sys.setswitchinterval(SWITCH_EVERY)
        for thread in self.threads:
            thread.start()

    def stop(self, patience: float = 20) -> None:
        """Finish what is in hand, then end; what a sender is in the middle of is waited for."""
        self.stopping.set()
        for pump in self.pumps:
            wake.bell(pump.bell).set()
        deadline = time.monotonic() + patience
        for thread in self.threads:
            if not thread.daemon:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _turn(self, pump: Pump) -> None:
        bell, busy = wake.bell(pump.bell), False
        while not self.stopping.is_set():
            bell.clear()
            began = time.monotonic()
            found = self._work(pump)
            if not found and busy:
                bell.wait(LINGER)
            elif not found:
                # Back to the pool while there is nothing to do: a dozen idle loops need no dozen of connections.
                connection.close()
                bell.wait(pump.every)
            elif pump.gather:
                took = time.monotonic() - began
                self.stopping.wait(max(pump.gather, min(took, pump.longest)))
            busy = bool(found)
        close_old_connections()

    def _work(self, pump: Pump) -> int:
        """One look; an unreachable database is waited for, a bug is logged and does not end the loop."""
        try:
            return pump.work()
        except DatabaseProblem as error:
            log.warning("%s waits for the database: %s", pump.name, error)
        except Exception:
            # The boundary of the loop: a page must not depend on the absence of bugs in another's.
            log.exception("%s failed", pump.name)
        close_old_connections()
        self.stopping.wait(REST_AFTER_ERROR)
        return 0

    def _listen(self) -> None:
        while not self.stopping.is_set():
            try:
                with wake.ear() as ear:
                    ear.subscribe(wake.WAKE)
                    while not self.stopping.is_set():
                        message = ear.get_message(timeout=1.0)
                        if message:
                            wake.heard(message)
            except (RedisError, OSError):
                self.stopping.wait(1.0)
