"""What Tocsin says of itself through an integration's own way: a heartbeat that is late, an integration over its limit.

The body is `{"action", "dedup_key", "summary", "severity", "rule", "details", "links"}`; nobody outside can write it,
since no gate stores events of this endpoint. Dedup keys of ours begin with "tocsin-", so that they meet no tool's.
"""

from __future__ import annotations

from alerts.sources import values
from alerts.sources.base import Action, Parsed, Signal, Stored
from lib.jsonbody import parse
from lib.text import one_line

OWN = "own"
"""The endpoint under which such events are stored."""
PREFIX = "tocsin-"
SOURCE = "Tocsin"
# A body of ours is small; what it quotes of a tool may be less so.
LONGEST = 512_000

ACTIONS: dict[str, Action] = {
    "trigger": "trigger",
    "acknowledge": "acknowledge",
    "resolve": "resolve",
    "update": "update",
    "note": "note",
}


def read(stored: Stored, /) -> Parsed:
    """The one signal of such an event. Raises BadBody for what is not JSON."""
    body = values.mapping(parse(stored.text.encode(), max_bytes=LONGEST))
    action = ACTIONS.get(str(body.get("action", "trigger")))
    key = values.key(body.get("dedup_key")) or stored.dedup_key
    if action is None or not key.startswith(PREFIX):
        return Parsed(notes=("This is no event of ours: it has no known action, or a key that is not ours.",))
    details = values.details(body.get("details"), "details")
    signal = Signal(
        action=action,
        dedup_key=key,
        happened_at=stored.received_at,
        summary=values.summary(body.get("summary") or key, details),
        source=SOURCE,
        severity=values.severity(body.get("severity"), details),
        rule=one_line(body.get("rule"), 200),
        labels=values.labels(body.get("labels")),
        details=details,
        links=values.links(body.get("links")),
    )
    return Parsed((signal,))
