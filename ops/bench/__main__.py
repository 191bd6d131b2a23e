"""`bin/bench`: starts a whole Tocsin on throw-away data, measures it, prints a table and one JSON object.

Phases can be named to run only those; `--quick` shortens them. Everything runs on this machine, the load included,
so figures are those of the machine: compare ratios within one run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.bench.harness import Bench
from ops.bench.phases import PHASES
from ops.layout import ROOT
from ops.ports import free_port
from ops.stack import Stack


def main(arguments: list[str]) -> int:
    """Run the phases; returns 0 when all could be measured."""
    options = _parse(arguments)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        with Stack(folder, durable=True, mail_port=free_port()) as stack:
            bench = _prepared(stack, folder, options.quick, options.workers[0])
            found = {
                name: result
                for workers in options.workers
                for name, result in _run(bench, options.phases or list(PHASES), workers, options.workers)
            }
            report = {
                "machine": _machine(),
                "workers": options.workers[0] if len(options.workers) == 1 else options.workers,
                "quick": options.quick,
                **found,
            }
    print(_table(found))
    print(json.dumps(report))
    return 0


def _run(
    bench: Bench, phases: list[str], workers: int, all_workers: list[int]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The phases with so many workers; their number is in the name where there are several."""
    if workers != bench.workers:
        bench.workers = workers
        bench.run_workers(workers)
    for phase in phases:
        print(f"… {phase}, workers {workers}", file=sys.stderr, flush=True)
        bench.results[phase] = PHASES[phase](bench)
        load = [round(each, 1) for each in os.getloadavg()]
        yield (
            phase if len(all_workers) == 1 else f"{phase}@{workers}",
            {**bench.results[phase], "load_after": load},
        )


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("phases", nargs="*", choices=[*PHASES, []], help="which to run; all without")
    parser.add_argument("--quick", action="store_true", help="a third of the time, rougher figures")
    parser.add_argument(
        "--workers", type=_numbers, default=[1], help="worker processes, or several numbers: 1,2 (default: 1)"
    )
    return parser.parse_args(arguments)


def _prepared(stack: Stack, folder: Path, quick: bool, workers: int) -> Bench:
    notes = folder / "mails"
    stack.start("catcher", [sys.executable, "-m", "ops.bench.catcher", str(stack.mail_port), str(notes)])
    seed = [sys.executable, "-m", "ops.bench.seed", "base"]
    done = subprocess.run(seed, env=stack.env, cwd=ROOT, check=True, capture_output=True, text=True)
    stack.start_web()
    bench = Bench(stack, json.loads(done.stdout), notes, quick, workers)
    bench.run_workers(workers)
    return bench


def _machine() -> dict[str, Any]:
    return {"cpus": os.cpu_count(), "load_before": [round(each, 2) for each in os.getloadavg()]}


def _table(results: dict[str, dict[str, Any]]) -> str:
    rows = [(phase, name, value) for phase, found in results.items() for name, value in found.items()]
    width = max(len(f"{phase} {name}") for phase, name, _ in rows)
    return "\n".join(f"{f'{phase} {name}':<{width}}  {value}" for phase, name, value in rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
