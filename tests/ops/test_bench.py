"""The bench's own arithmetic: a figure that is wrong is worse than none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ops.bench.__main__ import main
from ops.bench.figures import percentiles, rate_of
from ops.bench.paging import per_page
from ops.bench.phases import PHASES
from ops.layout import ROOT


def test_percentiles_are_values_that_occurred_in_milliseconds() -> None:
    found = percentiles(number / 1000 for number in range(100, 0, -1))
    assert found == {"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0, "max_ms": 100.0}
    assert percentiles([0.25])["p99_ms"] == 250.0
    assert percentiles([])["p99_ms"] == 0.0


def test_a_rate_counts_the_gaps_between_first_and_last() -> None:
    assert rate_of([10.0, 12.0, 11.0]) == 1.0
    assert rate_of([5.0]) == 0.0
    assert rate_of([5.0, 5.0]) == 0.0


def test_processor_time_is_shared_out_over_the_pages_and_added_up() -> None:
    assert per_page({"web": 1.0, "worker-0": 3.0}, 1000) == {"web": 1.0, "worker-0": 3.0, "all": 4.0}
    assert per_page({"web": 1.0}, 0)["web"] == 1000.0, "no page arrived: the cost is shown, not hidden"


def test_an_unknown_phase_is_refused_before_anything_is_started(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["no-such-phase"])
    assert "no-such-phase" in capsys.readouterr().err


def test_every_phase_is_described_and_no_other() -> None:
    text = (Path(ROOT) / "docs" / "running.md").read_text(encoding="utf-8")
    section = text.partition("## Measuring: `bin/bench`")[2].partition("\n## ")[0]
    named = {
        name
        for row in re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert named == set(PHASES)
