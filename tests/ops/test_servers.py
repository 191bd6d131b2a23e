"""The embedded servers: a first start, a second one, and what a killed one leaves behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from ops import process
from ops.layout import ROOT
from ops.postgres import Postgres, PostgresError
from ops.valkey import Valkey

pytestmark = pytest.mark.processes


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "with space" / "postgres", throwaway=True)
    yield server
    server.stop()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "with space" / "valkey")
    yield server
    server.stop()


def run(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_postgres_keeps_its_rows_over_stop_and_kill(postgres: Postgres) -> None:
    postgres.start()
    url = postgres.url
    run(postgres, "create table kept (id int)")
    postgres.stop()
    postgres.start()
    run(postgres, "insert into kept values (1)")
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()
    postgres.start()
    assert run(postgres, "select id from kept") == [(1,)]
    assert postgres.url == url


def test_postgres_wants_its_password_and_sorts_unicode(postgres: Postgres) -> None:
    postgres.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url.replace(postgres.password, "wrong"))
    assert run(
        postgres, "select upper('ä'), to_tsvector('simple', 'Größe') @@ to_tsquery('simple', 'größe')"
    ) == [("Ä", True)]
    assert (postgres.directory / "password").stat().st_mode & 0o777 == 0o600
    assert postgres.cluster.stat().st_mode & 0o077 == 0


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    (postgres.cluster / "postmaster.pid").write_text(f"{stranger.pid}\n{postgres.cluster}\n")
    postgres.start()
    assert run(postgres, "select 1") == [(1,)]
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_half_made_cluster_is_made_again(postgres: Postgres) -> None:
    (postgres.directory / "cluster.new").mkdir(parents=True)
    (postgres.directory / "cluster.new" / "PG_VERSION").write_text("18")
    postgres.start()
    assert run(postgres, "select 1") == [(1,)]
    assert not (postgres.directory / "cluster.new").exists()


def test_a_broken_cluster_is_said_in_a_line_with_its_log(postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    (postgres.cluster / "PG_VERSION").write_text("9")
    with pytest.raises(PostgresError, match=r"Postgres stopped at its start: .*log: .*/log"):
        postgres.start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_servers_end_with_a_launcher_that_is_killed(tmp_path: Path) -> None:
    launcher = f"""
import os, signal
from ops.postgres import Postgres
from ops.valkey import Valkey
servers = [Postgres({str(tmp_path / "pg")!r}, throwaway=True), Valkey({str(tmp_path / "vk")!r})]
print(*[server.start().pid for server in servers], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", launcher], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    assert done.returncode == -signal.SIGKILL
    for pid in map(int, done.stdout.split()):
        process.end_stray(pid, signal.SIGCONT, timeout=5)
        assert not process.is_alive(pid)
    # The next start finds data, no running server and perhaps a pid file.
    again = Postgres(tmp_path / "pg", throwaway=True)
    again.start()
    again.stop()


def test_valkey_keeps_its_data_over_a_stop_and_wants_its_password(valkey: Valkey) -> None:
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        client.set("kept", "1")
    valkey.stop()
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        assert client.get("kept") == b"1"
    with redis.Redis(port=valkey.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    assert valkey.process is not None
    assert valkey.password not in process.command_line(valkey.process.pid)


def test_a_stopped_valkey_is_ended_too(valkey: Valkey) -> None:
    pid = valkey.start().pid
    os.kill(pid, signal.SIGSTOP)
    valkey.stop()
    assert not process.is_alive(pid)
