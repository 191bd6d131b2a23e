"""Pages say how long ago something was, so their clock stands still at `now`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from tests.making import NOW


@pytest.fixture
def standing_clock() -> Iterator[time_machine.Traveller]:
    """`move_to` lets time pass."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock
