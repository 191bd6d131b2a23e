"""Percentiles, memory and processor time, from /proc."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest, in milliseconds; all zero when there are none."""
    ordered = sorted(values)
    if not ordered:
        return {"p50_ms": 0.0, "p95_ms": 0.0, "p99_ms": 0.0, "max_ms": 0.0}

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] * 1000, 1)

    return {"p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": round(ordered[-1] * 1000, 1)}


def tree(pid: int) -> list[int]:
    """A process and everything below it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, rest = list[int](), [pid]
    while rest:
        found.append(rest.pop())
        rest += children.get(found[-1], [])
    return found


def memory_mb(pid: int) -> dict[str, float]:
    """Resident and proportional memory of a process with its children; the latter counts shared pages once."""
    rss = pss = 0
    for each in tree(pid):
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        values = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:] if "kB" in line}
        rss, pss = rss + values.get("Rss", 0), pss + values.get("Pss", 0)
    return {"rss_mb": round(rss / 1024, 1), "pss_mb": round(pss / 1024, 1)}


def cpu_seconds(pid: int) -> float:
    """Processor time that a process and its living children have used."""
    ticks = 0
    for each in tree(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def rate_of(moments: Iterable[float]) -> float:
    """How many a second between the first and the last of these moments; 0 for fewer than two."""
    ordered = sorted(moments)
    if len(ordered) < 2 or ordered[-1] == ordered[0]:
        return 0.0
    return round((len(ordered) - 1) / (ordered[-1] - ordered[0]), 1)
