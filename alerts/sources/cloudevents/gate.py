"""The door for CloudEvents, and the reader of what it let in.

Senders deliver at least once. What was accepted is remembered for a day by source and id, after it was committed, so a
second delivery is answered and not stored; where the memory is away, the event is stored again rather than lost.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

from django.core.cache import cache

from alerts.sources.answers import refusal, unreadable
from alerts.sources.base import Accepted, Answer, Arrived, Door, Gate, Parsed, Rejected, Stored
from alerts.sources.cloudevents import envelope, parser
from alerts.sources.cloudevents.envelope import BATCH, STRUCTURED, Envelope, opened
from alerts.sources.multipart import media_type
from alerts.sources.plain import AWAY, NO_KEY, too_much
from lib.jsonbody import BadBody
from lib.jsonbody import parse as parse_json

MOST_EVENTS = 1000
REMEMBERED = 24 * 3600
ACCEPTED = Answer(202, {"status": "success", "message": "Event accepted"})
AGAIN = Answer(202, {"status": "success", "message": "Accepted before, nothing was done again."})


def take(arrived: Arrived, door: Door) -> Accepted | Answer:
    """Answer the handshake; check and keep events. Raises BadBody and Rejected."""
    if arrived.method == "OPTIONS":
        return _handshake(arrived)
    if media_type(arrived) in (STRUCTURED, BATCH) or not envelope.attributes(arrived.headers):
        return _structured(arrived, door)
    return _binary(arrived, door)


def _handshake(arrived: Arrived) -> Answer:
    """Consent of the webhook profile: whoever has the address may send, as fast as it likes."""
    origin = arrived.headers.get("webhook-request-origin", "*")
    safe = origin if origin.isprintable() and len(origin) < 300 else "*"
    allowed = {"Allow": "OPTIONS, POST", "WebHook-Allowed-Origin": safe, "WebHook-Allowed-Rate": "*"}
    return Answer(200, None, allowed)


def _structured(arrived: Arrived, door: Door) -> Accepted | Answer:
    found = arrived.json
    events = found if isinstance(found, list) else [found]
    if len(events) > MOST_EVENTS:
        raise Rejected(f"The batch has {len(events)} events; at most {MOST_EVENTS} are accepted.")
    for place, event in enumerate(events):
        envelope.check(event, f"Event {place + 1} of the batch" if isinstance(found, list) else "The event")
    return _kept(arrived.text, {}, [opened(event) for event in events], door)


def _binary(arrived: Arrived, door: Door) -> Accepted | Answer:
    found = envelope.attributes(arrived.headers)
    envelope.check(found)
    text, coded = _data_text(arrived)
    return _kept(text, {"ce": found, "base64": coded}, [opened(found)], door)


def _data_text(arrived: Arrived) -> tuple[str, bool]:
    """The data as text that Postgres stores; coded where it is none."""
    try:
        return arrived.text, False
    except BadBody:
        return base64.b64encode(arrived.body).decode(), True


def _kept(text: str, context: dict[str, object], events: list[Envelope], door: Door) -> Accepted | Answer:
    keys = [f"cloudevent:{door.id}:{event.identity}" for event in events]
    known = cache.get_many(keys) if keys else {}
    if keys and all(key in known for key in keys):
        return AGAIN
    seen = [place for place, key in enumerate(keys) if key in known or key in keys[:place]]
    return Accepted(answer=_remembering(keys), text=text, context=context | ({"seen": seen} if seen else {}))


def _remembering(keys: list[str]) -> Callable[[int], Answer]:
    def answer(_event_id: int) -> Answer:
        cache.set_many(dict.fromkeys(keys, 1), REMEMBERED)
        return ACCEPTED

    return answer


def read(stored: Stored) -> Parsed:
    """What the events say, without those that had been delivered before; raises BadBody."""
    seen = stored.context.get("seen") or ()
    events = [event for place, event in enumerate(_events(stored)) if place not in seen]
    found = parser.read(events, stored.received_at)
    if not seen:
        return found
    return replace(found, notes=(*found.notes, f"{len(seen)} of them had been delivered before."))


def _events(stored: Stored) -> list[Envelope]:
    attributes = stored.context.get("ce")
    if attributes is None:
        raw = stored.text.encode()
        found = parse_json(raw, max_bytes=max(len(raw), 1))
        return [opened(event) for event in (found if isinstance(found, list) else [found])]
    raw = base64.b64decode(stored.text) if stored.context.get("base64") else stored.text.encode()
    return [replace(opened(attributes), data=envelope.as_data(raw))]


GATE = Gate(
    "/in/cloudevents/",
    take,
    methods=frozenset({"POST", "OPTIONS"}),
    refused=lambda status, reason, errors: Answer(
        status, refusal(Rejected(reason, errors)) if errors else unreadable(reason)
    ),
    stranger=Answer(404, refusal(Rejected(NO_KEY))),
    away=AWAY,
    # The webhook profile: 429 with Retry-After for a sender that is too fast.
    busy=too_much(429),
)
