"""Workers that are killed, many at once, of two versions, and on a machine whose clock steps."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops import programs
from ops.layout import ROOT
from ops.postgres import DATABASE, USER, binaries
from ops.process import spawn
from ops.testing import faketime
from tests.faults.conftest import DUE, Batch, Running

pytestmark = pytest.mark.processes
SWEEPERS = 10
STEP_SECONDS = 300
# The worker of the older version is not the only one that may have sent a page; this many show that it works.
ENOUGH = 3


def test_workers_killed_at_random_moments_lose_nothing_and_what_may_be_a_repeat_is_marked(
    running: Running,
) -> None:
    running.start_worker("worker-a")
    running.start_worker("worker-b")
    batch = running.due()
    ready = []
    for name in ("worker-a", "worker-b"):
        batch.until(random.uniform(0.1, 0.4))  # noqa: S311 - a moment, not a secret
        running.kill(name)
        ready.append(running.begin_worker(name))
    batch.ack(20)
    # A worker takes its seconds to start; the fault is over when both run again.
    for each in ready:
        each()
    batch.check(time.time(), repeats=True)


def test_a_page_in_a_dead_workers_hands_is_sent_by_another_within_the_bound_and_marked(
    running: Running,
) -> None:
    """The mail server takes connections and says nothing: the worker hangs inside the call and is killed there."""
    running.start_worker("worker-a")
    with running.providers.broken(mail="hang"):
        batch = running.due(3, after=0.0, spread=0.1)
        running.until(lambda: in_hand(running) > 0)
        running.kill("worker-a")
        ended = time.time()
    running.start_worker("worker-b")
    batch.check(max(ended, time.time()))
    tries = running.ask_hand("ledger", prefix=batch.prefix)
    repeats = [page for page in tries.values() if any(row[3] for row in page["tries"])]
    assert repeats
    assert all(not page["tries"][0][1] for page in repeats), "its first try has no answer"


def test_a_worker_killed_in_the_middle_of_a_sweep_loses_nothing_and_pages_nobody_twice(
    running: Running,
) -> None:
    running.start_worker("worker-a")
    batch = running.due(20, after=2.0, spread=0.1)
    with held_incidents(running):
        blocked = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'incident'"
        )
        running.until(lambda: int(running.ask(blocked)) > 0)
        running.kill("worker-a")
        ready = running.begin_worker("worker-b")
    ready()
    batch.check(time.time())


def test_ten_workers_that_sweep_at_once_do_each_step_once(running: Running) -> None:
    names = [f"worker-{number}" for number in range(SWEEPERS)]
    for name in names:
        running.stack.start(name, [sys.executable, "-m", "tests.faults.sweeper"])
    alive = (
        "select count(*) from notifications_measure"
        " where name = 'sweeper' and bucket = 'at' and value > extract(epoch from now()) - 5"
    )
    running.until(lambda: int(running.ask(alive)) >= SWEEPERS)
    batch = running.due(spread=0.0, after=2.0)
    batch.until(0.1)
    batch.ack(20)
    batch.check(0.0)
    tries = running.ask_hand("ledger", prefix=batch.prefix)
    assert {len(page["tries"]) for page in tries.values()} == {1}


@pytest.mark.parametrize("seconds", [STEP_SECONDS, -STEP_SECONDS])
def test_a_clock_that_steps_makes_no_page_late_and_none_twice(
    running: Running, tmp_path: Path, seconds: int
) -> None:
    library = faketime()
    if library is None:
        pytest.skip("this machine has no libfaketime, and it could not be fetched from Debian")
    clock = tmp_path / "clock"
    clock.write_text("+0")
    env = {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    running.stack.start("worker-a", [*programs.worker(), "--hostname", "worker-a@bench"], env)
    running.paged(running.fire())
    batch = running.due()
    batch.until(0.1)
    clock.write_text(f"{seconds:+d}")
    batch.until(0.2)
    batch.ack(20)
    batch.check(0.0)


def test_two_versions_side_by_side_lose_nothing_and_repeat_nothing(running: Running, tmp_path: Path) -> None:
    older = before_the_newest_migration()
    if not older:
        pytest.skip("this copy of Tocsin has no history to take an older version from")
    unpack(older, tmp_path)
    running.start_worker("worker-a")
    log = running.stack.folder / "worker-old.log"
    command = [*programs.worker(), "--hostname", "worker-old@bench"]
    running.stack.processes["worker-old"] = spawn(command, log=log, env=running.stack.env, cwd=tmp_path)
    running.until(lambda: log.exists() and b"ready." in log.read_bytes())
    pid = running.stack.processes["worker-old"].pid
    batch = running.due(DUE)
    batch.until(0.1)
    batch.ack(20)
    batch.check(0.0)
    assert senders_of(batch)[f":{pid}"] >= ENOUGH, "the older version sent its share"


def senders_of(batch: Batch) -> Counter[str]:
    """How many pages each process tried, by ":" and its id."""
    pages = batch.running.ask_hand("ledger", prefix=batch.prefix).values()
    return Counter(":" + row[0].rpartition(":")[2] for page in pages for row in page["tries"])


def before_the_newest_migration() -> str:
    """The commit whose code knows nothing of the newest migration; empty without history."""
    last = git("log", "-1", "--format=%H", "--", "*/migrations/*.py").decode().strip()
    return git("rev-parse", "--verify", "--quiet", f"{last}^").decode().strip() if last else ""


def unpack(commit: str, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as archive:
        archive.extractall(folder, filter="data")


def git(*arguments: str) -> bytes:
    """What git answers, nothing where it refuses or is not there."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return b""
    return done.stdout if done.returncode == 0 else b""


def in_hand(running: Running) -> int:
    return int(running.ask("select count(*) from notifications_delivery where state = 'sending'"))


@contextmanager
def held_incidents(running: Running) -> Iterator[None]:
    """Another session locks every incident, so that a sweep stands still in the middle of its transaction."""
    postgres = running.stack.postgres
    where = ["-h", "127.0.0.1", "-p", str(postgres.port), "-U", USER, "-d", DATABASE]
    with subprocess.Popen(
        [str(binaries() / "psql"), "-qAt", *where],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PGPASSWORD": postgres.password},
    ) as session:
        assert session.stdin
        assert session.stdout
        session.stdin.write(
            "begin; select count(*) from (select 1 from incidents_incident for update) held;\n"
        )
        session.stdin.flush()
        assert session.stdout.readline().strip().isdigit()
        yield
        session.stdin.write("commit;\n")
        session.stdin.flush()
