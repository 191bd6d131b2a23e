"""The door for any JSON: with a mapping any object or list is let in, without one it must hold an object to read."""

from __future__ import annotations

from dataclasses import replace

from alerts.sources.answers import answer
from alerts.sources.base import Accepted, Answer, Arrived, Door, Gate, Parsed, Rejected, Stored
from alerts.sources.generic import mapping, parser
from alerts.sources.plain import json_gate, json_reader
from lib.jsonbody import parse

ACCEPTED = Answer(202, answer(""))


def take(arrived: Arrived, door: Door) -> Accepted | Answer:
    """Check and keep the body; raises BadBody and Rejected."""
    if door.options.get(mapping.OPTION):
        if not isinstance(arrived.json, dict | list):
            raise Rejected("The body must be a JSON object, or a list.")
    else:
        parser.check(arrived.json)
    return Accepted(answer=lambda _: ACCEPTED, text=arrived.text)


def read(stored: Stored) -> Parsed:
    """By the integration's mapping as it is now, else by the usual names; raises BadBody."""
    expressions = stored.options.get(mapping.OPTION)
    if not isinstance(expressions, dict) or not expressions:
        return json_reader(parser)(stored)
    raw = stored.text.encode()
    return mapping.parse(parse(raw, max_bytes=max(4 * len(raw), 1)), expressions, stored.received_at)


GATE: Gate = replace(json_gate(parser, "/in/json/"), take=take)
