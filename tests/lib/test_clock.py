"""The workers' clock when the machine's is set."""

from __future__ import annotations

import pytest

from lib.clock import SLEW, SteadyClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SteadyClock:
    monkeypatch.setattr("time.time", lambda: 1000.0)
    monkeypatch.setattr("time.monotonic", lambda: 50.0)
    return SteadyClock()


def test_it_is_the_wall_clock_while_nobody_sets_that(clock: SteadyClock) -> None:
    assert clock.read(1010.0, 60.0) == 1010.0
    assert clock.ahead == 0


def test_it_goes_on_when_the_wall_clock_is_set_back(clock: SteadyClock) -> None:
    assert clock.read(701.0, 51.0) == pytest.approx(1001.0, abs=1)
    assert clock.read(702.0, 52.0) >= 1001.5


def test_it_follows_at_once_when_the_wall_clock_is_set_forward(clock: SteadyClock) -> None:
    assert clock.read(1301.0, 51.0) == 1301.0


def test_a_step_back_and_its_correction_leave_nothing_behind(clock: SteadyClock) -> None:
    clock.read(701.0, 51.0)
    assert clock.read(1002.0, 52.0) == pytest.approx(1002.0, abs=1)
    assert clock.ahead < 1


def test_it_comes_back_slowly_and_never_goes_back_itself(clock: SteadyClock) -> None:
    last = clock.read(701.0, 51.0)
    for second in range(2, 5000):
        moment = clock.read(700.0 + second, 50.0 + second)
        assert moment >= last
        last = moment
    assert clock.ahead == 0
    assert 300 / SLEW < 5000


def test_small_corrections_of_the_time_service_are_followed(clock: SteadyClock) -> None:
    assert clock.read(1009.8, 60.0) == 1009.8
