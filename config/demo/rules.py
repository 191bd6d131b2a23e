"""Pellworth's routes and mutes: made last, so that they change nothing of what happened before."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from accounts.models import User
from alerts.actions.mutes import make_mute
from alerts.actions.routes import add_route
from alerts.models import Outcome
from alerts.recurring import moment
from config.demo.estate import Estate

ZONE = "Europe/Amsterdam"
NOISE = {"field": "labels.env", "op": "in", "value": ["staging", "preview"]}
BATCHES = {"field": "rule", "op": "=~", "value": ".*(Batch|Job).*"}
WARNINGS = {"field": "severity", "op": "<=", "value": "warning"}
NIGHT = {
    "field": "time",
    "op": "within",
    "value": {"days": [0, 1, 2, 3, 4, 5, 6], "from": "22:00", "to": "07:00", "zone": ZONE},
}


def rule(*, estate: Estate, admin: User, now: datetime) -> None:
    """A few routes, the weekly window of the ledger, and runners that are being moved now."""
    add_route(
        actor=admin,
        integration=None,
        now=now,
        name="Staging is no production",
        matchers=[NOISE],
        outcome="alert",
    )
    checkout = estate.doors["checkout-api", "alertmanager"]
    add_route(
        actor=admin,
        integration=checkout,
        now=now,
        name="Batches are the ledger’s",
        matchers=[BATCHES],
        service=estate.services["ledger"],
        pause=timedelta(minutes=2),
    )
    add_route(
        actor=admin,
        integration=checkout,
        now=now,
        name="Warnings at night can wait",
        matchers=[WARNINGS, NIGHT],
        outcome=Outcome.RECORD,
    )
    _mutes(estate, admin, now)


def _mutes(estate: Estate, admin: User, now: datetime) -> None:
    ledger, builds = estate.services["ledger"], estate.services["build-and-deploy"]
    sunday = now.date() + timedelta(days=6 - now.weekday() + 7)
    make_mute(
        actor=admin,
        now=now,
        name="Weekly restore test of the ledger",
        team=ledger.team,
        services=[ledger],
        with_dependents=False,
        is_maintenance=True,
        starts_at=moment(datetime.combine(sunday, time(4)), ZONE),
        ends_at=moment(datetime.combine(sunday, time(6)), ZONE),
        recurrence="FREQ=WEEKLY",
        zone=ZONE,
    )
    make_mute(
        actor=admin,
        now=now,
        name="Runners move to the new rack",
        team=builds.team,
        services=[builds],
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=5),
        zone=ZONE,
    )
