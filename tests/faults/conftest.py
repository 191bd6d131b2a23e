"""A whole Tocsin with real processes, shared by the fault tests of a module; workers are started by each test."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from ops.bench.client import event
from ops.layout import ROOT
from ops.stack import Stack

PATIENCE = 40.0
_numbers = count(1)


@dataclass
class Running:
    """The stack, the integrations' keys, and what the mail catcher noted."""

    stack: Stack
    keys: dict[str, str]
    notes: Path

    def fire(self, mark: str = "") -> str:
        """Post an alert that opens an incident of its own; returns the mark that its page will carry."""
        mark = mark or f"fault-{next(_numbers)}"
        body = event(self.keys["each"], mark).partition(b"\r\n\r\n")[2]
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{self.stack.url}/v2/enqueue", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            assert answer.status == 202
        return mark

    def mails(self) -> list[str]:
        """The marks of all mails so far, in the order of their arrival."""
        text = self.notes.read_text(encoding="ascii") if self.notes.exists() else ""
        return [line.split()[0] for line in text.splitlines()]

    def until(self, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait for something that must come; fails when it does not."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"not within {seconds} s; mails: {self.mails()[-10:]}"
            time.sleep(0.05)

    def paged(self, *marks: str) -> None:
        """Wait until the pages with these marks arrived."""
        self.until(lambda: set(marks) <= set(self.mails()))

    def ask(self, sql: str) -> str:
        """A statement in the stack's database."""
        return self.stack.postgres.ask(sql)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, durable=False) as started:
        notes = folder / "mails"
        started.start(
            "catcher", [sys.executable, "-m", "ops.bench.catcher", str(started.mail_port), str(notes)]
        )
        seed = [sys.executable, "-m", "ops.bench.seed", "base"]
        done = subprocess.run(seed, env=started.env, cwd=ROOT, check=True, capture_output=True, text=True)
        started.start_web(workers=1)
        yield Running(started, json.loads(done.stdout), notes)


@pytest.fixture
def running(stack: Running) -> Iterator[Running]:
    """Without workers at the beginning and at the end."""
    yield stack
    for name in [name for name in stack.stack.processes if name.startswith("worker")]:
        stack.stack.end(name)
