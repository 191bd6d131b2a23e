"""Hangs the pumps into Celery's worker: they start with it and end before it."""

from __future__ import annotations

import os
from typing import Any

from celery import bootsteps

SENDERS = int(os.environ.get("TOCSIN_SENDERS", "5"))


class Pumping(bootsteps.StartStopStep):  # type: ignore[misc] # Celery ships no types
    """Runs in the worker's main process, so a dead broker does not keep it from starting or working."""

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.machine: Any = None

    def start(self, parent: Any) -> None:
        """Start the loops. The models are loaded by now."""
        from config.pumps import Machine  # noqa: PLC0415 - Celery imports this module before Django is set up

        self.machine = Machine(SENDERS)
        self.machine.start()

    def stop(self, parent: Any) -> None:
        """A warm shutdown: nothing new is begun, what is in hand is finished."""
        if self.machine:
            self.machine.stop()

    terminate = stop
