"""Where a page's time goes inside a worker: prints one JSON object. Run by the phase `shares` while no worker runs.

The same functions that the pumps call, in one thread, one after another: intake, sweep, send. Stages of a send are
timed by wrapping the functions that do them, each less what lies inside it, so that they add up. The timers cost
about a microsecond a call; a real worker's threads also wait for each other, which is not in here.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.mail.backends.smtp import EmailBackend  # noqa: E402 - Django must be set up first
from django.core.mail.message import SafeMIMEMultipart  # noqa: E402
from django.utils import timezone  # noqa: E402

from alerts.processing import process_waiting  # noqa: E402
from incidents.sweep import sweep  # noqa: E402
from notifications import bundles, outbox, settling  # noqa: E402
from notifications.models import Delivery, DeliveryState  # noqa: E402
from notifications.transports.email import transport as email  # noqa: E402
from ops.bench.figures import cpu_seconds  # noqa: E402

STAGES: list[tuple[str, Any, str]] = [
    ("claim", outbox, "_next"),
    ("bundle", bundles, "sort_out"),
    ("still wanted", outbox, "_still_wanted"),
    ("envelope", outbox, "_envelope"),
    ("render", email, "compose"),
    ("mime", SafeMIMEMultipart, "as_bytes"),
    ("smtp", EmailBackend, "send_messages"),
    ("settle", settling, "sent"),
]


class Stopwatch:
    """Wall and processor seconds of each stage, less those of the stages inside it."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._inside: list[list[float]] = [[0.0, 0.0]]

    def timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work`, timed as that stage."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter(), time.thread_time()
            self._inside.append([0.0, 0.0])
            try:
                return work(*args, **kwargs)
            finally:
                self._add(stage, began)

        return wrapped

    def _add(self, stage: str, began: tuple[float, float]) -> None:
        took = time.perf_counter() - began[0], time.thread_time() - began[1]
        below = self._inside.pop()
        for place in (0, 1):
            self.spent[stage][place] += took[place] - below[place]
            self._inside[-1][place] += took[place]


def main(postgres: int) -> dict[str, Any]:
    """Milliseconds a page, by step and by stage of the send; Postgres' share by step."""
    watch, database = Stopwatch(), dict[str, float]()
    for stage, owner, name in STAGES:
        setattr(owner, name, watch.timed(stage, getattr(owner, name)))
    for step, work in (("intake", _intake), ("sweep", _sweep), ("send", _send)):
        before = cpu_seconds(postgres)
        watch.timed(step, work)()
        database[step] = cpu_seconds(postgres) - before
    pages = Delivery.objects.filter(attempts__worker="shares", state=DeliveryState.SENT).count()
    return {"pages": pages, **_table(watch.spent, database, max(pages, 1))}


def _intake() -> None:
    while process_waiting(now=timezone.now()):
        pass


def _sweep() -> None:
    while sweep(now=timezone.now()):
        pass


def _send() -> None:
    outbox.send_due(worker="shares", limit=100_000, senders=1)


def _table(spent: dict[str, list[float]], database: dict[str, float], pages: int) -> dict[str, Any]:
    total = sum(cpu for _wall, cpu in spent.values())
    order = ["intake", "sweep", *(stage for stage, _, _ in STAGES), "send"]
    return {
        "cpu_ms": {_named(each): round(spent[each][1] * 1000 / pages, 3) for each in order},
        "wall_ms": {_named(each): round(spent[each][0] * 1000 / pages, 3) for each in order},
        "cpu_share": {_named(each): f"{spent[each][1] / total:.0%}" for each in order},
        "postgres_cpu_ms": {step: round(value * 1000 / pages, 2) for step, value in database.items()},
    }


def _named(stage: str) -> str:
    """What of the send is in no stage of its own."""
    return "rest of send" if stage == "send" else stage


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
