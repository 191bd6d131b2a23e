"""Mutes that begin and end. What one held back is looked at again when it ends."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from alerts.holding import locked, release
from alerts.models import Alert, AlertState, Mute
from alerts.recurring import BadRecurrence, spec_of, state_at
from lib.intervals import UnknownZone

log = logging.getLogger(__name__)

BATCH = 50
ALERTS = 400


def move_mutes(*, now: datetime, limit: int = BATCH) -> int:
    """Bring the mutes up to date whose state changes now; returns how many. Any number of workers may do this.

    One that ends is closed first, by itself: a batch that relies on it holds it open until it is committed
    (alerts.batch), so whatever it muted is there to be seen. It stays due until what it held back has been examined.
    """
    ids = list(Mute.objects.due(now).values_list("pk", flat=True)[:limit])
    for pk in ids:
        _move(pk, now)
    return len(ids)


def _move(pk: int, now: datetime) -> None:
    mute = Mute.objects.get(pk=pk)
    is_open, following = _state(mute, now)
    if not is_open:
        Mute.objects.filter(pk=pk, is_open=True).update(is_open=False)
    last = 0
    while last := reexamine(mute, now, after=last):
        pass
    over = {} if is_open or following or mute.ended_at else {"ended_at": now}
    Mute.objects.filter(pk=pk, due_at=mute.due_at).update(is_open=is_open, due_at=following, **over)


def _state(mute: Mute, now: datetime) -> tuple[bool, datetime | None]:
    """As its times say. What this version cannot read, and what a person ended, mutes nothing any more."""
    if mute.ended_at:
        return False, None
    try:
        return state_at(spec_of(mute), now)
    except (BadRecurrence, UnknownZone) as error:
        log.warning("mute %s cannot be read: %s", mute.pk, error)
        return False, None


@transaction.atomic
def reexamine(mute: Mute, now: datetime, *, after: int = 0, limit: int = ALERTS) -> int:
    """Place what fires still and was held back by `mute`, unless that or another one covers it now; one that flaps and
    is quiet is placed when it fires again. Returns the id of the last alert that it looked at, to go on `after`; 0 when
    there was none. Nobody may call this while they hold the mute locked: batches lock alerts first."""
    held = Alert.objects.open().filter(mute=mute, incident=None, pk__gt=after).order_by("pk")
    alerts = locked(Alert.objects.filter(pk__in=list(held.values_list("pk", flat=True)[:limit])), wait=True)
    held_still = [
        alert for alert in alerts if alert.mute_id == mute.pk and alert.state != AlertState.RESOLVED
    ]
    resting = [alert for alert in held_still if alert.settles_at]
    Alert.objects.filter(pk__in=[alert.pk for alert in resting]).update(mute=None)
    release([alert for alert in held_still if not alert.settles_at], now)
    return alerts[-1].pk if alerts else 0
