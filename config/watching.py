"""The watch over paging in a process that serves pages, so that somebody sees it when no worker is left.

The workers' own watch is a pump (config.pumps). Celery's beat would not do: it needs the broker.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

from django.db import Error as DatabaseProblem
from django.db import connection

from insights.operations.watch import LOOK_EVERY, watch

log = logging.getLogger(__name__)

# Workers that are started together with the pages get this long to come up.
GRACE = 30.0


def start(grace: float = GRACE) -> threading.Event:
    """Begin to look, in a thread of its own that ends with the process or when the event is set."""
    stopping = threading.Event()
    threading.Thread(target=_turn, args=[stopping, grace], name="watch", daemon=True).start()
    return stopping


def _turn(stopping: threading.Event, grace: float) -> None:
    stopping.wait(grace)
    while not stopping.is_set():
        look()
        stopping.wait(LOOK_EVERY)


def look() -> int:
    """One look. Always 0, which tells a pump to rest: what was done is no sign that there is more to do."""
    try:
        watch(lambda: datetime.now(UTC))
    except DatabaseProblem as error:
        log.warning("the watch waits for the database: %s", error)
    except Exception:
        # The boundary of the thread: a bug in one look must not end the watch.
        log.exception("the watch failed")
    finally:
        # Back to the pool: looks are rare.
        connection.close()
    return 0
