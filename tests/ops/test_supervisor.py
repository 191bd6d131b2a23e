"""The supervisor: a crashed child comes back, all stop in order, nothing is left."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops import process
from ops.errors import CannotStart
from ops.layout import ROOT
from ops.supervisor import Child, Starter, Supervisor, await_ready, clear_strays

pytestmark = pytest.mark.processes

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
WITH_CHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print('up', flush=True); time.sleep(60)"
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, said.append)
    yield supervisor
    supervisor.stop_all()


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def tend_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    def tended() -> bool:
        supervisor.tend()
        return condition()

    wait_for(tended)


def python(code: str, log: Path) -> Starter:
    return lambda: process.spawn([sys.executable, "-c", code], log=log)


def child(tmp_path: Path, name: str, code: str, stage: int = 0, stop_seconds: float = 5.0) -> Child:
    log = tmp_path / f"{name}.log"
    return Child(name, python(code, log), log, stage, stop_seconds=stop_seconds)


def pid_of(member: Child) -> int:
    assert member.process is not None
    return member.process.pid


def test_a_killed_child_is_started_again_and_said(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    web = child(tmp_path, "web", "import time; print('serving', flush=True); time.sleep(60)")
    supervisor.add(web)
    wait_for(lambda: process.last_line(web.log) == "serving")
    first = pid_of(web)
    process.kill_group(first)
    tend_until(supervisor, lambda: pid_of(web) != first)
    assert process.is_alive(pid_of(web))
    assert said[0].startswith("web was killed by SIGKILL; starting it again in 0.5 s.")
    assert said[0].endswith("serving")
    assert said[-1] == "web is started again."


def test_a_child_that_keeps_crashing_is_given_more_and_more_time(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    broken = child(tmp_path, "worker", "raise SystemExit(3)")
    supervisor.add(broken)
    tend_until(supervisor, lambda: broken.crashes == 3)
    assert broken.restart_at is not None
    assert 1.0 < broken.restart_at - time.monotonic() <= 2.0
    assert said[0].startswith("worker stopped with code 3")


def test_a_start_ends_with_the_log_of_a_child_that_does_not_come_up(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.add(child(tmp_path, "web", "raise SystemExit('no module named config')"))
    with pytest.raises(CannotStart, match=r"web does not start: no module named config \(log: .*web.log\)"):
        await_ready(supervisor, lambda: False, seconds=30)


def test_a_start_that_takes_too_long_ends(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.add(child(tmp_path, "web", "import time; time.sleep(60)"))
    with pytest.raises(CannotStart, match="not ready within 0 s"):
        await_ready(supervisor, lambda: False, seconds=0.2)


def test_higher_stages_stop_first_and_a_stubborn_child_is_killed(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    database = child(tmp_path, "postgres", "import time; print('up', flush=True); time.sleep(60)", stage=0)
    stubborn = child(tmp_path, "worker", STUBBORN, stage=1, stop_seconds=0.3)
    for member in (database, stubborn):
        supervisor.add(member)
    wait_for(lambda: process.last_line(stubborn.log) == process.last_line(database.log) == "up")
    alive: list[bool] = []
    stop_stage = supervisor._stop_stage

    def spy(members: list[Child]) -> None:
        alive.append(process.is_alive(pid_of(database)))
        stop_stage(members)

    supervisor._stop_stage = spy  # type: ignore[method-assign,assignment]  # watched, not replaced
    pids = [pid_of(database), pid_of(stubborn)]
    supervisor.stop_all()
    assert alive == [True, True]
    assert said == ["worker did not stop in time and is killed."]
    assert not any(map(process.is_alive, pids))
    assert list(tmp_path.glob("*.pid")) == []


def test_what_a_child_started_ends_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    web = child(tmp_path, "web", WITH_CHILD)
    supervisor.add(web)
    wait_for(lambda: process.last_line(web.log) == "up")
    members = list(process.group_members(pid_of(web)))
    assert len(members) == 2
    supervisor.stop_all()
    wait_for(lambda: not any(map(process.is_alive, members)))


def test_the_next_start_ends_what_a_killed_one_left(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    (tmp_path / "web.pid").write_text(f"{left.pid} {process.started(left.pid)}")
    (tmp_path / "live.pid").write_text(f"{stranger.pid} another-time")
    (tmp_path / "beat.pid").write_text("")
    assert clear_strays(tmp_path, sys.executable) == ["web"]
    assert left.wait(5) == -signal.SIGTERM
    assert stranger.poll() is None
    assert list(tmp_path.glob("*.pid")) == []
    stranger.kill()
    stranger.wait()


def test_the_next_start_ends_workers_whose_leader_is_gone(tmp_path: Path) -> None:
    leader = subprocess.Popen(
        [sys.executable, "-c", WITH_CHILD], start_new_session=True, stdout=subprocess.PIPE
    )
    assert leader.stdout is not None
    assert leader.stdout.readline() == b"up\n"
    members = set(process.group_members(leader.pid)) - {leader.pid}
    leader.kill()
    leader.wait()
    leader.stdout.close()
    (tmp_path / "web.pid").write_text(f"{leader.pid} 1")
    assert clear_strays(tmp_path, sys.executable) == ["web"]
    wait_for(lambda: not any(map(process.is_alive, members)))


def test_a_log_is_kept_below_its_limit_with_the_older_part_beside_it(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab") as writer:
        writer.write(b"a" * 100 + b"\n")
        writer.flush()
        process.trim_log(log, limit=50)
        writer.write(b"new\n")
    assert log.read_text() == "new\n"
    assert (tmp_path / "web.log.1").read_text() == "a" * 100 + "\n"


def test_a_child_follows_its_parent_and_not_the_terminal(tmp_path: Path) -> None:
    started = process.spawn(["sleep", "60"], log=tmp_path / "log", cwd=ROOT)
    assert list(process.group_members(started.pid)) == [started.pid]
    assert process.stop(started) == -signal.SIGTERM
