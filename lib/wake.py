"""A bell that shortens waits: rung after a commit, heard by workers that would otherwise look again in 250 ms.

Only a hint. Who does not hear it finds the row by looking, so a dead or emptied Redis protocol server costs a
quarter of a second, never a page. Channels are "tocsin:wake" (workers) and "tocsin:live" (browsers, see config.live).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache

from django.conf import settings
from redis import Redis
from redis.client import PubSub
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
WAKE, LIVE = "tocsin:wake", "tocsin:live"
REST_AFTER_FAILURE = 2.0
RING_EVERY = 0.015

_local: dict[str, threading.Event] = {}
_rung: dict[str, float] = {}
_silent_until = 0.0


@cache
def client() -> Redis:
    """One connection pool a process, with waits short enough for a request."""
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.2)


def ear() -> PubSub:
    """A subscription to WAKE is made with this; it ends with its `with` block."""
    ear: PubSub = client().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call] # untyped in redis-py
    return ear


def bell(pump: str) -> threading.Event:
    """The event that `ring(pump)` sets in this process."""
    return _local.setdefault(pump, threading.Event())


def ring(pump: str) -> None:
    """Wake `pump` in this process if it runs here, else in whichever workers listen.

    In a storm one ring every few milliseconds is enough: a pump that found work looks again before it rests.
    """
    if pump in _local:
        _local[pump].set()
    elif time.monotonic() - _rung.get(pump, 0.0) > RING_EVERY:
        _rung[pump] = time.monotonic()
        publish(WAKE, pump)


def hints(thing: str, keys: Sequence[int]) -> None:
    """Tell browsers that things changed; they fetch them themselves, so no data goes along."""
    publish(LIVE, *(json.dumps({"t": thing, "id": key}) for key in keys))


def publish(channel: str, *texts: str) -> None:
    """Best effort; after a failure nothing is tried for two seconds, so that requests do not queue up behind it."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        with client().pipeline(transaction=False) as pipeline:
            for text in texts:
                pipeline.publish(channel, text)
            pipeline.execute()
    except RedisError as error:
        _silent_until = time.monotonic() + REST_AFTER_FAILURE
        log.warning("hints are off for a moment: %s", error)


def heard(message: Mapping[str, object]) -> None:
    """Set the bell that a message on WAKE names."""
    data = message.get("data")
    name = data.decode() if isinstance(data, bytes) else ""
    if name in _local:
        _local[name].set()
