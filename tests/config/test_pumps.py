"""The loops of a worker."""

from __future__ import annotations

from datetime import datetime

import pytest

from config import pumps


def test_a_crowd_of_due_timers_is_swept_in_growing_batches_until_one_is_not_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    due, sizes = 600, list[int]()

    def swept(*, now: datetime, limit: int) -> int:
        nonlocal due
        sizes.append(limit)
        done = min(due, limit)
        due -= done
        return done

    monkeypatch.setattr(pumps, "sweep", swept)
    assert pumps.sweep_all() == 600
    assert sizes == [50, 100, 200, 200, 200]
    assert pumps.sweep_all() == 0
    assert sizes[-1] == 50, "the next look begins small again"
