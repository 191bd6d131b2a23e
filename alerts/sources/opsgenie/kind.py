"""Opsgenie's Alert API version 2 and heartbeats. The key is a header's: `Authorization: GenieKey <key>`.

Its clients retry 429 and 5xx. Everything that changes something is accepted with a 202 and done later, also for an
alert that is not there, and `GET /v2/alerts/requests/<id>` says what became of it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from uuid import uuid4

from django.utils.translation import gettext_lazy as _

from alerts.sources import values
from alerts.sources.base import ALERT, PING, Accepted, Answer, Arrived, Door, Gate, Rejected
from alerts.sources.kinds import Kind
from alerts.sources.opsgenie import asking, paths
from alerts.sources.opsgenie.answers import accepted, fixed, refused
from alerts.sources.opsgenie.parser import read
from alerts.sources.opsgenie.sample import sample

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_HYPHENED = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# What must not be empty, by verb.
_NEEDED = {"notes": "note", "message": "message", "priority": "priority", "details": "details"}
_PONG = "PONG - Heartbeat received"


def key_of(arrived: Arrived) -> str:
    """The key in `GenieKey <key>`, in Basic credentials, or in `?apiKey=`. Written as a UUID it is the same key."""
    scheme, _space, given = arrived.headers.get("authorization", "").strip().partition(" ")
    key = given.strip() if scheme.lower() in ("geniekey", "bearer") else ""
    if scheme.lower() == "basic":
        key = _basic(given)
    key = key or arrived.query.get("apiKey", "")
    return key.replace("-", "").lower() if _HYPHENED.fullmatch(key) else key


def take_alert(arrived: Arrived, door: Door) -> Accepted | Answer:
    """Answer a question; store anything else, with the alias of the alert that it is about."""
    asked = paths.alert_asked(arrived.method, arrived.path)
    if asked is None:
        raise Rejected(f"There is no {arrived.method} here.", status=404)
    if asked.verb in paths.QUESTIONS:
        return _answer(asked, arrived, door)
    body = values.mapping(_body(arrived))
    if asked.verb == paths.CREATE:
        return _created(arrived, body)
    needed = _NEEDED.get(asked.verb)
    if needed and not body.get(needed):
        raise _unprocessable(needed)
    alias = _alias(door, asked.identifier, arrived.query.get("identifierType", "id"))
    context: dict[str, object] = {"verb": asked.verb, "alias": alias or asked.identifier, "name": asked.name}
    given = {name: text for name, text in arrived.query.items() if name not in ("apiKey", "identifierType")}
    context |= ({"given": given} if given else {}) | ({} if alias else {"unknown": True})
    return Accepted(answer=accepted, text=arrived.text, context=context)


def take_heartbeat(arrived: Arrived, door: Door) -> Accepted | Answer:
    """A ping is stored; a question is answered."""
    asked = paths.heartbeat_asked(arrived.method, arrived.path)
    if asked is None:
        raise Rejected("Heartbeats are made and changed on the integration's page.", status=404)
    if asked.verb == paths.LIST:
        return asking.heartbeats(door.id)
    if asked.verb == paths.GET:
        return asking.heartbeat(door.id, asked.identifier)
    context = {"slug": asked.identifier, "what": "ok", "method": arrived.method}
    return Accepted(answer=lambda event: accepted(event, _PONG), text="", endpoint=PING, context=context)


def _answer(asked: paths.Asked, arrived: Arrived, door: Door) -> Answer:
    if asked.verb == paths.LIST:
        return asking.listed(door.id, arrived)
    if asked.verb == paths.COUNT:
        return asking.counted(door.id, arrived)
    if asked.verb == paths.REQUEST:
        return asking.outcome(door.id, asked.identifier)
    return asking.one(door.id, asked.identifier, arrived.query.get("identifierType", "id"))


def _created(arrived: Arrived, body: dict[str, object]) -> Accepted:
    """Without an alias an alert gets one of its own, so two such alerts are two."""
    if not any(values.name(body.get(name)) for name in ("message", "description", "alias")):
        raise _unprocessable("message")
    alias = values.key(body.get("alias"))
    context = {"verb": paths.CREATE} | ({"alias": alias} if alias else {})
    return Accepted(
        answer=accepted, text=arrived.text, context=context, dedup_key="" if alias else str(uuid4())
    )


def _body(arrived: Arrived) -> object:
    """Nothing is an empty object: a close needs no words."""
    found = arrived.json if arrived.body.strip() else {}
    if not isinstance(found, dict):
        raise Rejected("Could not parse the request body: it is not a JSON object.")
    return found


def _alias(door: Door, identifier: str, kind: str) -> str:
    """The alias that names the alert; "" where the id is of no alert here."""
    if kind == "alias":
        return values.key(identifier)
    alert = asking.named(door.id, identifier, kind)
    return alert.dedup_key if alert else ""


def _unprocessable(field: str) -> Rejected:
    said = f"{field}: {field.capitalize()} can not be empty."
    return Rejected("Request body is not processable. Please check the errors.", [said], status=422)


def _basic(given: str) -> str:
    try:
        text = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    user, _colon, password = text.partition(":")
    return password or user


def _gate(prefix: str, take: Callable[[Arrived, Door], Accepted | Answer]) -> Gate:
    throttled = {
        "Retry-After": "10",
        "X-RateLimit-State": "THROTTLED",
        "X-RateLimit-Reason": "INTEGRATION",
        "X-RateLimit-Period-In-Sec": "60",
    }
    return Gate(
        prefix,
        take,
        key_of,
        rest=re.compile("(?:/.*)?", re.DOTALL),
        methods=METHODS,
        refused=refused,
        stranger=fixed(401, "Could not authenticate: no integration has this key."),
        away=fixed(503, "Not stored. Send it again.", {"Retry-After": "2"}),
        busy=fixed(429, "You are making too many requests! Counted, not stored: send it again.", throttled),
    )


KIND = Kind(
    "opsgenie",
    _("Opsgenie Alert API"),
    _("For every tool that speaks to Opsgenie: change its host and key. Heartbeats too."),
    "/v2/alerts",
    (_gate("/v2/alerts", take_alert), _gate("/v2/heartbeats", take_heartbeat)),
    {ALERT: read},
    sample,
)
