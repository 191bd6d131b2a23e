"""Starting and stopping operating system processes so that none is left behind."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
LOG_BYTES = 10_000_000
# Loaded before any fork: loading a library between fork and exec is not safe.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _follow_parent(parent: int, death_signal: int) -> Callable[[], None] | None:
    """Return what the child runs before exec so that the kernel sends it `death_signal` when its parent dies.

    The kernel watches the thread that forked, so only children of the main thread are bound this way. Systems
    without it rely on the next start, which clears away what an earlier one left.
    """
    libc = _LIBC
    if libc is None or threading.current_thread() is not threading.main_thread():
        return None

    def bind() -> None:
        libc.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return bind


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output appended to the file `log`.

    A session keeps ctrl-C in the terminal away from it: whoever started it stops it in its turn.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
            # Runs one prepared system call and takes no lock, so it is safe between fork and exec.
            preexec_fn=_follow_parent(os.getpid(), death_signal),
        )


def stop(process: subprocess.Popen[bytes], sig: int = signal.SIGTERM, timeout: float = 10.0) -> int:
    """Send `sig`, wait up to `timeout` seconds, then kill its whole group; return the exit code."""
    ask_to_stop(process, sig)
    return await_stop(process, timeout)


def ask_to_stop(process: subprocess.Popen[bytes], sig: int = signal.SIGTERM) -> None:
    """Send `sig` to a running process, also when somebody has stopped it (SIGSTOP)."""
    if process.poll() is None:
        process.send_signal(sig)
        process.send_signal(signal.SIGCONT)


def await_stop(process: subprocess.Popen[bytes], timeout: float) -> int:
    """Wait up to `timeout` seconds, then kill its whole group; return the exit code."""
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        code = process.wait()
    kill_group(process.pid)
    return code


def kill_group(leader: int) -> None:
    """Kill what is left of the process group that `leader` made; nothing left is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_stray(pid: int, sig: int = signal.SIGTERM, timeout: float = 10.0) -> None:
    """End a process that is not our child, with its group: by `sig`, after `timeout` seconds by SIGKILL."""
    if is_alive(pid):
        os.kill(pid, sig)
        os.kill(pid, signal.SIGCONT)
    deadline = time.monotonic() + timeout
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    kill_group(pid)


def is_alive(pid: int) -> bool:
    """Say whether a process with this id exists and is not a zombie."""
    return state(pid) not in ("", "Z")


def state(pid: int) -> str:
    """Return the one-letter state of a process (`R`, `S`, `T`, `Z` …), or nothing when there is none."""
    if sys.platform == "linux":
        return next(iter(_stat(pid)), "")
    return _ps(pid, "state=")[:1]


def started(pid: int) -> str:
    """Return when a process began, as the system counts it; with the id it names one process for good."""
    if sys.platform == "linux":
        fields = _stat(pid)
        return fields[19] if fields else ""
    return _ps(pid, "lstart=")


def command_line(pid: int) -> str:
    """Return the command line of a process joined by spaces, or nothing when there is none."""
    if sys.platform != "linux":
        return _ps(pid, "command=")
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()


def group_members(leader: int) -> Iterator[int]:
    """Yield the processes of a group, also after its leader died; only where there is /proc."""
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields and fields[2] == str(leader):
            yield int(folder.name)


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; none when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    # The name in parentheses may itself hold spaces and parentheses.
    return text.rpartition(")")[2].split()


def _ps(pid: int, column: str) -> str:
    found = subprocess.run(["ps", "-p", str(pid), "-o", column], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def trim_log(log: Path, limit: int = LOG_BYTES) -> None:
    """Keep a log below `limit` bytes and one older part beside it; its writers append, so they may go on."""
    if not log.exists() or log.stat().st_size <= limit:
        return
    # On a full disk the older part is worth less than the room.
    with contextlib.suppress(OSError):
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)


def last_line(log: Path) -> str:
    """Return the last line of a log that says something, or nothing."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
