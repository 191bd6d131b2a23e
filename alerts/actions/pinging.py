"""What heartbeats say, and what their silence says: every move of their states, with the event of ours that tells it.

The event is stored in the same transaction as the state, so a heartbeat is never late without an alert on its way, and
an alert is never made twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from alerts import heartbeats
from alerts.actions.intake import accept
from alerts.expecting import late_at, late_at_start, took
from alerts.heartbeats import is_running, rhythm_of, rhythm_words, slug_of
from alerts.lifecycle import WRONG, next_state
from alerts.models import Event, Heartbeat, HeartbeatState, Integration
from alerts.sources.base import Ping
from lib.moments import span
from lib.sealing import seal
from lib.secrets import digest, new_key
from lib.text import one_line

OWN = "own"
LATE_BATCH = 200
# For so long after it was due anything that waits to be read could be its ping; later only what came in time could.
PATIENCE = timedelta(seconds=30)


def heard(*, integration: Integration, pings: Sequence[Ping], now: datetime) -> list[str]:
    """Take pings in their order, in the caller's transaction. Returns a note for each, "" where there is nothing to
    note: an unknown name above all."""
    known = {row.slug: row for row in _locked(integration, {slug_of(ping.slug) for ping in pings})}
    notes = [_hear(integration, known, ping, now) for ping in pings]
    Heartbeat.objects.bulk_update(known.values(), _MOVED)
    return notes


_MOVED = ["state", "due_at", "last_ping_at", "last_started_at", "last_took", "last_said"]


def _locked(integration: Integration, slugs: set[str]) -> QuerySet[Heartbeat]:
    rows = Heartbeat.objects.select_for_update(no_key=True, of=("self",))
    return rows.filter(integration=integration, slug__in=slugs).order_by("pk")


def _hear(integration: Integration, known: dict[str, Heartbeat], ping: Ping, now: datetime) -> str:
    slug = slug_of(ping.slug)
    row = known.get(slug) or _made(integration, ping, now)
    if row is None:
        return f"There is no heartbeat “{one_line(ping.slug, 100)}” here: nothing was noted."
    known[row.slug] = row
    row.last_said = one_line(ping.said, 300)
    HEAR[ping.what](row, ping.happened_at, now)
    return f"“{row.name}” is paused: this was noted and changes nothing." if _is_paused(row) else ""


def _made(integration: Integration, ping: Ping, now: datetime) -> Heartbeat | None:
    """The heartbeat that an unknown name makes, where the integration says that it may."""
    slug = slug_of(ping.slug)
    if not integration.options.get(heartbeats.CREATES) or not slug or slug in heartbeats.RESERVED:
        return None
    if integration.heartbeats.count() >= heartbeats.MOST:
        return None
    key = new_key()
    return Heartbeat.objects.create(
        integration=integration,
        name=one_line(ping.slug, 100),
        slug=slug,
        key_digest=digest(key),
        key_sealed=seal(key),
        period=heartbeats.DEFAULT_PERIOD,
        grace=heartbeats.DEFAULT_GRACE,
        created_at=now,
    )


def _ok(row: Heartbeat, at: datetime, now: datetime) -> None:
    was = row.state
    _ended(row, at)
    row.state = next_state(was, "ok")
    if not _is_paused(row):
        row.due_at = late_at(rhythm_of(row), at)
    if was in WRONG:
        say_over(row, f"“{row.name}” is back", now)


def _fail(row: Heartbeat, at: datetime, now: datetime) -> None:
    _ended(row, at)
    row.state, row.due_at = next_state(row.state, "fail"), None
    if not _is_paused(row):
        said = f": {row.last_said}" if row.last_said else ""
        _say(row, "trigger", f"“{row.name}” failed{said}", now)


def _start(row: Heartbeat, at: datetime, now: datetime) -> None:
    row.last_started_at = at
    if row.state in (HeartbeatState.NEW, HeartbeatState.UP):
        row.due_at = late_at_start(rhythm_of(row), at, row.due_at)


def _log(row: Heartbeat, at: datetime, now: datetime) -> None:
    """Its words are noted already."""


HEAR = {"ok": _ok, "fail": _fail, "start": _start, "log": _log}


def _ended(row: Heartbeat, at: datetime) -> None:
    row.last_took = took(row.last_started_at, row.last_ping_at, at)
    row.last_ping_at = at


def _is_paused(row: Heartbeat) -> bool:
    return row.state == HeartbeatState.PAUSED


def sweep_late(*, now: datetime, limit: int = LATE_BATCH) -> int:
    """Tell of those that are overdue now; returns how many. Any number of workers may do this at once.

    A heartbeat is not late while its ping may wait to be read: see PATIENCE. Behind a disabled integration none is.
    """
    if not Heartbeat.objects.due(now).exists():
        return 0
    with transaction.atomic():
        late = list(_overdue(now)[:limit])
        for row in late:
            _late(row, now)
        Heartbeat.objects.bulk_update(late, ["state", "due_at"])
    return len(late)


def _overdue(now: datetime) -> QuerySet[Heartbeat]:
    waiting = Event.objects.filter(integration=OuterRef("integration"), processed_at=None)
    in_time = Exists(waiting.filter(received_at__lte=OuterRef("due_at")))
    return (
        Heartbeat.objects.due(now)
        .filter(~in_time, Q(due_at__lte=now - PATIENCE) | ~Exists(waiting), integration__disabled_at=None)
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
    )


def _late(row: Heartbeat, now: datetime) -> None:
    since = row.last_started_at if is_running(row) else row.last_ping_at
    length = span(now - since) if since else ""
    words = (
        f"began {length} ago and did not say that it ended" if is_running(row) else f"not heard for {length}"
    )
    summary = f"“{row.name}” is late: {words}"
    _say(row, "trigger", summary, now, expected_by=row.due_at.isoformat() if row.due_at else "")
    row.state, row.due_at = next_state(row.state, "late"), None


def say_over(row: Heartbeat, summary: str, now: datetime) -> None:
    """Its alert ends."""
    _say(row, "resolve", summary, now)


def _say(row: Heartbeat, action: str, summary: str, now: datetime, **more: str) -> None:
    """An event of ours through the integration's own way, in the caller's transaction."""
    page = settings.SITE_URL.rstrip("/") + reverse("alerts:heartbeat", args=[row.pk])
    body: dict[str, Any] = {
        "action": action,
        "dedup_key": heartbeats.dedup_key(row.pk),
        "summary": summary,
        "severity": row.severity,
        "rule": row.name,
        "details": {**_details(row), **more},
        "links": [{"href": page, "text": row.name}],
    }
    accept(
        integration_id=row.integration_id,
        endpoint=OWN,
        body=json.dumps(body, ensure_ascii=False),
        dedup_key=heartbeats.dedup_key(row.pk),
        now=now,
    )


def _details(row: Heartbeat) -> dict[str, str]:
    found = {
        "heartbeat": row.slug,
        "expected": rhythm_words(row),
        "grace": span(row.grace),
        "last_ping_at": row.last_ping_at.isoformat() if row.last_ping_at else "",
        "last_said": row.last_said,
    }
    return {name: text for name, text in found.items() if text}
