"""The one piece of news that goes up from here.

`changed` is sent after commit, with `incident_ids` and `what`: "opened", "state", "closed", "timeline", "update" or
"escalation". Alerts of a closed incident close, the status page renders anew, browsers refetch. Nothing that must
happen may hang on it alone: a process may die between the commit and the signal.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from django.db import transaction
from django.dispatch import Signal

changed = Signal()
_is_silent = ContextVar("incidents.signals.is_silent", default=False)


def announce(incident_id: int, what: str) -> None:
    """Send `changed` for one incident once the surrounding transaction has committed."""
    announce_all([incident_id], what)


def announce_all(incident_ids: Iterable[int], what: str) -> None:
    """The same for many at once, as one piece of news."""
    ids = sorted(set(incident_ids))
    if ids and not _is_silent.get():
        transaction.on_commit(partial(changed.send_robust, sender=None, incident_ids=ids, what=what))


@contextmanager
def silenced() -> Iterator[None]:
    """Announce nothing inside: for writing a long history at once, whose writer then says what stands at its end."""
    token = _is_silent.set(True)
    try:
        yield
    finally:
        _is_silent.reset(token)
