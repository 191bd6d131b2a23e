"""The loops of a worker and nothing else: no Celery, little memory, so that ten of them fit. Stopped by SIGTERM."""

from __future__ import annotations

import os
import signal
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.pumps import Machine  # noqa: E402 - Django must be set up before models are imported


def main() -> None:
    """Run with one sender until asked to stop."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    machine = Machine(senders=1)
    machine.start()
    over.wait()
    machine.stop()


if __name__ == "__main__":
    main()
