"""The one piece of news that goes up from here.

`changed` is sent after commit, with `incident_id` and `what` ("state", "timeline", "update", "escalation"): the
status page renders anew, alerts of a closed incident close, browsers refetch. Nothing that must happen may hang on
it alone: a process may die between the commit and the signal.
"""

from functools import partial

from django.db import transaction
from django.dispatch import Signal

changed = Signal()


def announce(incident_id: int, what: str) -> None:
    """Send `changed` once the surrounding transaction has committed."""
    transaction.on_commit(partial(changed.send_robust, sender=None, incident_id=incident_id, what=what))
