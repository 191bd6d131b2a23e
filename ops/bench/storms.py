"""Storms: what is made of them, how late everybody else's pages are meanwhile, and what stored events cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import count

from ops.bench import client
from ops.bench.figures import percentiles
from ops.bench.harness import Bench, Result

WAITING = "select count(*) from alerts_event where processed_at is null"
DRAINED = """
    select coalesce(round(count(*) filter (where processed_at > first) / nullif(extract(epoch from max(processed_at)
        - min(processed_at)), 0)), 0)
    from (select processed_at, min(processed_at) over () as first from alerts_event where endpoint = 'alert'
          and id > {after}) as done
"""
ALERTS = "select count(*) from alerts_alert where dedup_key like '{key}'"
FIRED = "select coalesce(sum(count), 0) from alerts_alert where dedup_key like '{key}'"
INCIDENTS = "select count(distinct incident_id) from alerts_alert where dedup_key like '{key}'"
PAGES = """
    select count(*) from notifications_delivery where kind = 'page' and subject in
    (select 'incident:' || incident_id from alerts_alert where dedup_key like '{key}')
"""
UNSENT = (
    "select count(*) from notifications_delivery where state in ('pending', 'sending') and due_at < now()"
)
LIMIT = "select limit_per_minute from alerts_integration where name = 'limited'"
OVER = """
    select coalesce(sum(m.over), 0) from alerts_intakeminute m join alerts_integration i on i.id = m.integration_id
    where i.name = 'limited'
"""
SAMPLES = """
    select count(*) from alerts_event e join alerts_integration i on i.id = e.integration_id
    where i.name = 'limited' and e.notes ->> 0 like 'over the limit%'
"""
TOLD = "select count(*) from alerts_alert where dedup_key = 'tocsin-limit'"
SIZE = """
    select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'alerts_event'::regclass
"""
PATIENCE = 240.0


def one_key(bench: Bench) -> Result:
    """100,000 events of one key as fast as they are taken: one alert, one incident, one page, and the count right."""
    total, cpu = 10_000 if bench.quick else 100_000, bench.cpu()
    mark = f"same-{next(bench.marks)}"
    raw = client.event(bench.keys["each"], mark, dedup=mark)
    began = time.monotonic()
    answers = asyncio.run(client.exactly(bench.stack.port, lambda _: raw, total, 16))
    took = time.monotonic() - began
    _drained(bench)
    pages = bench.await_pages({mark}, 30)
    whole, used = time.monotonic() - began, bench.used_since(cpu)
    return {
        "accepted": len(answers.seconds) - answers.refused,
        "per_second": round(len(answers.seconds) / took),
        **percentiles(answers.seconds),
        "drained_per_second": round(total / whole),
        "alerts": bench.count(ALERTS.format(key=mark)),
        "counted": bench.count(FIRED.format(key=mark)),
        "incidents": bench.count(INCIDENTS.format(key=mark)),
        "pages": len(pages),
        "cpu_ms_per_event": {name: round(each * 1000 / total, 3) for name, each in used.items()},
    }


def many_keys(bench: Bench) -> Result:
    """10,000 keys of one service in ten seconds, and two pages a second for another."""
    lasts, cpu = bench.seconds(10), bench.cpu()
    mark = f"many{next(bench.marks)}"
    sent, answers, arrived = _beside(bench, _stormy(bench.keys["storm"], mark), lasts)
    took = _drained(bench)
    key = f"{mark}-%"
    used, stored = bench.used_since(cpu), max(len(answers.seconds) - answers.refused, 1)
    return {
        "accepted": stored,
        "alerts": bench.count(ALERTS.format(key=key)),
        "incidents": bench.count(INCIDENTS.format(key=key)),
        "pages": bench.count(PAGES.format(key=key)),
        "drained_after_s": round(took, 1),
        "other_pages": _late(sent, arrived),
        "cpu_ms_per_event": {name: round(each * 1000 / stored, 3) for name, each in used.items()},
    }


def fairness(bench: Bench) -> Result:
    """1,000 new alerts a second on one service: how late another's pages are, through another integration and through
    the same one, where a route tells them apart; and without a storm."""
    lasts = bench.seconds(15)
    found: Result = {}
    _sent_all(bench)
    for name, key, storm in (
        ("alone", "each", ""),
        ("other_integration", "each", "storm"),
        ("same_integration", "storm", "storm"),
    ):
        mark = f"fair{next(bench.marks)}"
        requests = _stormy(bench.keys[storm], mark) if storm else None
        sent, answers, arrived = _beside(bench, requests, lasts, key=bench.keys[key])
        found[name] = {**_late(sent, arrived), "storm_accepted": len(answers.seconds)}
        found[name]["drained_after_s"] = round(_drained(bench), 1)
    return found


def each(bench: Bench) -> Result:
    """300 events a second that each open an alert and an incident of their own, without pages and with one for each:
    do the workers keep up."""
    return {"recorded": _each(bench, "recorded"), "paging": _each(bench, "each")}


def _each(bench: Bench, key: str) -> Result:
    _sent_all(bench)
    lasts, cpu, rate = bench.seconds(10), bench.cpu(), 300
    sent, answers = asyncio.run(client.at_rate(bench.stack.port, bench.alerts("new", key), rate, lasts))
    waiting = bench.count(WAITING)
    took = _drained(bench)
    used = bench.used_since(cpu)
    return {
        "accepted": len(sent),
        "refused": answers.refused,
        "waiting_at_end": waiting,
        "drained_after_s": round(took, 1),
        "per_second": round(len(sent) / (lasts + took)),
        "cpu_ms_per_event": {name: round(value * 1000 / len(sent), 2) for name, value in used.items()},
    }


def volume(bench: Bench) -> Result:
    """Accept and drain with five million stored events of thirty days, and without them before and after: what a
    machine does in one minute and in the next differs by as much as is looked for."""
    total = 500_000 if bench.quick else 5_000_000
    before = _accept_and_drain(bench)
    began = time.monotonic()
    bench.inside("history", total)
    found: Result = {"made_in_s": round(time.monotonic() - began), "gigabytes": bench.count(SIZE) / 1e9}
    found["stored"] = bench.count("select count(*) from alerts_event")
    full = _accept_and_drain(bench)
    began = time.monotonic()
    bench.inside("history", 0)
    found["dropped_in_s"] = round(time.monotonic() - began, 1)
    after = _accept_and_drain(bench)
    ratio = {name: round(2 * full[name] / (before[name] + after[name] or 1), 2) for name in full}
    return {**found, "before": before, "full": full, "after": after, "ratio": ratio}


def limits(bench: Bench) -> Result:
    """Twice the limit of an integration: what is taken, refused, kept as a sample, and told."""
    sent, before = _stormy(bench.keys["limited"], "lim"), bench.count(OVER)
    _sent, answers = asyncio.run(client.at_rate(bench.stack.port, sent, 200, bench.seconds(18)))
    time.sleep(4)
    return {
        "limit_a_minute": bench.count(LIMIT),
        "taken": len(answers.seconds) - answers.refused,
        "refused": answers.refused,
        "counted_over": bench.count(OVER) - before,
        "samples": bench.count(SAMPLES),
        "told": bench.count(TOLD),
        "refusal_p99_ms": percentiles(answers.seconds)["p99_ms"],
    }


def _stormy(key: str, mark: str) -> Iterator[tuple[str, bytes]]:
    """A new alert each."""
    for number in count():
        name = f"{mark}-{number}"
        yield name, client.event(key, name, dedup=name)


def _calm(bench: Bench, key: str) -> Iterator[tuple[str, bytes]]:
    """Each opens an incident that pages; by the integration "storm" too, where a route knows the component."""
    while True:
        mark = f"calm-{next(bench.marks)}"
        yield mark, client.event(key, mark, component="calm")


def _beside(
    bench: Bench,
    storm: Iterator[tuple[str, bytes]] | None,
    lasts: float,
    *,
    key: str = "",
    rate: float = 1000,
) -> tuple[dict[str, float], client.Answers, dict[str, float]]:
    """Two pages a second beside the storm: when each was sent, the storm's answers, when each page arrived."""
    port, calm = bench.stack.port, _calm(bench, key or bench.keys["each"])

    async def both() -> tuple[dict[str, float], client.Answers]:
        load = asyncio.create_task(client.at_rate(port, storm, rate, lasts)) if storm else None
        sent, _ = await client.at_rate(port, calm, 2, lasts, connections=2)
        return sent, (await load)[1] if load else client.Answers()

    sent, answers = asyncio.run(both())
    return sent, answers, bench.await_pages(set(sent), 60)


def _late(sent: dict[str, float], arrived: dict[str, float]) -> Result:
    return {**percentiles(arrived[mark] - sent[mark] for mark in arrived), "lost": len(sent) - len(arrived)}


def _drained(bench: Bench) -> float:
    """Seconds until nothing waits, at most PATIENCE."""
    began = time.monotonic()
    while bench.count(WAITING) and time.monotonic() - began < PATIENCE:
        time.sleep(0.1)
    return time.monotonic() - began


def _sent_all(bench: Bench) -> None:
    """Wait, at most PATIENCE, until the pages of an earlier phase are out: they would be measured with this one's."""
    began = time.monotonic()
    while bench.count(UNSENT) and time.monotonic() - began < PATIENCE:
        time.sleep(0.1)


def _accept_and_drain(bench: Bench) -> dict[str, float]:
    """Events a second of each alone: accepting while no worker runs, then working through what was accepted."""
    bench.run_workers(0)
    # What an earlier phase wrote goes to the disk now, not while this is measured.
    bench.stack.postgres.ask("checkpoint")
    after = bench.count("select coalesce(max(id), 0) from alerts_event")
    lasts, key = bench.seconds(9), bench.keys["storm"]
    raw = [client.event(key, f"vol-{number}", dedup=f"vol-{number}") for number in range(200)]
    answers = asyncio.run(client.as_fast_as_possible(bench.stack.port, lambda n: raw[n % 200], lasts, 16))
    bench.run_workers(bench.workers)
    _drained(bench)
    return {
        "accepted_per_second": round(len(answers.seconds) / lasts),
        "drained_per_second": bench.count(DRAINED.format(after=after)),
        "p99_ms": percentiles(answers.seconds)["p99_ms"],
    }
