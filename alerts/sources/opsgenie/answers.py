"""The bodies that Opsgenie's clients expect. The SDK takes any body with a "message" for an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from alerts.sources.base import Answer
from alerts.sources.opsgenie.ids import request_id

CALM = {"X-RateLimit-State": "OK"}
NO_REQUEST = str(UUID(int=0))


def accepted(event_id: int, result: str = "Request will be processed") -> Answer:
    """The 202 of everything that is done later; the request's id tells afterwards what became of it."""
    made = request_id(event_id)
    body = {"result": result, "took": 0.0, "requestId": made}
    return Answer(202, body, CALM | {"X-Request-ID": made})


def found(data: object, **more: object) -> Answer:
    """The 200 of a question."""
    made = str(uuid4())
    return Answer(200, {"data": data, **more, "took": 0.0, "requestId": made}, CALM | {"X-Request-ID": made})


def refused(status: int, reason: str, errors: Sequence[str] = ()) -> Answer:
    """An error; what the fields of a body miss stands in `errors` by field ("message: …")."""
    body: dict[str, Any] = {"message": reason, "took": 0.0, "requestId": str(uuid4())}
    named = dict(each.partition(": ")[::2] for each in errors if ": " in each)
    return Answer(status, body | ({"errors": named} if named else {}), CALM)


def fixed(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer that is the same for everybody."""
    return Answer(status, {"message": reason, "took": 0.0, "requestId": NO_REQUEST}, headers or {})


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
