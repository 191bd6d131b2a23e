"""The Tocsin under measurement, and what every phase needs of it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ops.bench import client
from ops.bench.figures import cpu_seconds
from ops.layout import ROOT
from ops.stack import Stack

Result = dict[str, Any]
ALIVE = "select count(*) from notifications_measure where name = 'sweeper' and value > {}"


@dataclass
class Bench:
    """The running stack, the integrations' keys, and where the catcher notes mails."""

    stack: Stack
    keys: dict[str, str]
    notes: Path
    quick: bool
    workers: int = 1
    results: dict[str, Result] = field(default_factory=dict)
    marks: Iterator[int] = field(default_factory=count)

    def seconds(self, full: float) -> float:
        """How long a phase lasts."""
        return full / 3 if self.quick else full

    def alerts(self, prefix: str, key: str = "each") -> Iterator[tuple[str, bytes]]:
        """Alerts that each open an incident of their own, and page unless they go by the integration "recorded"."""
        while True:
            mark = f"{prefix}-{next(self.marks)}"
            yield mark, client.event(self.keys[key], mark)

    def arrivals(self) -> dict[str, float]:
        """When each marked page reached the catcher first."""
        found: dict[str, float] = {}
        for line in self.notes.read_text(encoding="ascii").splitlines() if self.notes.exists() else []:
            mark, moment = line.split()
            found.setdefault(mark, float(moment))
        return found

    def await_pages(self, marks: set[str], patience: float) -> dict[str, float]:
        """The arrivals of these pages, waiting for the last of them at most that long."""
        deadline = time.monotonic() + patience
        while True:
            found = self.arrivals()
            if marks <= found.keys() or time.monotonic() > deadline:
                return {mark: found[mark] for mark in marks & found.keys()}
            time.sleep(0.2)

    def count(self, sql: str) -> int:
        """One number out of the stack's database."""
        return int(self.stack.postgres.ask(sql))

    def cpu(self) -> dict[str, float]:
        """Processor seconds so far, by process; `load` is the bench itself, which posts the alerts."""
        found = {name: cpu_seconds(process.pid) for name, process in self.stack.processes.items()}
        for name, server in (("postgres", self.stack.postgres), ("valkey", self.stack.valkey)):
            if server.process is not None:
                found[name] = cpu_seconds(server.process.pid)
        mine = resource.getrusage(resource.RUSAGE_SELF)
        return found | {"load": mine.ru_utime + mine.ru_stime}

    def used_since(self, before: dict[str, float]) -> dict[str, float]:
        """Processor seconds by process since `cpu` gave `before`."""
        return {name: round(value - before.get(name, 0), 2) for name, value in self.cpu().items()}

    def inside(self, module: str, *arguments: object) -> str:
        """Run a module of the bench with the stack's settings to its end; what it printed."""
        command = [sys.executable, "-m", f"ops.bench.{module}", *map(str, arguments)]
        done = subprocess.run(
            command, env=self.stack.env, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    def measured_inside(self, module: str, *arguments: object) -> Result:
        """The same for a module that prints its figures as one JSON object."""
        found: Result = json.loads(self.inside(module, *arguments))
        return found

    def run_workers(self, total: int) -> None:
        """Exactly so many fresh workers, all of them looking."""
        for name in [name for name in self.stack.processes if name.startswith("worker-")]:
            self.stack.end(name)
        began = time.time()
        for number in range(total):
            self.stack.start_worker(f"worker-{number}")
        while self.count(ALIVE.format(began)) < total:
            time.sleep(0.1)
