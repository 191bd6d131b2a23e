"""Gates and readers for sources of plain JSON: a module with check, parse, answer, refusal and unreadable is enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from alerts.sources.base import (
    ALERT,
    Accepted,
    Answer,
    Arrived,
    Door,
    Gate,
    Parsed,
    Reader,
    Rejected,
    Source,
    Stored,
)
from lib.jsonbody import parse

# Stored as UTF-8, what came as UTF-16 or UTF-32 may be longer; the limit held for the bytes that came.
GROWTH = 4
NO_KEY = "No integration has this key. Copy the address anew from the integration's page."
AWAY = Answer(
    503,
    {"status": "unavailable", "message": "Not stored. Send it again.", "errors": []},
    {"Retry-After": "2"},
)


def json_gate(
    source: Source,
    prefix: str,
    *,
    endpoint: str = ALERT,
    key_of: Callable[[Arrived], str] | None = None,
    busy: Answer | None = None,
    status: int = 202,
) -> Gate:
    """A gate below `prefix` that takes POSTs of JSON for `source`. `busy` is the answer beyond the limit, as the tool
    retries it (503 where nothing else is known); `status` is what the tool takes for success."""
    return Gate(
        prefix,
        partial(_take, source, endpoint, status),
        key_of,
        refused=partial(_refused, source),
        stranger=Answer(404, source.refusal(Rejected(NO_KEY))),
        away=AWAY,
        busy=busy or too_much(503),
    )


def too_much(status: int, after: int = 10) -> Answer:
    """The answer to what is beyond the integration's limit: come back in `after` seconds."""
    said = "This integration is over its limit of events a minute. It was counted, not stored: send it again."
    return Answer(status, {"status": "busy", "message": said, "errors": [said]}, {"Retry-After": str(after)})


def json_reader(source: Source) -> Reader:
    """The reader of what `json_gate` has let in."""
    return partial(_read, source)


def _take(source: Source, endpoint: str, status: int, arrived: Arrived, door: Door) -> Accepted | Answer:
    dedup_key = source.check(arrived.json)
    answer = Answer(status, source.answer(dedup_key))
    return Accepted(answer=lambda _: answer, text=arrived.text, endpoint=endpoint, dedup_key=dedup_key)


def _refused(source: Source, status: int, reason: str, errors: Sequence[str]) -> Answer:
    """`errors` are empty where the body could not be read at all."""
    body = source.refusal(Rejected(reason, errors)) if errors else source.unreadable(reason)
    return Answer(status, body)


def body_of(stored: Stored) -> object:
    """The stored JSON; raises BadBody for what is none."""
    raw = stored.text.encode()
    return parse(raw, max_bytes=max(GROWTH * len(raw), 1))


def _read(source: Source, stored: Stored) -> Parsed:
    return source.parse(body_of(stored), received_at=stored.received_at, dedup_key=stored.dedup_key)
