"""Waiting longer each time, with chance given."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.backoff import Spread, delay

BASE, CAP = timedelta(seconds=2), timedelta(minutes=5)


def test_the_wait_doubles_until_the_cap() -> None:
    waits = [delay(attempt, base=BASE, cap=CAP, jitter=1).total_seconds() for attempt in range(1, 11)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_chance_takes_all_of_it_or_half() -> None:
    assert delay(3, base=BASE, cap=CAP, jitter=0, spread=Spread.FULL) == timedelta(0)
    assert delay(3, base=BASE, cap=CAP, jitter=0.25, spread=Spread.FULL) == timedelta(seconds=2)
    assert delay(3, base=BASE, cap=CAP, jitter=0) == timedelta(seconds=4)
    assert delay(3, base=BASE, cap=CAP, jitter=0.5) == timedelta(seconds=6)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**9), st.floats(0, 1), st.sampled_from(Spread))
def test_no_attempt_waits_longer_than_the_cap(attempt: int, jitter: float, spread: Spread) -> None:
    wait = delay(attempt, base=BASE, cap=CAP, jitter=jitter, spread=spread)
    assert timedelta(0) <= wait <= CAP
    assert wait == delay(attempt, base=BASE, cap=CAP, jitter=jitter, spread=spread)


@pytest.mark.parametrize(
    ("attempt", "base", "cap", "jitter"),
    [
        (0, BASE, CAP, 0.5),
        (1, timedelta(0), CAP, 0.5),
        (1, CAP, BASE, 0.5),
        (1, BASE, CAP, 1.5),
        (1, BASE, CAP, float("nan")),
    ],
)
def test_numbers_that_make_no_sense_are_refused(
    attempt: int, base: timedelta, cap: timedelta, jitter: float
) -> None:
    with pytest.raises(ValueError, match=r"must be|counted from"):
        delay(attempt, base=base, cap=cap, jitter=jitter)
