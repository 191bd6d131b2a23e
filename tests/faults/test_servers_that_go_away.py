"""Postgres restarts in the middle of sending; the broker is gone, forgets everything, or has a full disk."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from ops.process import await_stop
from tests.faults.conftest import Running

pytestmark = pytest.mark.processes
BROKER_AWAY = 60.0


def test_no_page_waits_for_a_broker_that_is_away_and_comes_back_empty(running: Running) -> None:
    stack = running.stack
    running.start_worker()
    batch = running.due(spread=BROKER_AWAY)
    batch.until(0.1)
    stack.valkey.stop()
    gone = time.monotonic()
    try:
        fired = [running.fire() for _ in range(5)]
        running.paged(*fired)
        batch.ack(20)
        batch.until(0.5)
        time.sleep(max(0.0, BROKER_AWAY - (time.monotonic() - gone)))
    finally:
        stack.valkey.start()
        with Redis.from_url(stack.valkey.url) as client:
            client.flushall()
    # Against when they were due, not against the end: a broker's absence is no excuse.
    batch.check(0.0)
    assert running.arrived(*fired) == len(fired)


def test_a_broker_that_stands_still_delays_nobody(running: Running) -> None:
    """Its machine swaps, or its network is gone: connections stay open and nothing answers."""
    valkey = running.stack.valkey.process
    assert valkey
    running.start_worker()
    batch = running.due()
    batch.until(0.1)
    valkey.send_signal(signal.SIGSTOP)
    try:
        batch.ack(20)
        batch.check(0.0)
    finally:
        valkey.send_signal(signal.SIGCONT)


def test_a_worker_that_starts_without_a_broker_pages(running: Running) -> None:
    stack = running.stack
    stack.valkey.stop()
    try:
        mark = running.fire()
        stack.start_worker("worker-a")
        running.paged(mark)
    finally:
        stack.valkey.start()


def test_flushall_with_timers_waiting_loses_none_of_them(running: Running) -> None:
    running.start_worker()
    batch = running.due()
    with Redis.from_url(running.stack.valkey.url) as client:
        for share in (0.0, 0.3, 0.6):
            batch.until(share)
            client.flushall()
    batch.ack(20)
    batch.check(0.0)


def test_no_page_waits_for_a_broker_whose_disk_is_full(running: Running) -> None:
    """The log of its writes is /dev/full: every write of a client is refused with MISCONF from then on."""
    valkey = running.stack.valkey
    running.start_worker()
    batch = running.due()
    batch.until(0.1)
    fill_the_disk(valkey.directory)
    with Redis.from_url(valkey.url) as client:
        client.config_set("appendonly", "yes")
        try:
            running.until(lambda: refuses_writes(client))
            fired = [running.fire() for _ in range(5)]
            running.paged(*fired)
            batch.ack(20)
            batch.check(0.0)
            assert refuses_writes(client), "the disk was full all the time"
        finally:
            client.config_set("appendonly", "no")
            shutil.rmtree(valkey.directory / "appendonlydir")
    assert running.arrived(*fired) == len(fired)


def test_what_was_sent_while_postgres_restarted_is_written_down_later_and_not_sent_again(
    running: Running,
) -> None:
    """An immediate shutdown: no connection is told, no checkpoint is made, the log is replayed."""
    postgres = running.stack.postgres
    running.start_worker("worker-a")
    running.start_worker("worker-b")
    batch = running.due()
    for share in (0.2, 0.5):
        batch.until(share)
        assert postgres.process
        postgres.process.send_signal(signal.SIGQUIT)
        await_stop(postgres.process, 20)
        postgres.process = None
        postgres.start()
        ended = time.time()
    batch.ack(20)
    batch.check(ended)
    running.until(lambda: not unsettled(running, batch.prefix))


def unsettled(running: Running, prefix: str) -> list[str]:
    """Marks of pages that arrived and whose last try has no answer in the ledger."""
    found = running.ask_hand("ledger", prefix=prefix)
    return [mark for mark, page in found.items() if not page["tries"][-1][1]]


def fill_the_disk(folder: Path) -> None:
    """From the moment that it keeps a log of writes, the broker gets "no space left on device" for each of them."""
    log = folder / "appendonlydir"
    log.mkdir(exist_ok=True)
    (log / "temp-appendonly.aof.incr").symlink_to("/dev/full")


def refuses_writes(client: Redis) -> bool:
    try:
        client.set("tocsin:test", 1)
    except ResponseError:
        return True
    return False
