"""Keeps the processes of one installation running: starts, starts again after a crash, stops in order."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from ops import process
from ops.errors import CannotStart
from ops.layout import write_private

Starter = Callable[[], subprocess.Popen[bytes]]

LONGEST_WAIT = 30.0
"""Seconds before a process that keeps crashing is tried again, at most."""
CALM_SECONDS = 60.0
"""A process that ran this long before it crashed is started again at once."""
TRIM_SECONDS = 60.0
SAME_SIGNAL = 1.0
"""Seconds in which a second stop signal is the first once more, sent to the process and to its group."""
PATIENCE = 3.0
"""Seconds of waiting for a child to stop before the person is told what for."""


class StopRequested(BaseException):
    """SIGINT, SIGTERM or SIGHUP came; like KeyboardInterrupt it must pass every `except Exception`."""


@dataclass
class Child:
    """One process to keep: how to start it, how to stop it, and where its log lies.

    Children of a higher `stage` are stopped first; those of one stage are asked together.
    """

    name: str
    start: Starter
    log: Path
    stage: int = 0
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 20.0
    process: subprocess.Popen[bytes] | None = None
    crashes: int = 0
    started_at: float = 0.0
    restart_at: float | None = field(default=None)


class Supervisor:
    """Holds the children of one installation; everything runs in the thread that calls it."""

    def __init__(self, run_folder: Path, say: Callable[[str], None]) -> None:
        self.run_folder = run_folder
        self.say = say
        self.children: list[Child] = []
        self.stopping = False
        self._hurry = False
        self._asked_at = 0.0
        self._next_trim = 0.0

    def take_signals(self) -> None:
        """From here on a stop signal raises `StopRequested`; a second one kills what is slow to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            self._hurry = time.monotonic() - self._asked_at > SAME_SIGNAL
            return
        self.stopping = True
        self._asked_at = time.monotonic()
        raise StopRequested(signal.Signals(number).name)

    def add(self, child: Child) -> None:
        """Start a child and keep it from now on."""
        self.children.append(child)
        self._start(child)

    def _start(self, child: Child) -> None:
        child.restart_at = None
        child.started_at = time.monotonic()
        child.process = child.start()
        note = f"{child.process.pid} {process.started(child.process.pid)}"
        write_private(self.run_folder / f"{child.name}.pid", note)

    def tend(self) -> None:
        """Look once at every child; call it several times a second."""
        for child in self.children:
            self._tend(child)
        if time.monotonic() >= self._next_trim:
            self._next_trim = time.monotonic() + TRIM_SECONDS
            for child in self.children:
                process.trim_log(child.log)

    def _tend(self, child: Child) -> None:
        if child.restart_at is not None:
            if time.monotonic() >= child.restart_at:
                self._try_again(child)
        elif child.process is not None and (code := child.process.poll()) is not None:
            # What a killed leader left behind would hold its port.
            process.kill_group(child.process.pid)
            self._schedule(child, _ending(code))

    def _try_again(self, child: Child) -> None:
        try:
            self._start(child)
        except (CannotStart, OSError) as error:
            self._schedule(child, str(error))
        else:
            self.say(f"{child.name} is started again.")

    def _schedule(self, child: Child, reason: str) -> None:
        lived = time.monotonic() - child.started_at
        child.crashes = 1 if lived >= CALM_SECONDS else child.crashes + 1
        wait = min(LONGEST_WAIT, 0.5 * 2 ** (child.crashes - 1))
        child.restart_at = time.monotonic() + wait
        last = process.last_line(child.log)[:200]
        self.say(f"{child.name} {reason}; starting it again in {wait:g} s. Last line of {child.log}: {last}")

    def stop_all(self) -> None:
        """Stop every child, the highest stage first; a child that does not go in its time is killed."""
        self.stopping = True
        for stage in sorted({child.stage for child in self.children}, reverse=True):
            self._stop_stage([child for child in reversed(self.children) if child.stage == stage])

    def _stop_stage(self, children: Sequence[Child]) -> None:
        for child in children:
            if child.process is not None:
                process.ask_to_stop(child.process, child.stop_signal)
        asked_at = time.monotonic()
        for child in children:
            self._await(child, asked_at + child.stop_seconds)
            (self.run_folder / f"{child.name}.pid").unlink(missing_ok=True)

    def _await(self, child: Child, deadline: float) -> None:
        """Wait in short steps, so that a second stop signal is seen."""
        if child.process is None:
            return
        patient_until = time.monotonic() + PATIENCE
        while child.process.poll() is None and time.monotonic() < deadline and not self._hurry:
            time.sleep(0.02)
            if time.monotonic() > patient_until:
                patient_until = deadline
                self.say(
                    f"Waiting for {child.name} to finish what it has in hand; once more Ctrl-C kills it."
                )
        if child.process.poll() is None:
            self.say(f"{child.name} did not stop in time and is killed.")
        process.await_stop(child.process, 0.0)


def _ending(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"stopped with code {code}"


def clear_strays(run_folder: Path, ours: str) -> list[str]:
    """End what an earlier, killed launcher left running; return the names.

    A process is ours if it is the very one noted, or if it belongs to the group of a noted one that is gone
    and its command line holds `ours` (the path of our Python).
    """
    ended = []
    for note in sorted(run_folder.glob("*.pid")):
        pid, _, began = note.read_text().partition(" ")
        if pid.isdigit() and _end_noted(int(pid), began, ours):
            ended.append(note.stem)
        note.unlink()
    return ended


def _end_noted(pid: int, began: str, ours: str) -> bool:
    if process.is_alive(pid):
        if process.started(pid) != began:
            return False
        process.end_stray(pid)
        return True
    if any(ours in process.command_line(member) for member in process.group_members(pid)):
        process.kill_group(pid)
        return True
    return False


def tell(text: str) -> None:
    """Print a line for the person at the terminal, with the time of day in UTC."""
    print(f"{datetime.now(UTC):%H:%M:%SZ} {text}", flush=True)


def await_ready(supervisor: Supervisor, is_ready: Callable[[], bool], seconds: float) -> None:
    """Tend the children until `is_ready`; raise `CannotStart` if one keeps crashing or the time is up."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        supervisor.tend()
        broken = next((child for child in supervisor.children if child.crashes >= 3), None)
        if broken is not None:
            raise CannotStart(
                f"{broken.name} does not start: {process.last_line(broken.log)} (log: {broken.log})"
            )
        if time.monotonic() > deadline:
            logs = supervisor.children[-1].log.parent
            raise CannotStart(f"Tocsin was not ready within {seconds:.0f} s; its logs are in {logs}")
        time.sleep(0.1)
