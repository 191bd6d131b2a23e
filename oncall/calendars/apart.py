"""Reading a calendar in a process of its own, because strangers write calendars.

A rule that never matches keeps a reader busy until the year 9999, and a few megabytes of text become hundreds in
memory. A thread of a web worker can neither be stopped nor give that memory back; a process can. It gets no
environment of ours, so no secrets, and may use so much time and memory and no more.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

from lib.intervals import Interval
from oncall.calendars.events import Event, Problem, Reading, Trouble, Unreadable
from oncall.calendars.reading import TooSlow, read

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 20
"""Of processor time; a calendar at the limits of size takes a quarter of it."""
SECONDS_OF_A_SERIES = 1.0
MEMORY = 1024 * 1024 * 1024


def read_apart(body: bytes, window: Interval, zone: ZoneInfo, seconds: float = SECONDS) -> Reading:
    """As `oncall.calendars.reading.read`, within these seconds. Raises Unreadable."""
    asked = {"window": [window.start.isoformat(), window.end.isoformat()], "zone": zone.key}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "oncall.calendars.apart"],
            input=json.dumps(asked).encode() + b"\n" + body,
            capture_output=True,
            timeout=seconds,
            check=False,
            cwd=ROOT,
            env={"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(Trouble.TOO_SLOW) from error
    if done.returncode != 0 or not done.stdout:
        raise Unreadable(Trouble.TOO_SLOW)
    return _unpacked(json.loads(done.stdout))


def main() -> None:
    """The other side: what was asked and the calendar on stdin, the answer on stdout."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _too_slow)
    header, _, body = sys.stdin.buffer.read().partition(b"\n")
    asked = json.loads(header)
    window = Interval(*(datetime.fromisoformat(each) for each in asked["window"]))
    try:
        answer = asdict(read(body, window, ZoneInfo(asked["zone"]), _patience))
    except Unreadable as error:
        answer = {"unreadable": error.trouble}
    sys.stdout.write(json.dumps(answer, default=datetime.isoformat))


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlow


@contextmanager
def _patience() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, SECONDS_OF_A_SERIES)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _unpacked(answer: dict[str, Any]) -> Reading:
    if "unreadable" in answer:
        raise Unreadable(Trouble(answer["unreadable"]))
    problems = [Problem(Trouble(each.pop("trouble")), **each) for each in answer["problems"]]
    return Reading(answer["name"], tuple(_event(each) for each in answer["events"]), tuple(problems))


def _event(values: dict[str, Any]) -> Event:
    moments = {name: datetime.fromisoformat(values[name]) for name in ("start", "end")}
    return Event(**{**values, **moments, "attendees": tuple(values["attendees"])})


if __name__ == "__main__":
    main()
