"""bin/up as a person meets it: a start, a second start, a crash, a stop, a kill; and bin/manage beside it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ops import process
from ops.layout import ROOT
from ops.ports import LOOPBACK, free_port, is_free, status_of

pytestmark = pytest.mark.processes
START_SECONDS = 120.0
SAY_ADDRESS = ("shell", "--command", "from django.conf import settings; print('said by', settings.SITE_URL)")


def clean_environment() -> dict[str, str]:
    """What a person's shell has: nothing of ours, and no home folder to write to."""
    ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "HOME")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return {name: value for name, value in kept.items() if name not in ours} | {"PYTHONPATH": str(ROOT)}


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command,
        env=clean_environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@contextmanager
def up(data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run bin/up until the block ends; it must then stop cleanly unless the block has killed it."""
    output = data.with_name("up.out")
    command = [sys.executable, "-m", "ops.up", "--empty", "--port", str(port), "--data", str(data)]
    with output.open("wb") as file:
        launcher = subprocess.Popen(command, env=clean_environment(), cwd="/", stdout=file, stderr=file)
    try:
        wait_for(
            lambda: b"Ctrl-C stops it" in output.read_bytes() or launcher.poll() is not None, START_SECONDS
        )
        assert launcher.poll() is None, output.read_text()
        yield launcher
    finally:
        launcher.terminate()
        launcher.wait(60)


def ours(data: Path) -> list[str]:
    """Every live process of this data folder, by its command line or its environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        mentions = str(data) in process.command_line(pid) or str(data).encode() in environment
        if mentions and process.is_alive(pid):
            found.append(process.command_line(pid))
    return found


def facts(data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((data / "up.json").read_text())
    return found


def noted_pid(data: Path, name: str) -> int:
    return int((data / "run" / f"{name}.pid").read_text().split()[0])


@pytest.mark.skipif(sys.platform != "linux", reason="counts processes by /proc")
def test_a_start_a_crash_a_second_start_and_a_kill(tmp_path: Path) -> None:
    data, port = tmp_path / "with space" / "var", free_port()
    data.parent.mkdir()
    with up(data, port) as launcher:
        first = facts(data)
        assert status_of(port, "/readyz", timeout=20) == 200
        assert set(first) >= {"url", "admin", "api_token", "integrations", "status_page_url", "mail_dir"}
        assert (data / "up.json").stat().st_mode & 0o777 == 0o600

        refused = run("ops.up", "--data", str(data), "--port", str(free_port()))
        assert refused.returncode == 1
        assert f"Tocsin already runs on {data} at {first['url']}" in refused.stderr

        managed = run("ops.manage", "--data", str(data), *SAY_ADDRESS)
        assert f"said by {first['url']}" in managed.stdout, managed.stderr

        crashed = noted_pid(data, "worker")
        os.kill(crashed, signal.SIGKILL)
        wait_for(lambda: noted_pid(data, "worker") != crashed, 20)
        assert b"worker was killed by SIGKILL" in (data.parent / "up.out").read_bytes()
    assert launcher.returncode == 0
    assert ours(data) == []
    assert is_free(port)

    alone = run("ops.manage", "--data", str(data), *SAY_ADDRESS)
    assert f"said by {first['url']}" in alone.stdout, alone.stderr
    assert ours(data) == []

    other_port = free_port()
    with up(data, other_port) as launcher:
        second = facts(data)
        assert second["admin"] == first["admin"]
        assert second["api_token"] == first["api_token"]
        assert second["url"] == f"http://{LOOPBACK}:{other_port}"
        launcher.kill()
        wait_for(lambda: ours(data) == [], 20)


def test_a_taken_port_is_refused_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        refused = run("ops.up", "--data", str(tmp_path / "var"), "--port", str(port))
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f"bin/up: Port {port} on 127.0.0.1 is taken. Choose another: bin/up --port "
    )
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "var" / "postgres").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    refused = run("ops.up", "--data", str(tmp_path / "var"), "--port", str(free_port()))
    tmp_path.chmod(0o700)
    assert refused.returncode == 1
    assert "cannot be written. Choose another folder with --data." in refused.stderr
