"""Pages under load: how late they are, what a page costs which process, how many a worker sends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

from ops.bench import client
from ops.bench.figures import percentiles, rate_of
from ops.bench.harness import Bench, Result

WORKERS = (1, 2, 4)


def paging(rate: float, seconds: float) -> Callable[[Bench], Result]:
    """So many alerts a second, each a new incident that pages; processor time per page by process."""

    def phase(bench: Bench) -> Result:
        before, lasts = bench.cpu(), bench.seconds(seconds)
        sent, answers = asyncio.run(
            client.at_rate(bench.stack.port, bench.alerts(f"r{rate:.0f}"), rate, lasts)
        )
        after_sending = time.time()
        arrived = bench.await_pages(set(sent), 120)
        used = bench.used_since(before)
        last = max(arrived.values(), default=after_sending)
        return {
            **percentiles(arrived[mark] - sent[mark] for mark in arrived),
            "pages": len(arrived),
            "lost": len(sent) - len(arrived),
            "refused": answers.refused,
            "done_after_s": round(last - after_sending, 1),
            "cpu_ms_per_page": per_page(used, len(arrived)),
        }

    return phase


def per_page(used: dict[str, float], pages: int) -> dict[str, float]:
    """Seconds by process as milliseconds a page, with their sum."""
    each = {name: round(seconds * 1000 / max(pages, 1), 2) for name, seconds in used.items()}
    return {**each, "all": round(sum(each.values()), 2)}


def shares(bench: Bench) -> Result:
    """Where a page's time goes inside a worker: one process, one thread, step after step, nothing else running."""
    bench.run_workers(0)
    lasts = 2 if bench.quick else 5
    asyncio.run(client.at_rate(bench.stack.port, bench.alerts("share"), 200, lasts))
    postgres = bench.stack.postgres.process
    found = bench.measured_inside("shares", postgres.pid if postgres else 0)
    bench.run_workers(bench.workers)
    return found


def senders(bench: Bench) -> Result:
    """Pages that wait and fall due at once: sends a second with 1, 2 and 4 workers of one machine."""
    found: Result = {"pages": 1000 if bench.quick else 3000}
    for workers in WORKERS:
        found[f"workers_{workers}"] = _sent_by(bench, workers, found["pages"])
    alone = found["workers_1"]["per_second"] or 1
    found["growth"] = {
        str(each): round(found[f"workers_{each}"]["per_second"] / alone, 2) for each in WORKERS
    }
    bench.run_workers(bench.workers)
    return found


def _sent_by(bench: Bench, workers: int, pages: int) -> Result:
    bench.run_workers(workers)
    prefix = f"send{workers}"
    bench.inside("seed", "pages", pages, prefix)
    before = bench.cpu()
    arrived = bench.await_pages({f"{prefix}-{number}" for number in range(pages)}, 180)
    used = bench.used_since(before)
    return {
        "per_second": rate_of(arrived.values()),
        "each_per_second": _by_worker(bench, prefix),
        "lost": pages - len(arrived),
        "cpu_ms_per_page": per_page(used, len(arrived)),
    }


BY_WORKER = """
    select json_agg(n) from (
        select round(count(*) / nullif(extract(epoch from max(a.answered_at) - min(a.answered_at)), 0)) as n
        from notifications_attempt a join notifications_delivery d on d.id = a.delivery_id
        where d.subject = 'bench:{prefix}' group by a.worker order by a.worker) as each
"""


def _by_worker(bench: Bench, prefix: str) -> list[float]:
    """What each worker handed over in a second, as the ledger has it."""
    return list(json.loads(bench.stack.postgres.ask(BY_WORKER.format(prefix=prefix)) or "[]") or [])
