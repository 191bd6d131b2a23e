"""Alerts and raw bodies as pages show them: whatever a tool sent comes out as text, a table, a web link, or not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.models import Alert
from alerts.sources.values import url
from lib.text import truncate

IN_PANEL = 600
WHOLE = 200_000
PROSE_LINES = 3


@dataclass(frozen=True, slots=True)
class Detail:
    """A line of an alert's details. `href` where the value is a web address, `is_block` where it is JSON or a log."""

    name: str
    text: str
    href: str
    is_block: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert, ready for a template."""

    alert: Alert
    links: list[dict[str, str]]
    details: list[Detail]


def shown(alert: Alert, longest: int = WHOLE) -> Shown:
    """An alert with its links, web addresses only, and its details, each value cut at `longest` characters."""
    return Shown(alert, web_links(alert.links), list(details(alert.details, longest)))


def web_links(links: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The links that lead to the web: never javascript: or data:, whoever stored them."""
    found = ((url(link.get("href")), str(link.get("text") or "")) for link in links)
    return [{"href": href, "text": text or href} for href, text in found if href]


def details(values: Mapping[str, Any], longest: int) -> Iterable[Detail]:
    """A line for each name, for labels and the like one for each of theirs; whatever is deeper is indented JSON."""
    for name, value in _flat(values):
        text = truncate(_written(value), longest)
        yield Detail(name, text, url(value), isinstance(value, dict | list) or text.count("\n") > PROSE_LINES)


def _flat(values: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if (
            isinstance(value, dict)
            and value
            and not any(isinstance(each, dict | list) for each in value.values())
        ):
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
        else:
            yield str(name), value


def pretty(body: str) -> str:
    """A raw body indented, if it is JSON, and at most WHOLE characters of it."""
    try:
        text = json.dumps(json.loads(body, strict=False), indent=2, ensure_ascii=False)
        text.encode()  # half a surrogate pair, escaped in the body, could not be sent
    except (ValueError, RecursionError):
        text = body
    return truncate(text, WHOLE)


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str)
