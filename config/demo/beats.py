"""Pellworth's jobs that must not fall silent, and what they said: rhythms of weeks and months, so that a demo that is
left running does not page because nobody runs its jobs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from alerts.actions.heartbeats import make_heartbeat_on, pause_heartbeat
from alerts.actions.intake import accept
from alerts.models import Heartbeat
from alerts.processing import process
from alerts.sources.base import PING
from config.demo.estate import Estate

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Job:
    """A job to be. `runs` are how long ago it ran and how long it took (None: it told no start)."""

    service: str
    name: str
    cron: str
    grace: timedelta
    runs: tuple[tuple[timedelta, timedelta | None], ...] = ()


def _weekly(weeks: int, minutes: float) -> tuple[tuple[timedelta, timedelta], ...]:
    """A run each week, the last one some hours ago; no two take the same time."""
    return tuple(
        (WEEK * ago + timedelta(hours=3), timedelta(minutes=minutes + (ago * 7) % 5, seconds=(ago * 23) % 60))
        for ago in range(weeks, -1, -1)
    )


JOBS = (
    Job("ledger", "Restore test of the ledger", "0 4 * * SUN", timedelta(days=8), _weekly(11, 38)),
    Job(
        "payment-gateway",
        "Acquirers’ statements",
        "30 6 1 * *",
        timedelta(days=5),
        ((timedelta(days=9), None),),
    ),
    Job("web-shop", "Sitemap for search engines", "15 3 * * MON", timedelta(days=8), _weekly(6, 4)),
    Job("checkout-api", "Certificate renewal", "0 5 1 * *", timedelta(days=2)),
)
PAUSED = "Sitemap for search engines"


def beat(*, estate: Estate, admin: User, since: datetime, now: datetime) -> None:
    """Make the heartbeats and tell what they said until `now`."""
    for job in JOBS:
        row, _key = make_heartbeat_on(
            actor=admin,
            service=estate.services[job.service],
            now=since,
            name=job.name,
            period=None,
            cron=job.cron,
            zone="Europe/Amsterdam",
            grace=job.grace,
            severity="warning",
        )
        for ago, length in job.runs:
            _run(row, now - ago, length)
        if job.name == PAUSED:
            pause_heartbeat(actor=admin, heartbeat=row, now=now - timedelta(days=2))


def _run(row: Heartbeat, ended: datetime, length: timedelta | None) -> None:
    if length is not None:
        _ping(row, "start", ended - length)
    _ping(row, "ok", ended)


def _ping(row: Heartbeat, what: str, moment: datetime) -> None:
    """Through the worker, as a job's curl would."""
    context = json.dumps({"slug": row.slug, "what": what, "method": "GET", "agent": "curl/7.88.1"})
    accept(integration_id=row.integration_id, endpoint=PING, body="", context=context, now=moment)
    process(integration_id=row.integration_id, now=moment + timedelta(seconds=1))
