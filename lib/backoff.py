"""How long to wait before trying again."""

from datetime import timedelta
from enum import StrEnum

# 2 ** 64 times any base is beyond any cap, and is still a finite float.
_MOST_DOUBLINGS = 64


class Spread(StrEnum):
    """How much of the wait is left to chance."""

    FULL = "full"  # anything from nothing to the whole wait
    EQUAL = "equal"  # at least half of it


def delay(
    attempt: int, *, base: timedelta, cap: timedelta, jitter: float, spread: Spread = Spread.EQUAL
) -> timedelta:
    """The wait after the `attempt`-th failed try (from 1): `base` doubled each time, never over `cap`.

    `jitter` is a random number from 0 to 1, drawn by the caller, so that the answer here is determined.
    Raises ValueError when a number makes no sense.
    """
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    if not timedelta(0) < base <= cap:
        raise ValueError("the base must be more than nothing and at most the cap")
    if not 0 <= jitter <= 1:
        raise ValueError("the jitter must be between 0 and 1")
    doubled = base.total_seconds() * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS)
    whole = timedelta(seconds=min(doubled, cap.total_seconds()))
    if spread == Spread.FULL:
        return whole * jitter
    return whole / 2 + whole / 2 * jitter
