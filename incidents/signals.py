"""The one piece of news that goes up from here.

`changed` is sent after commit, with `incident_ids` and `what`: "opened", "state", "closed", "timeline", "update" or
"escalation". Alerts of a closed incident close, the status page renders anew, browsers refetch. Nothing that must
happen may hang on it alone: a process may die between the commit and the signal.
"""

from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django.dispatch import Signal

changed = Signal()


def announce(incident_id: int, what: str) -> None:
    """Send `changed` for one incident once the surrounding transaction has committed."""
    announce_all([incident_id], what)


def announce_all(incident_ids: Iterable[int], what: str) -> None:
    """The same for many at once, as one piece of news."""
    ids = sorted(set(incident_ids))
    if ids:
        transaction.on_commit(partial(changed.send_robust, sender=None, incident_ids=ids, what=what))
