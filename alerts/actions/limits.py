"""An integration that comes near its limit says so, and pages its owner when it is there: by events of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from alerts.actions.intake import accept
from alerts.models import Alert, AlertState, Event, IntakeMinute, Integration
from alerts.sources.own import OWN

KEY = "tocsin-limit"
NEAR = 0.8
# Quiet for so long, it is over; within it, what a person has closed is not told again.
QUIET = timedelta(minutes=5)
ONLY_ONE = "SELECT pg_try_advisory_xact_lock(7302, 2)"
# A level's severity: the first pages at low urgency, the second at high.
CLEAR, CLOSE, REACHED = "", "close", "reached"
SEVERITY = {CLOSE: "warning", REACHED: "critical"}


@dataclass(frozen=True, slots=True)
class Use:
    """How far an integration has used its limit: at this moment, and in the last minutes."""

    limit: int
    now: str
    lately: str
    accepted: int
    over: int


def use_of(limit: int, minutes: Iterable[IntakeMinute], now: datetime) -> Use:
    """Pure: `minutes` are those of the last QUIET and the one before."""
    rows = sorted(minutes, key=lambda each: each.minute)
    current = [each for each in rows if each.minute > now - timedelta(minutes=2)]
    last = max(current, key=lambda each: each.accepted + each.over, default=None)
    return Use(
        limit=limit,
        now=max((_level(each, limit) for each in current), key=_rank, default=CLEAR),
        lately=max((_level(each, limit) for each in rows), key=_rank, default=CLEAR),
        accepted=last.accepted if last else 0,
        over=last.over if last else 0,
    )


@transaction.atomic
def watch_limits(*, now: datetime) -> int:
    """Look at every integration with a limit; how many events were made. One process at a time."""
    with connection.cursor() as cursor:
        cursor.execute(ONLY_ONE)
        if not cursor.fetchone()[0]:
            return 0
    doors = list(Integration.objects.enabled().filter(limit_per_minute__isnull=False))
    if not doors:
        return 0
    minutes = list(
        IntakeMinute.objects.filter(integration__in=doors, minute__gt=now - QUIET - timedelta(minutes=1))
    )
    return sum(
        _tell(door, [each for each in minutes if each.integration_id == door.pk], now) for door in doors
    )


def _tell(door: Integration, minutes: list[IntakeMinute], now: datetime) -> int:
    use = use_of(door.limit_per_minute or 0, minutes, now)
    last = Alert.objects.filter(integration=door, dedup_key=KEY).order_by("-pk").first()
    told = str(last.details.get("level", "")) if last and _counts(last, now) else CLEAR
    is_open = last is not None and last.state != AlertState.RESOLVED
    if _rank(use.now) > _rank(told):
        return _say(door, "trigger", use, now)
    return _say(door, "resolve", use, now) if is_open and use.lately == CLEAR else 0


def _counts(alert: Alert, now: datetime) -> bool:
    return alert.resolved_at is None or alert.resolved_at > now - QUIET


def _say(door: Integration, action: str, use: Use, now: datetime) -> int:
    """One event of ours, unless one waits to be made an alert of."""
    waiting = Event.objects.filter(
        integration=door, endpoint=OWN, dedup_key=KEY, processed_at=None, received_at__gt=now - QUIET
    )
    if waiting.exists():
        return 0
    body = {
        "action": action,
        "dedup_key": KEY,
        "rule": "Limit of events a minute",
        "summary": _summary(door, use),
    }
    if action == "trigger":
        body["severity"] = SEVERITY[use.now]
    details = {"level": use.now, "limit": use.limit, "accepted": use.accepted, "refused": use.over}
    text = json.dumps({**body, "details": details})
    accept(integration_id=door.pk, endpoint=OWN, body=text, dedup_key=KEY, now=now)
    return 1


def _summary(door: Integration, use: Use) -> str:
    if use.now == REACHED:
        return f"{door.name} is over its limit of {use.limit} events a minute: {use.over} refused"
    return f"{door.name} has used {use.accepted} of {use.limit} events a minute"


def _level(minute: IntakeMinute, limit: int) -> str:
    if minute.over or minute.accepted >= limit:
        return REACHED
    return CLOSE if minute.accepted >= NEAR * limit else CLEAR


def _rank(level: str) -> int:
    return (CLEAR, CLOSE, REACHED).index(level) if level in (CLEAR, CLOSE, REACHED) else 0
