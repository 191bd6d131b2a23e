"""Where monitoring tools post. Authenticate, bound, store, answer, and nothing else.

These paths are answered before sessions and CSRF (config.middleware): senders have neither. Errors are read by machines
and copied into their logs, so they say what is wrong and never repeat a key. While the database is away, nothing is
stored and the answer is one that the sender retries.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg_pool import PoolTimeout

from alerts import keys
from alerts.actions.intake import accept
from alerts.limits import keep_sample, meter
from alerts.sources.base import PING, Accepted, Answer, Arrived, Door, Gate, Rejected
from alerts.sources.registry import PREFIXES, Way, way_of
from lib.jsonbody import BadBody

__all__ = ["PREFIXES", "dispatch"]

log = logging.getLogger(__name__)

NOTHING_HERE = Answer(
    404,
    {
        "status": "error",
        "message": "There is nothing at this address. Copy it anew from the integration's page.",
        "errors": ["There is nothing at this address. Copy it anew from the integration's page."],
    },
)
HIDDEN = "…"
CHUNK = 65_536


def dispatch(request: HttpRequest, store: Callable[..., int] | None = None) -> HttpResponse:
    """Every request below PREFIXES. `store` is called as `accept` is, and takes its place."""
    way = way_of(request.path_info)
    if way is None:
        return _response(NOTHING_HERE)
    gate = way.gate
    if request.method not in gate.methods:
        return _not_allowed(gate)
    try:
        return _response(_through(way, request, store or accept))
    except BadBody as error:
        return _response(gate.refused(error.status, error.reason, ()))
    except Rejected as error:
        return _response(gate.refused(error.status, error.reason, error.errors))
    except (DatabaseError, InterfaceError, PoolTimeout) as error:
        log.warning("intake without database: %s", error)
        return _response(gate.away)


def _through(way: Way, request: HttpRequest, store: Callable[..., int]) -> Answer:
    gate, arrived = way.gate, _arrived(way, request)
    key = gate.key_of(arrived) if gate.key_of else way.key
    door = keys.door(key) if key else None
    if door is None or door.kind != way.kind.name:
        return gate.stranger
    taken = gate.take(arrived, door)
    if isinstance(taken, Answer):
        return taken
    now = datetime.now(UTC)
    kept: dict[str, Any] = {
        "endpoint": taken.endpoint,
        "body": _without(key, taken, arrived),
        "context": _clean(key, taken),
        "now": now,
    }
    # A job that says that it lives is no storm, and silence would raise an alarm about it.
    if not meter.lets_in(door, now, always=taken.endpoint == PING):
        return _too_many(door, gate, kept, now)
    return taken.answer(store(integration_id=door.id, dedup_key=taken.dedup_key.replace(key, HIDDEN), **kept))


def _too_many(door: Door, gate: Gate, kept: dict[str, Any], now: datetime) -> Answer:
    """Counted, and one in ten seconds is kept; that nothing is there to keep it in must not change the answer."""
    if meter.wants_sample(door):
        try:
            keep_sample(door, **kept, refused=meter.refused(door, now))
        except (DatabaseError, InterfaceError, PoolTimeout) as error:
            log.warning("no sample was kept: %s", error)
    return gate.busy


def _arrived(way: Way, request: HttpRequest) -> Arrived:
    """The request without its frame."""
    return Arrived(
        method=str(request.method),
        path=way.rest.removeprefix("/"),
        query={name: str(value) for name, value in request.GET.items()},
        headers={name.lower(): value for name, value in request.headers.items()},
        body=_cut(request, way.gate.keeps)
        if way.gate.keeps is not None
        else _body(request, way.gate.most or settings.INTAKE_MAX_BYTES),
        queries={name: [str(each) for each in values] for name, values in request.GET.lists()},
    )


def _body(request: HttpRequest, most: int) -> bytes:
    """The bytes, at most as many as are accepted; raises BadBody."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    # No number of nineteen digits is small, and int() refuses one of some thousand.
    if length.isascii() and length.isdigit() and (len(length) > 18 or int(length) > most):
        raise _too_large(most)
    try:
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            return _chunked(request, most)
        # Django's own limit of a body is for forms, and lower than what a mail may have.
        return request.body if most <= settings.INTAKE_MAX_BYTES else bytes(request.read(most))
    except RequestDataTooBig as error:
        raise _too_large(most) from error
    except OSError as error:
        raise BadBody("The body ended before it was complete.") from error


def _cut(request: HttpRequest, most: int) -> bytes:
    """The first bytes, at most that many; the rest is read and dropped, as far as a body may be large at all."""
    stream, found, left = request.META["wsgi.input"], b"", _announced(request)
    try:
        while left > 0 and (chunk := stream.read(min(left, CHUNK))):
            found, left = found + chunk[: most - len(found)], left - len(chunk)
    except OSError:
        log.info("a body ended before it was complete")
    return found


def _announced(request: HttpRequest) -> int:
    """How many bytes may be read of the body: as it says, as far as that is allowed."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return int(settings.INTAKE_MAX_BYTES)
    length = request.META.get("CONTENT_LENGTH") or "0"
    is_number = length.isascii() and length.isdigit() and len(length) <= 18
    return min(int(length), settings.INTAKE_MAX_BYTES) if is_number else 0


def _chunked(request: HttpRequest, most: int) -> bytes:
    """A body that comes in chunks has no length, and Django takes it for empty."""
    stream, found = request.META["wsgi.input"], b""
    while chunk := stream.read(most + 1 - len(found)):
        found += chunk
        if len(found) > most:
            raise _too_large(most)
    return found


def _too_large(most: int) -> BadBody:
    return BadBody(f"The body is too large; at most {most} bytes are accepted.", 413)


def _without(key: str, taken: Accepted, arrived: Arrived) -> str:
    """The body as it came, but for the key, which is not kept; written anew where JSON's escapes hide the key."""
    text = taken.text.replace(key, HIDDEN)
    if r"\u" not in text.lower():
        return text
    try:
        whole = json.dumps(arrived.json, ensure_ascii=False)
    except BadBody:
        return text
    return whole.replace(key, HIDDEN) if key in whole else text


def _clean(key: str, taken: Accepted) -> str:
    """The context as JSON, without the key and without what Postgres does not store."""
    if not taken.context:
        return "{}"
    text = json.dumps(dict(taken.context), ensure_ascii=False).replace(key, HIDDEN)
    return text.replace(r"\u0000", "").encode("utf-8", "replace").decode()


def _not_allowed(gate: Gate) -> HttpResponse:
    allowed = ", ".join(sorted(gate.methods))
    reason = f"Only {allowed} is understood here."
    response = _response(Answer(405, {"status": "error", "message": reason, "errors": [reason]}))
    response["Allow"] = allowed
    return response


def _response(answer: Answer) -> HttpResponse:
    response: HttpResponse
    if answer.body is None or isinstance(answer.body, str):
        response = HttpResponse(
            answer.body or "", status=answer.status, content_type="text/plain; charset=utf-8"
        )
    else:
        response = JsonResponse(answer.body, status=answer.status, safe=False)
    for name, value in answer.headers.items():
        response[name] = value
    return response
