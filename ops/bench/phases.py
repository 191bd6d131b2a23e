"""What is measured, a function each. Times of arrival come from the mail catcher, of sending from the client."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ops import programs
from ops.bench import client
from ops.bench.figures import cpu_seconds, memory_mb, percentiles
from ops.layout import ROOT
from ops.ports import free_port
from ops.stack import Stack

Result = dict[str, Any]


@dataclass
class Bench:
    """The running stack, the integrations' keys, and where the catcher notes mails."""

    stack: Stack
    keys: dict[str, str]
    notes: Path
    quick: bool
    results: dict[str, Result] = field(default_factory=dict)
    marks: Iterator[int] = field(default_factory=count)

    def seconds(self, full: float) -> float:
        """How long a phase lasts."""
        return full / 3 if self.quick else full

    def alerts(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Alerts that each open an incident of their own and page."""
        while True:
            mark = f"{prefix}-{next(self.marks)}"
            yield mark, client.event(self.keys["each"], mark)

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
        """Processor time so far, by process."""
        found = {name: cpu_seconds(process.pid) for name, process in self.stack.processes.items()}
        postgres = self.stack.postgres.process
        return found | ({"postgres": cpu_seconds(postgres.pid)} if postgres else {})


def bare(bench: Bench) -> Result:
    """The yardstick: a view with one `select 1`, alone, on the same server program."""
    port = free_port()
    env = {"DJANGO_SETTINGS_MODULE": "ops.bench.bare"}
    bench.stack.start("bare", programs.web(port), env)
    bench.stack.wait_for(f"http://127.0.0.1:{port}/bare")
    raw = client.get("/bare")
    answers = asyncio.run(client.as_fast_as_possible(port, lambda _: raw, bench.seconds(9), 16))
    bench.stack.end("bare")
    return {"per_second": round(len(answers.seconds) / bench.seconds(9)), **percentiles(answers.seconds)}


def accept(bench: Bench) -> Result:
    """Events with distinct keys at 16 connections, the workers draining meanwhile; then the rest drains."""
    key, lasts = bench.keys["gather"], bench.seconds(12)
    before, cpu = bench.count("select count(*) from alerts_event"), bench.cpu()
    began = time.monotonic()
    answers = asyncio.run(
        client.as_fast_as_possible(bench.stack.port, lambda n: client.event(key, f"acc-{n}"), lasts, 16)
    )
    waiting = bench.count("select count(*) from alerts_event where processed_at is null")
    while bench.count("select count(*) from alerts_event where processed_at is null"):
        time.sleep(0.1)
    stored = bench.count("select count(*) from alerts_event") - before
    used = {name: round(value - cpu.get(name, 0), 1) for name, value in bench.cpu().items()}
    rate = len(answers.seconds) / lasts
    found: Result = {"per_second": round(rate), **percentiles(answers.seconds), "refused": answers.refused}
    if "bare" in bench.results:
        found["share_of_bare"] = round(rate / bench.results["bare"]["per_second"], 2)
    took = time.monotonic() - began
    return found | {
        "stored": stored,
        "accepted": len(answers.seconds),
        "waiting_at_end": waiting,
        "drained_after_s": round(took - lasts, 1),
        "drained_per_second": round(stored / took),
        "cpu_s": used,
    }


def idle(bench: Bench) -> Result:
    """From the POST to the mail server having the page, one at a time on an idle system."""
    time.sleep(1)
    total = 20 if bench.quick else 60
    sent, _ = asyncio.run(client.at_rate(bench.stack.port, bench.alerts("idle"), 4, total / 4, connections=2))
    arrived = bench.await_pages(set(sent), 20)
    return {**percentiles(arrived[mark] - sent[mark] for mark in arrived), "lost": len(sent) - len(arrived)}


def paging(rate: float) -> Callable[[Bench], Result]:
    """So many alerts a second, each a new incident that pages."""

    def phase(bench: Bench) -> Result:
        before, lasts = bench.cpu(), bench.seconds(30)
        sent, answers = asyncio.run(
            client.at_rate(bench.stack.port, bench.alerts(f"r{rate:.0f}"), rate, lasts)
        )
        after_sending = time.time()
        arrived = bench.await_pages(set(sent), 120)
        used = {name: round(value - before.get(name, 0), 1) for name, value in bench.cpu().items()}
        last = max(arrived.values(), default=after_sending)
        return {
            **percentiles(arrived[mark] - sent[mark] for mark in arrived),
            "lost": len(sent) - len(arrived),
            "refused": answers.refused,
            "done_after_s": round(last - after_sending, 1),
            "cpu_s": used,
        }

    return phase


def storm(bench: Bench) -> Result:
    """Two pages a second for one service while 1,000 events a second join the open incident of another."""
    lasts = bench.seconds(20)
    keys = [f"storm-{n}" for n in range(200)]

    def stormy() -> Iterator[tuple[str, bytes]]:
        for number in count():
            key = keys[number % len(keys)]
            yield f"s{number}", client.event(bench.keys["storm"], key, dedup=key)

    async def both() -> tuple[dict[str, float], client.Answers]:
        load = asyncio.create_task(client.at_rate(bench.stack.port, stormy(), 1000, lasts))
        sent, _ = await client.at_rate(bench.stack.port, bench.alerts("calm"), 2, lasts, connections=2)
        return sent, (await load)[1]

    sent, load = asyncio.run(both())
    arrived = bench.await_pages(set(sent), 60)
    return {
        **percentiles(arrived[mark] - sent[mark] for mark in arrived),
        "lost": len(sent) - len(arrived),
        "storm_accepted": len(load.seconds),
        "storm_p99_ms": percentiles(load.seconds)["p99_ms"],
    }


def timers(bench: Bench) -> Result:
    """1,000 escalations waiting, a quarter of them due within ten seconds: from due to handed over."""
    seed = [sys.executable, "-m", "ops.bench.seed", "timers", "1000", "10"]
    done = subprocess.run(seed, env=bench.stack.env, cwd=ROOT, check=True, capture_output=True, text=True)
    due = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()}
    arrived = bench.await_pages(set(due), 60)
    return {**percentiles(arrived[mark] - due[mark] for mark in arrived), "lost": len(due) - len(arrived)}


def rota(bench: Bench) -> Result:
    """Schedules: one year of a large one, who is on call in 1 to 1,000, and the pages. No load beside it."""
    measure = [sys.executable, "-m", "ops.bench.rota"]
    done = subprocess.run(
        measure, env=bench.stack.env, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    found: Result = json.loads(done.stdout)
    return found


def memory(bench: Bench) -> Result:
    """Of everything that `bin/up` runs, after the work above."""
    stack = bench.stack
    stack.start("live", programs.live(free_port()))
    stack.start("beat", programs.beat(stack.folder / "beat"))
    time.sleep(4)
    pids = {name: process.pid for name, process in stack.processes.items() if name != "catcher"}
    for name, server in (("postgres", stack.postgres.process), ("valkey", stack.valkey.process)):
        if server is not None:
            pids[name] = server.pid
    found = {name: memory_mb(pid) for name, pid in pids.items()}
    total = {unit: round(sum(each[unit] for each in found.values()), 1) for unit in ("rss_mb", "pss_mb")}
    return {"total": total, **found}


PHASES: dict[str, Callable[[Bench], Result]] = {
    "bare": bare,
    "accept": accept,
    "idle": idle,
    "page_20": paging(20),
    "page_50": paging(50),
    "page_100": paging(100),
    "storm": storm,
    "timers": timers,
    "rota": rota,
    "memory": memory,
}
