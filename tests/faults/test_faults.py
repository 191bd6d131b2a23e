"""Real workers that die, a broker that goes away or forgets, and the page that comes all the same."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter

import pytest
from redis import Redis

from ops.postgres import DATABASE, USER, binaries
from tests.faults.conftest import Running

pytestmark = pytest.mark.processes


def kill(running: Running, name: str) -> None:
    """kill -9, as the kernel does when memory is short."""
    process = running.stack.processes.pop(name)
    process.send_signal(signal.SIGKILL)
    process.wait()


def hold_incidents(running: Running) -> subprocess.Popen[str]:
    """Another session locks every incident, so that a sweep stands still in the middle of its transaction."""
    postgres = running.stack.postgres
    where = ["-h", "127.0.0.1", "-p", str(postgres.port), "-U", USER, "-d", DATABASE]
    session = subprocess.Popen(
        [str(binaries() / "psql"), "-qAt", *where],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**running.stack.env, "PGPASSWORD": postgres.password},
    )
    assert session.stdin
    assert session.stdout
    session.stdin.write("begin; select count(*) from (select 1 from incidents_incident for update) held;\n")
    session.stdin.flush()
    assert session.stdout.readline().strip().isdigit()
    return session


def let_go(session: subprocess.Popen[str]) -> None:
    assert session.stdin
    session.stdin.write("commit;\n")
    session.stdin.close()
    session.wait(10)
    assert session.stdout
    session.stdout.close()


def test_a_worker_killed_in_the_middle_of_a_sweep_loses_nothing_and_pages_nobody_twice(
    running: Running,
) -> None:
    stack = running.stack
    stack.start_worker("worker-a")
    running.paged(running.fire())
    stack.end("worker-a")
    marks = [running.fire() for _ in range(5)]
    stack.start_worker("worker-b")
    running.paged(*marks)
    before = len(running.mails())
    running.ask("update incidents_escalation set next_step_at = now() + interval '2 seconds'")
    session = hold_incidents(running)
    blocked = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'incidents_incident'"
    running.until(lambda: int(running.ask(blocked)) > 0)
    kill(running, "worker-b")
    stack.start_worker("worker-c")
    let_go(session)
    waiting = "select count(*) from incidents_escalation where state = 'running' and next_step_at < now()"
    running.until(lambda: int(running.ask(waiting)) == 0)
    running.until(lambda: len(running.mails()) >= before + 6)
    again = Counter(running.mails()[before:])
    assert set(again.values()) == {1}, "the fallback of each incident, once"


def test_pages_come_while_the_broker_is_away_for_half_a_minute(running: Running) -> None:
    stack = running.stack
    stack.start_worker("worker-a")
    running.paged(running.fire())
    stack.valkey.stop()
    gone = time.monotonic()
    try:
        marks = []
        while time.monotonic() - gone < 30:
            marks.append(running.fire())
            running.paged(marks[-1])
            time.sleep(2)
    finally:
        stack.valkey.start()
    running.paged(running.fire())
    assert all(count == 1 for mark, count in Counter(running.mails()).items() if mark in marks)


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
    stack = running.stack
    stack.start_worker("worker-a")
    marks = [running.fire() for _ in range(5)]
    running.paged(*marks)
    before = Counter(running.mails())
    running.ask(
        "update incidents_escalation set next_step_at = now() + interval '3 seconds' where state = 'running'"
    )
    with Redis.from_url(stack.valkey.url) as client:
        client.flushall()
    running.until(lambda: all(Counter(running.mails())[mark] == before[mark] + 1 for mark in marks))


def test_a_page_that_was_in_a_dead_workers_hands_is_sent_again_and_marked(running: Running) -> None:
    """The mail server takes the connection and says nothing: the worker hangs inside the call and is killed there."""
    stack = running.stack
    stack.start_worker("worker-a")
    running.paged(running.fire())
    catcher = stack.processes["catcher"]
    catcher.send_signal(signal.SIGSTOP)
    try:
        mark = running.fire()
        running.until(
            lambda: running.ask("select count(*) from notifications_delivery where state = 'sending'") == "1"
        )
        kill(running, "worker-a")
    finally:
        catcher.send_signal(signal.SIGCONT)
    running.ask("update notifications_delivery set due_at = now() where state = 'sending'")
    stack.start_worker("worker-b")
    running.paged(mark)
    running.until(
        lambda: running.ask("select count(*) from notifications_attempt where repeats_unknown") == "1"
    )


def test_ten_alerts_and_two_workers_make_ten_pages(running: Running) -> None:
    stack = running.stack
    stack.start_worker("worker-a")
    stack.start_worker("worker-b")
    marks = [running.fire() for _ in range(10)]
    running.paged(*marks)
    counted = Counter(running.mails())
    assert [counted[mark] for mark in marks] == [1] * 10
