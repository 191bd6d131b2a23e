"""What tools add to a request that depends on its body, by kind: signatures, and the world that they are checked in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.alerts.records import Record, Wire

# The request as it goes out, and the record that it was made of (for its secret).
Sign = Callable[[Wire, Record], Wire]
Surround = Callable[[pytest.MonkeyPatch], None]


SIGN: Mapping[str, Sign] = {}
# What is fetched while a signature is checked is answered here, for tests without a network.
SURROUNDINGS: Mapping[str, Surround] = {}


def signed(wire: Wire, record: Record) -> Wire:
    """The request as its tool sends it."""
    sign = SIGN.get(record.kind)
    return sign(wire, record) if sign else wire


def surround(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put up what checking this kind's signatures needs."""
    if kind in SURROUNDINGS:
        SURROUNDINGS[kind](monkeypatch)
