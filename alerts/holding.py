"""Alerts that time moves: those that waited out their pause, those of which nothing more was heard, those that flapped
and stayed quiet.

What a tool said in time counts, whatever waits before it: an alert is not moved while an event of its integration that
was received before its due time is still to be processed. An end waits, for up to PATIENCE, for every event of its
integration.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from alerts.batch import via
from alerts.bulk import update_alerts
from alerts.deciding import LONGEST_WHY, Ruling, open_mutes
from alerts.directory import Directory
from alerts.ends import by_incident, end, tell_ends
from alerts.flapping import QUIET
from alerts.models import Alert, AlertQuerySet, AlertState, EndedBy
from alerts.placing import place
from alerts.waiting import LATELY, waiting
from alerts.wording import settled, silent
from incidents.actions.transitions import acknowledge

log = logging.getLogger(__name__)

BATCH = 200
PATIENCE = timedelta(seconds=30)
# What was received in time may be committed a moment later.
MARGIN = timedelta(seconds=1)
AFTER_ERROR = timedelta(minutes=1)

OLDEST = """
    SELECT wanted.id, (SELECT received_at FROM alerts_event
                       WHERE integration_id = wanted.id AND processed_at IS NULL AND received_at >= %s
                       ORDER BY id LIMIT 1)
    FROM unnest(%s::bigint[]) AS wanted(id)
"""


def place_held(*, now: datetime, limit: int = BATCH) -> int:
    """Place the alerts that did not end within their pause; returns how many. Any number of workers may do this."""
    ready = ~_behind("held_until", now)
    ids = list(Alert.objects.held(now).filter(ready).values_list("pk", flat=True)[:limit])
    return _in_parts(
        lambda part: _release(Alert.objects.held(now).filter(pk__in=part), now), ids, "held_until", now
    )


def end_silent(*, now: datetime, limit: int = BATCH) -> int:
    """End the alerts that were not repeated for as long as their source allows; returns how many."""
    due = Alert.objects.open().stale(now - MARGIN)
    ids = list(due.filter(_is_quiet("expires_at", now)).values_list("pk", flat=True)[:limit])
    return _in_parts(lambda part: _end_silent(part, now), ids, "expires_at", now)


def end_settled(*, now: datetime, limit: int = BATCH) -> int:
    """End the alerts that flapped and have been quiet for long enough; returns how many."""
    due = Alert.objects.open().settled(now - MARGIN)
    ids = list(due.filter(_is_quiet("settles_at", now)).values_list("pk", flat=True)[:limit])
    return _in_parts(lambda part: _end_settled(part, now), ids, "settles_at", now)


def release(alerts: Sequence[Alert], now: datetime) -> int:
    """Place alerts that were held back, in the caller's transaction, which holds them locked: those that a mute of this
    moment covers stay without an incident. Returns how many were placed."""
    directory, mutes = Directory(), open_mutes(now)
    rulings = {
        alert.integration_id: Ruling(alert.integration, mutes=mutes, directory=directory) for alert in alerts
    }
    for alert in alerts:
        before, alert.held_until = alert.mute_id, None
        alert.mute = rulings[alert.integration_id].mute_of(alert, now)
        if alert.mute and alert.mute_id != before:
            alert.why = f"{alert.why}; muted by “{alert.mute.name[:120]}”".lstrip("; ")[-LONGEST_WHY:]
    Alert.objects.bulk_update(alerts, ["mute", "held_until", "why"])
    free = [alert for alert in alerts if alert.mute is None]
    place(free, now, directory=directory)
    _acknowledge(free, now)
    return len(free)


def _release(due: AlertQuerySet, now: datetime) -> int:
    with transaction.atomic():
        alerts = locked(due)
        release(alerts, now)
    return len(alerts)


def locked(due: AlertQuerySet, *, wait: bool = False) -> list[Alert]:
    """The alerts, locked in the order of their ids, with what placing them needs; those that another worker holds are
    left to it, or with `wait` waited for."""
    rows = due.select_for_update(no_key=True, skip_locked=not wait, of=("self",)).order_by("pk")
    return list(rows.select_related("integration__service__team", "service__team", "route"))


def _end_silent(ids: Sequence[int], now: datetime) -> int:
    with transaction.atomic():
        alerts = locked(Alert.objects.open().stale(now).filter(pk__in=ids))
        for alert in alerts:
            end(alert, max(alert.expires_at or now, alert.last_seen_at), EndedBy.SILENCE)
        update_alerts((alert, 0) for alert in alerts)
        tell_ends(by_incident(alerts), now, silent)
    return len(alerts)


def _end_settled(ids: Sequence[int], now: datetime) -> int:
    """Over since its tool said so, which turned out to be true."""
    with transaction.atomic():
        alerts = locked(Alert.objects.open().settled(now).filter(pk__in=ids))
        for alert in alerts:
            end(alert, (alert.settles_at or now) - QUIET, EndedBy.SETTLED)
        update_alerts((alert, 0) for alert in alerts)
        tell_ends(by_incident(alerts), now, settled)
    return len(alerts)


def _acknowledge(alerts: Sequence[Alert], now: datetime) -> None:
    """What its tool acknowledged while it was held back is so from the beginning."""
    known = {
        key: alert.integration
        for alert in alerts
        if alert.state == AlertState.ACKNOWLEDGED and (key := alert.incident_id)
    }
    for key in sorted(known):
        acknowledge(incident_id=key, actor=None, now=now, via=via(known[key]))


def _behind(due: str, now: datetime) -> Q:
    """Those of whose integration something waits that was received before they are due."""
    return _any(Q(integration=key, **{f"{due}__gte": oldest}) for key, oldest in _oldest(now).items())


def _is_quiet(due: str, now: datetime) -> Q:
    """Those of whose integration nothing waits that could still be about them."""
    oldest = _oldest(now)
    lately = Q(integration__in=list(oldest), **{f"{due}__gt": now - PATIENCE})
    return ~_any([lately, *(Q(integration=key, **{f"{due}__gte": first}) for key, first in oldest.items())])


def _oldest(now: datetime) -> dict[int, datetime]:
    """When the first event that waits was received, by integration."""
    since = now - LATELY
    with connection.cursor() as cursor:
        cursor.execute(OLDEST, [since, waiting(since=since)])
        return {key: moment for key, moment in cursor.fetchall() if moment}


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q(pk__in=[]))


def _in_parts(work: Callable[[Sequence[int]], int], ids: Sequence[int], due: str, now: datetime) -> int:
    """All at once; where that fails, in halves down to the one that is at fault, which is tried again a minute later
    and stops no other."""
    if not ids:
        return 0
    try:
        return work(ids)
    except (OperationalError, InterfaceError):
        raise  # a lost connection, a deadlock: all of it is tried again
    except Exception:
        # A boundary: pages of other alerts must not depend on the absence of bugs in one's.
        if len(ids) == 1:
            log.exception("alert %s could not be moved", ids[0])
            Alert.objects.filter(pk=ids[0], **{f"{due}__isnull": False}).update(**{due: now + AFTER_ERROR})
            return 0
    middle = len(ids) // 2
    return _in_parts(work, ids[:middle], due, now) + _in_parts(work, ids[middle:], due, now)
