"""An Alertmanager in Prometheus's eyes: posts of alerts are stored, everything else is answered at once.

amtool takes nothing but 200 for success; Prometheus never repeats a failed post but comes again with what still fires.
"""

import json
import re
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from alerts.sources.base import ALERT, Accepted, Answer, Arrived, Door, Gate, Parsed, Rejected, Stored
from alerts.sources.kinds import Kind
from alerts.sources.plain import NO_KEY, body_of
from alerts.sources.prometheus import asking, parser
from alerts.sources.prometheus.sample import sample

JSON = {"Content-Type": "application/json"}
_POSTED = re.compile("api/v([12])/alerts")


def bare(status: int, said: str, *, after: int = 0) -> Answer:
    """A JSON string by itself, which is how Alertmanager says what is wrong."""
    return Answer(status, json.dumps(said), JSON | ({"Retry-After": str(after)} if after else {}))


def take(arrived: Arrived, door: Door) -> Accepted | Answer:
    """Store posted alerts; answer anything else."""
    posted = _POSTED.fullmatch(arrived.path)
    if posted is None or arrived.method != "POST":
        return asking.answer_to(arrived, door)
    errors = _errors(arrived.json)
    done = bare(400, "; ".join(errors)) if errors else _done(posted[1])
    if len(errors) == len(parser.alerts_of(arrived.json)):
        return done
    return Accepted(answer=lambda _id: done, text=arrived.text)


def _errors(obj: object) -> list[str]:
    """Alertmanager stores what is right and then says what was not."""
    if not isinstance(obj, list):
        raise Rejected("the body is not a list of alerts")
    return parser.errors_of(obj)


def _done(version: str) -> Answer:
    """Version 1 of the API, which some tools still speak, has a body."""
    return Answer(200, {"status": "success"}) if version == "1" else Answer(200)


def _refused(status: int, reason: str, errors: Sequence[str]) -> Answer:
    return bare(status, reason)


def read(stored: Stored) -> Parsed:
    """What the alerts of a stored post say."""
    return parser.parse(body_of(stored), received_at=stored.received_at, dedup_key=stored.dedup_key)


KIND = Kind(
    "prometheus",
    _("Prometheus, as its Alertmanager"),
    _("Prometheus without an Alertmanager, amtool, and whatever posts to Alertmanager's API."),
    "/am/{key}",
    (
        Gate(
            "/am/",
            take,
            rest=re.compile("/.*"),
            methods=frozenset({"GET", "HEAD", "POST", "DELETE"}),
            refused=_refused,
            stranger=bare(404, NO_KEY),
            away=bare(503, "Not stored. Send it again.", after=2),
            busy=bare(503, "Over the limit of events a minute: counted, not stored.", after=10),
        ),
    ),
    {ALERT: read},
    sample,
)
