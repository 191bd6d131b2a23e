"""A change on the on-call side: what is expected is asked again, by a worker."""

from __future__ import annotations

import logging
from typing import Final

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)
TASK: Final = "insights.tasks.ask_again"


def tell(kind: str, number: int) -> None:
    """Only a hint: with the broker away the next round, ten minutes later at most, sees the change."""
    try:
        current_app.send_task(TASK, args=[kind, number], retry=False, expires=600)
    except OperationalError as error:
        log.warning("The broker is away; assertions wait", extra={"kind": kind, "error": str(error)})
