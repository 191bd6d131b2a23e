"""News of what may change who is paged, for layers above that cannot be imported here.

They register a listener in their `AppConfig.ready()`; the actions announce. A listener hears of it after the commit,
may be told more than once, and must be quick: it hints, the truth is in the rows. What it raises is logged and stops
nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from django.db import transaction

Kind = Literal["schedule", "policy", "person", "calendar"]
Listener = Callable[[Kind, int], None]

_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """From now on it is told the kind and the id of what has changed."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(kind: Kind, number: int) -> None:
    """Once this transaction is committed: that schedule (its overrides too), policy, person's time off or calendar is
    not what it was."""
    for listener in _listeners:
        transaction.on_commit(partial(listener, kind, number), robust=True)
