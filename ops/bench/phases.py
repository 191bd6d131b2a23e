"""What is measured, a function each. Times of arrival come from the mail catcher, of sending from the client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from itertools import count

from ops import programs
from ops.bench import client, storms
from ops.bench.due import due, explain, timers
from ops.bench.figures import memory_mb, percentiles
from ops.bench.harness import Bench, Result
from ops.bench.paging import paging, senders, shares
from ops.ports import free_port


def bare(bench: Bench) -> Result:
    """The yardstick: a view with one `select 1`, alone, on the same server program."""
    port = free_port()
    env = {"DJANGO_SETTINGS_MODULE": "ops.bench.bare"}
    bench.stack.start("bare", [*programs.web(port)[:-1], "ops.bench.bare_wsgi:application"], env)
    bench.stack.wait_for(f"http://127.0.0.1:{port}/bare")
    raw = client.get("/bare")
    answers = asyncio.run(client.as_fast_as_possible(port, lambda _: raw, bench.seconds(9), 16))
    bench.stack.end("bare")
    return {"per_second": round(len(answers.seconds) / bench.seconds(9)), **percentiles(answers.seconds)}


def accept(bench: Bench) -> Result:
    """Firings of 200 open alerts at 16 connections, the workers draining meanwhile; then the rest drains."""
    key, lasts = bench.keys["gather"], bench.seconds(12)
    raw = [client.event(key, f"acc-{number}", dedup=f"acc-{number}") for number in range(200)]
    before, cpu = bench.count("select count(*) from alerts_event"), bench.cpu()
    began = time.monotonic()
    answers = asyncio.run(client.as_fast_as_possible(bench.stack.port, lambda n: raw[n % 200], lasts, 16))
    waiting = bench.count("select count(*) from alerts_event where processed_at is null")
    while bench.count("select count(*) from alerts_event where processed_at is null"):
        time.sleep(0.1)
    stored = bench.count("select count(*) from alerts_event") - before
    used = bench.used_since(cpu)
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


def rota(bench: Bench) -> Result:
    """Schedules: one year of a large one, who is on call in 1 to 1,000, and the pages. No load beside it."""
    return bench.measured_inside("rota")


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
    "page_20": paging(20, 30),
    "page_50": paging(50, 30),
    "paging": paging(100, 60),
    "shares": shares,
    "senders": senders,
    "storm": storm,
    "one_key": storms.one_key,
    "many_keys": storms.many_keys,
    "fairness": storms.fairness,
    "each": storms.each,
    "limits": storms.limits,
    "timers": timers,
    "due": due,
    "explain": explain,
    "rota": rota,
    "volume": storms.volume,
    "memory": memory,
}
