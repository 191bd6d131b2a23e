"""Starting and stopping operating system processes so that none is left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
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
    """Start `command` in a session of its own, its output appended to the file `log`."""
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
    """Send `sig`, wait up to `timeout` seconds, then kill the whole process group; return the exit code."""
    if process.poll() is None:
        process.send_signal(sig)
        # A process that somebody stopped (SIGSTOP) would not see the signal otherwise.
        process.send_signal(signal.SIGCONT)
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        code = process.wait()
    kill_group(process.pid)
    return code


def kill_group(leader: int) -> None:
    """Kill what is left of the process group that `leader` made; nothing left is no error."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def is_alive(pid: int) -> bool:
    """Say whether a process with this id exists and is not a zombie."""
    return state(pid) not in ("", "Z")


def state(pid: int) -> str:
    """Return the one-letter state of a process (`R`, `S`, `T`, `Z` …), or nothing when there is none."""
    return _ps(pid, "state=")[:1]


def command_line(pid: int) -> str:
    """Return the command line of a process joined by spaces, or nothing when there is none."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "" if sys.platform == "linux" else _ps(pid, "command=")
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()


def _ps(pid: int, column: str) -> str:
    """Ask the system about one process: /proc where there is one, else ps."""
    if sys.platform == "linux":
        try:
            # The name in parentheses may itself hold a parenthesis; the state follows the last one.
            return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].strip()
        except OSError:
            return ""
    found = subprocess.run(["ps", "-p", str(pid), "-o", column], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def end_stray(pid: int, sig: int = signal.SIGTERM, timeout: float = 10.0) -> None:
    """End a process that is not our child, by `sig` and after `timeout` seconds by SIGKILL to its group."""
    if not is_alive(pid):
        return
    os.kill(pid, sig)
    os.kill(pid, signal.SIGCONT)
    deadline = time.monotonic() + timeout
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    kill_group(pid)
