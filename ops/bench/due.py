"""Timers: how late steps and their pages are, and what looking for them costs."""

from __future__ import annotations

from ops.bench.figures import percentiles
from ops.bench.harness import Bench, Result


def timers(bench: Bench) -> Result:
    """1,000 escalations waiting, a quarter of them due within ten seconds: from due to handed over."""
    due = _seeded(bench, "timer", waiting=750, due=250, spread=10)
    arrived = bench.await_pages(set(due), 60)
    return {**percentiles(arrived[mark] - due[mark] for mark in arrived), "lost": len(due) - len(arrived)}


def due(bench: Bench) -> Result:
    """10,000 escalations wait and 500 are due within one second, then 500 at one instant.

    All counted from the due time: `step` is when the sweep that did it began, `claimed` when a sender took the page,
    `page` when the mail server had it.
    """
    waiting = 2000 if bench.quick else 10_000
    return {
        "waiting": waiting,
        "within_a_second": _due(bench, "due", waiting=waiting, spread=1),
        "at_one_instant": _due(bench, "now", waiting=0, spread=0),
    }


def _due(bench: Bench, prefix: str, *, waiting: int, spread: float) -> Result:
    moments = _seeded(bench, prefix, waiting=waiting, due=500, spread=spread)
    arrived = bench.await_pages(set(moments), 60)
    steps, claims = _in_ledger(bench, prefix)
    return {
        "step": percentiles(steps[mark] - moments[mark] for mark in steps),
        "claimed": percentiles(claims[mark] - moments[mark] for mark in claims),
        "page": percentiles(arrived[mark] - moments[mark] for mark in arrived),
        "lost": len(moments) - len(arrived),
    }


def explain(bench: Bench) -> Result:
    """What the sweep asks while 100,000 wait, explained by Postgres: idle, and with 50 due."""
    return bench.measured_inside("explain", 20_000 if bench.quick else 100_000)


def _seeded(bench: Bench, prefix: str, *, waiting: int, due: int, spread: float) -> dict[str, float]:
    """When each marked timer is due, in seconds since 1970."""
    lines = bench.inside("seed", "timers", prefix, waiting, due, spread).splitlines()
    return {mark: float(moment) for mark, moment in (line.split() for line in lines)}


LEDGER = """
    select substr(i.title, 7), extract(epoch from d.created_at), extract(epoch from min(a.started_at))
    from incidents_incident i
    join notifications_delivery d on d.subject = 'incident:' || i.id
    join notifications_attempt a on a.delivery_id = d.id
    where i.title like 'bench-{prefix}-%' group by i.title, d.id
"""


def _in_ledger(bench: Bench, prefix: str) -> tuple[dict[str, float], dict[str, float]]:
    rows = [line.split("|") for line in bench.stack.postgres.ask(LEDGER.format(prefix=prefix)).splitlines()]
    return {row[0]: float(row[1]) for row in rows}, {row[0]: float(row[2]) for row in rows}
