"""Where monitoring tools post. Authenticate, bound, store, answer, and nothing else.

These paths are answered before sessions and CSRF (config.middleware): senders have neither. Errors are read by machines
and copied into their logs, so they say what is wrong and never repeat a key. While the database is away the answer is
503, which Alertmanager, PagerDuty's and Opsgenie's clients all retry.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg_pool import PoolTimeout

from alerts import keys
from alerts.actions.intake import accept
from alerts.sources.base import Rejected
from alerts.sources.pagerduty import parser as pagerduty
from alerts.sources.registry import ALERT, CHANGE, reader
from lib.jsonbody import BadBody, as_text, parse

log = logging.getLogger(__name__)

# Path to endpoint for sources whose key stands in the body, prefix to kind for those whose key stands in the path.
BY_BODY = {"/v2/enqueue": ALERT, "/v2/change/enqueue": CHANGE}
BY_PATH = {"/in/alertmanager/": "alertmanager", "/in/json/": "generic"}
PREFIXES = ("/v2/", "/in/")


def dispatch(request: HttpRequest) -> HttpResponse:
    """Every request below PREFIXES."""
    try:
        return _route(request)
    except (DatabaseError, InterfaceError, PoolTimeout) as error:
        log.warning("intake without database: %s", error)
        response = JsonResponse(
            {"status": "unavailable", "message": "Not stored. Send it again.", "errors": []}, status=503
        )
        response["Retry-After"] = "2"
        return response


def _route(request: HttpRequest) -> HttpResponse:
    path = request.path_info
    endpoint = BY_BODY.get(path)
    prefix, _, key = path.rpartition("/")
    kind = BY_PATH.get(f"{prefix}/")
    if not endpoint and not (kind and key):
        return _refuse(404, "There is nothing at this address. Copy it anew from the integration's page.")
    if request.method != "POST":
        response = _refuse(405, "Only POST is understood here.")
        response["Allow"] = "POST"
        return response
    return _by_body(request, endpoint) if endpoint else _by_path(request, str(kind), key)


def _by_body(request: HttpRequest, endpoint: str) -> HttpResponse:
    """PagerDuty: the key is in the body, so the body is read before anything is known of the sender."""
    source = reader("pagerduty", endpoint)
    try:
        raw = _body(request)
        body = parse(raw, max_bytes=settings.INTAKE_MAX_BYTES)
        dedup_key = source.check(body)
    except BadBody as error:
        return JsonResponse(source.unreadable(error.reason), status=error.status)
    except Rejected as error:
        return JsonResponse(source.refusal(error), status=400)
    key = pagerduty.routing_key(body)
    door = keys.door(key)
    if door is None or door.kind != "pagerduty":
        unknown = Rejected("Event object is invalid", ["'routing_key' is not the key of an integration here"])
        return JsonResponse(source.refusal(unknown), status=400)
    _store(door, endpoint, _without(key, raw, body), dedup_key.replace(key, "…"))
    return JsonResponse(source.answer(dedup_key), status=202)


def _by_path(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    door = keys.door(key)
    if door is None or door.kind != kind:
        return _refuse(404, "No integration has this key. Copy the address anew from the integration's page.")
    source = reader(kind)
    try:
        raw = _body(request)
        body = parse(raw, max_bytes=settings.INTAKE_MAX_BYTES)
        dedup_key = source.check(body)
    except BadBody as error:
        return JsonResponse(source.unreadable(error.reason), status=error.status)
    except Rejected as error:
        return JsonResponse(source.refusal(error), status=400)
    _store(door, ALERT, _without(key, raw, body), dedup_key)
    return JsonResponse(source.answer(dedup_key), status=202)


def _body(request: HttpRequest) -> bytes:
    """The bytes, at most as many as are accepted; raises BadBody."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    # No number of nineteen digits is small, and int() refuses one of some thousand.
    if (
        length.isascii()
        and length.isdigit()
        and (len(length) > 18 or int(length) > settings.INTAKE_MAX_BYTES)
    ):
        raise _too_large()
    try:
        return (
            _chunked(request)
            if "chunked" in request.headers.get("Transfer-Encoding", "").lower()
            else request.body
        )
    except RequestDataTooBig as error:
        raise _too_large() from error
    except OSError as error:
        raise BadBody("The body ended before it was complete.") from error


def _chunked(request: HttpRequest) -> bytes:
    """A body that comes in chunks has no length, and Django takes it for empty."""
    stream, found = request.META["wsgi.input"], b""
    while chunk := stream.read(settings.INTAKE_MAX_BYTES + 1 - len(found)):
        found += chunk
        if len(found) > settings.INTAKE_MAX_BYTES:
            raise _too_large()
    return found


def _too_large() -> BadBody:
    return BadBody(f"The body is too large; at most {settings.INTAKE_MAX_BYTES} bytes are accepted.", 413)


def _without(key: str, raw: bytes, body: object) -> str:
    """The body as it came, but for the key, which is not kept; written anew where JSON's escapes hide the key."""
    text = as_text(raw).replace(key, "…")
    hidden = r"\u" in text.lower() and key in json.dumps(body)
    return json.dumps(body, ensure_ascii=False).replace(key, "…") if hidden else text


def _store(door: keys.Door, endpoint: str, text: str, dedup_key: str) -> None:
    """Committed when this returns; only then it is answered."""
    accept(integration_id=door.id, endpoint=endpoint, body=text, dedup_key=dedup_key, now=datetime.now(UTC))


def _refuse(status: int, reason: str) -> HttpResponse:
    return JsonResponse({"status": "error", "message": reason, "errors": [reason]}, status=status)
