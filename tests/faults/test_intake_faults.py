"""The intake in a storm, with real processes: killed in the middle of it, and from many connections at once."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import time
from itertools import count

import pytest

from ops.bench.client import Connection, post
from tests.faults.conftest import Running

pytestmark = pytest.mark.processes
CONNECTIONS = 16
SAME, KEYS, ORDERED = 3_000, 800, 400
LONGEST = 180  # seconds: a server that does not come back fails the test and does not hold up all others
ALERTS = "select {what} from alerts_alert where dedup_key like '{prefix}%'"
STORED = "select count(*) from alerts_event where body like '%\"{prefix}%'"
LAST = "select body from alerts_event where body like '%\"{prefix}\"%' order by id desc limit 1"
_numbers = count(1)


def body(key: str, dedup: str, action: str = "trigger") -> bytes:
    payload = {"summary": f"bench-{dedup}", "source": "db1", "severity": "info"}
    return post(
        "/v2/enqueue",
        {"routing_key": key, "event_action": action, "dedup_key": dedup, "payload": payload},
    )


class Senders:
    """Post from many connections at once; who is cut off connects anew and goes on with what is left. `accepted` are
    the numbers that were answered with 202."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.accepted: list[int] = []
        self.over = False

    async def send(self, raw: list[bytes]) -> None:
        """All of them; one that got no answer is not sent again."""
        left = iter(enumerate(raw))
        async with asyncio.timeout(LONGEST):
            await asyncio.gather(*(self._one(left) for _ in range(CONNECTIONS)))
        self.over = True

    async def _one(self, left: enumerate[bytes]) -> None:
        while not await self._until_cut(left):
            await asyncio.sleep(0.05)

    async def _until_cut(self, left: enumerate[bytes]) -> bool:
        try:
            async with Connection(self.running.stack.port) as connection:
                for number, raw in left:
                    if await connection.send(raw) == 202:
                        self.accepted.append(number)
        except (OSError, asyncio.IncompleteReadError):
            return False
        return True


def drained(running: Running) -> None:
    running.until(lambda: running.ask("select count(*) from alerts_event where processed_at is null") == "0")


def of_alerts(running: Running, prefix: str, what: str) -> int:
    return int(running.ask(ALERTS.format(what=what, prefix=prefix)) or 0)


def stored(running: Running, prefix: str) -> int:
    return int(running.ask(STORED.format(prefix=prefix)))


def web_processes(running: Running) -> list[int]:
    """Those that answer, below the one that watches over them."""
    parent = running.stack.processes["web"].pid
    done = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False)
    return [int(each) for each in done.stdout.split()]


def test_a_burst_of_one_key_is_one_alert_one_incident_and_the_count_is_right(running: Running) -> None:
    running.start_worker()
    prefix = f"same{next(_numbers)}"
    senders = Senders(running)
    asyncio.run(senders.send([body(running.key, prefix)] * SAME))
    assert len(senders.accepted) == SAME
    drained(running)
    assert of_alerts(running, prefix, "count(*)") == 1
    assert of_alerts(running, prefix, "sum(count)") == SAME
    assert of_alerts(running, prefix, "count(distinct incident_id)") == 1


def test_many_keys_are_each_an_alert_and_another_services_page_comes_meanwhile(running: Running) -> None:
    running.start_worker()
    prefix, batch = f"many{next(_numbers)}", running.due(20, after=0.5, spread=3.0)
    senders = Senders(running)
    asyncio.run(senders.send([body(running.key, f"{prefix}-{number}") for number in range(KEYS)]))
    batch.check(0.0)
    drained(running)
    assert len(senders.accepted) == KEYS
    assert of_alerts(running, f"{prefix}-", "count(*)") == KEYS
    assert of_alerts(running, f"{prefix}-", "sum(count)") == KEYS


def test_what_sixteen_connections_say_of_one_key_ends_as_the_last_one_accepted(running: Running) -> None:
    running.start_worker()
    for _ in range(3):
        prefix = f"order{next(_numbers)}"
        raw = [body(running.key, prefix, random.choice(("trigger", "resolve"))) for _ in range(ORDERED)]  # noqa: S311 - no secret
        asyncio.run(Senders(running).send(raw))
        drained(running)
        last = running.ask(LAST.format(prefix=prefix))
        is_open = of_alerts(
            running, prefix, "count(*) filter (where state <> 'resolved' and settles_at is null)"
        )
        assert is_open == (json.loads(last)["event_action"] == "trigger")


def test_web_and_worker_killed_in_a_storm_lose_nothing_that_was_accepted_and_do_nothing_twice(
    running: Running,
) -> None:
    running.start_worker("worker-a")
    prefix, senders = f"kill{next(_numbers)}", Senders(running)
    raw = [body(running.key, f"{prefix}-{number % 50}") for number in range(SAME)]

    async def storm() -> None:
        sending = asyncio.create_task(senders.send(raw))
        # Granian gives up when a process that it has just begun anew dies too, and leaves it to its own supervisor.
        for share, web_too in ((0.3, True), (0.6, False)):
            while len(senders.accepted) < share * SAME and not senders.over:
                await asyncio.sleep(0.01)
            if web_too:
                for pid in web_processes(running):
                    kill(pid)
            running.kill("worker-a")
            running.stack.start_worker("worker-a")
        await sending

    asyncio.run(asyncio.wait_for(storm(), LONGEST))
    drained(running)
    there = stored(running, prefix)
    # One that was stored and whose answer was lost with its process is there too.
    assert len(senders.accepted) <= there <= SAME
    assert of_alerts(running, f"{prefix}-", "sum(count)") == there
    assert of_alerts(running, f"{prefix}-", "count(*)") == 50
    assert len(senders.accepted) > SAME * 0.5


def kill(pid: int) -> None:
    """kill -9; it may be gone already."""
    subprocess.run(["kill", f"-{signal.SIGKILL.value}", str(pid)], check=False, capture_output=True)


def test_an_alert_pages_while_a_storm_of_another_integration_is_worked_through(running: Running) -> None:
    running.start_worker()
    prefix = f"beside{next(_numbers)}"
    other = running.ask_hand("door", slug="service1")["key"]

    async def both() -> str:
        storm = asyncio.create_task(
            Senders(running).send([body(other, f"{prefix}-{number}") for number in range(KEYS)])
        )
        await asyncio.sleep(0.3)
        mark = await asyncio.to_thread(running.fire)
        await storm
        return mark

    began = time.monotonic()
    mark = asyncio.run(both())
    running.paged(mark)
    assert time.monotonic() - began < 30
    drained(running)
    assert of_alerts(running, f"{prefix}-", "count(*)") == KEYS
