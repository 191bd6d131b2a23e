"""Uptime Kuma's three ways: a JSON body, a form with JSON in `data`, a GET with JSON in the query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from alerts.sources.base import Accepted, Answer, Arrived, Door, Gate, Rejected
from alerts.sources.multipart import form_of, is_form
from alerts.sources.plain import json_gate
from alerts.sources.uptimekuma import parser
from lib.jsonbody import BadBody
from lib.jsonbody import parse as parse_json

_ANSWER = Answer(200, {"status": "success", "message": "Event accepted"})


def take(arrived: Arrived, door: Door) -> Accepted | Answer:
    """Check and keep what came, whichever way it came; raises BadBody and Rejected."""
    if arrived.method == "GET" and not arrived.query:
        return Answer(200, "Uptime Kuma posts here.")
    found, text = _found(arrived)
    parser.check(found)
    return Accepted(answer=lambda _: _ANSWER, text=text)


def _found(arrived: Arrived) -> tuple[object, str]:
    if arrived.method == "GET":
        return _written(_fields(arrived.query))
    if is_form(arrived):
        return _written(_of_form(form_of(arrived).fields))
    return arrived.json, arrived.text


def _of_form(fields: Mapping[str, str]) -> object:
    if "data" not in fields:
        return _fields(fields)
    return parse_json(fields["data"].encode(), max_bytes=max(len(fields["data"].encode()), 1))


def _fields(fields: Mapping[str, str]) -> dict[str, Any]:
    """Fields of a query or a form that each hold JSON, but for the sentence."""
    known = {name: fields[name] for name in ("heartbeat", "monitor", "msg") if name in fields}
    if not known:
        raise Rejected("There is none of “heartbeat”, “monitor” and “msg” in it.")
    return {name: value if name == "msg" else _json(value) for name, value in known.items()}


def _json(text: str) -> object:
    """The value of a field; null for what is not JSON, since Kuma writes odd objects as "[object Object]"."""
    try:
        return parse_json(text.encode("utf-8", "replace"), max_bytes=max(4 * len(text), 1))
    except BadBody:
        return None


def _written(found: object) -> tuple[object, str]:
    return found, json.dumps(found, ensure_ascii=False).replace(r"\u0000", "").encode(
        "utf-8", "replace"
    ).decode()


# Kuma takes any 2xx and does not try again; it shows the body of the rest in its log.
GATE: Gate = replace(
    json_gate(parser, "/in/uptimekuma/", status=200), take=take, methods=frozenset({"GET", "POST", "PUT"})
)
