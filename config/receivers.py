"""Browsers are told of every change after its commit."""

from __future__ import annotations

from typing import Any

from lib.wake import hints


def tell_browsers(*, incident_ids: list[int], **_: Any) -> None:
    """A hint each; pages that hear it fetch what they show of the incident again."""
    hints("incident", incident_ids)
