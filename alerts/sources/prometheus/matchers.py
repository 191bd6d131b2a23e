"""Alertmanager's matchers, `name="value"` with =, !=, =~ and !~, as conditions of alerts.matching.

Source: prometheus/alertmanager, pkg/labels/parse.go.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from alerts.matching import LABELS

Condition = dict[str, Any]

_MATCHER = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s"=!~]+)\s*(=~|!~|!=|=)\s*(.*?)\s*', re.DOTALL)
_OPS = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}
_FLAGS = {op: flags for flags, op in _OPS.items()}


class BadFilter(ValueError):
    """The text is no matcher; the message is for whoever typed it."""


def read(text: str) -> Condition:
    """Return the condition that `text` writes; raises BadFilter."""
    found = _MATCHER.fullmatch(text.strip().removeprefix("{").removesuffix("}"))
    if found is None:
        raise BadFilter(f"bad matcher format: {text[:200]}")
    name, op, value = found.groups()
    return {"field": LABELS + _unquoted(name), "op": op, "value": _unquoted(value)}


def from_json(matchers: Iterable[Mapping[str, Any]]) -> list[Condition]:
    """Return the conditions of a posted silence; raises BadFilter."""
    return [_from_json(each) for each in matchers]


def to_json(conditions: Iterable[Condition]) -> list[dict[str, Any]]:
    """Return the conditions on labels as a silence shows them; others are ours and not shown."""
    shown = [each for each in conditions if str(each.get("field")).startswith(LABELS)]
    return [_to_json(each) for each in shown if each.get("op") in _FLAGS]


def _from_json(matcher: Mapping[str, Any]) -> Condition:
    name, value = matcher.get("name"), matcher.get("value")
    if not isinstance(name, str) or not name or not isinstance(value, str):
        raise BadFilter("a matcher needs a name and a value")
    is_equal = matcher.get("isEqual")
    op = _OPS[is_equal is None or bool(is_equal), bool(matcher.get("isRegex"))]
    return {"field": LABELS + name, "op": op, "value": value}


def _to_json(condition: Condition) -> dict[str, Any]:
    is_equal, is_regex = _FLAGS[condition["op"]]
    return {
        "name": str(condition["field"]).removeprefix(LABELS),
        "value": str(condition["value"]),
        "isRegex": is_regex,
        "isEqual": is_equal,
    }


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        found = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        raise BadFilter(f"bad matcher format: {text[:200]}") from error
    return str(found)
