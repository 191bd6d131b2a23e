"""Any gateway with an HTTP API, described in settings: what to send where, and where the id is in its answer.

A template holds {to}, {to_digits}, {text}, {from}, {id}, {callback} and {secret}; each is escaped for where it stands
(JSON text, form value, address), in one pass, so that what somebody wrote into an alert is never a placeholder itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from lib import http
from notifications.transports.base import Receipt, TemporaryFailure
from notifications.transports.chats import posting

NAMES = ("to", "to_digits", "text", "from", "id", "callback", "secret")
_PLACES = re.compile(r"\{(" + "|".join(NAMES) + r")\}")
HEADER = re.compile(r"([A-Za-z0-9-]{1,60}):[ \t]*([\x20-\x7e]{0,2000})")
TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
METHODS = ("POST", "PUT", "GET")


def filled(template: str, parts: Mapping[str, str], escape: Callable[[str], str]) -> str:
    """The template with every place taken by its escaped value."""
    return _PLACES.sub(lambda found: escape(parts.get(found[1], "")), template)


def in_json(text: str) -> str:
    """Text as it stands between quotes."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def header_lines(text: str) -> dict[str, str]:
    """ "Name: value" by line. Raises ValueError with the number of the line that is none."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = HEADER.fullmatch(line.strip())
        if match is None:
            raise ValueError(str(number))
        found[match[1]] = match[2]
    return found


def at_path(found: Any, path: str) -> str:
    """What is at "messages.0.id"; empty where there is nothing that is a text, a number or true or false."""
    for part in path.split("."):
        if isinstance(found, dict):
            found = found.get(part)
        elif isinstance(found, list) and part.isascii() and part.isdigit() and len(part) < 4:
            found = found[int(part)] if int(part) < len(found) else None
        else:
            return ""
    if isinstance(found, bool):
        return str(found).lower()
    return str(found)[:2000] if isinstance(found, str | int | float) else ""


def body_of(values: Mapping[str, str], parts: Mapping[str, str]) -> bytes:
    """The body of one request; empty for GET."""
    if values.get("method", "POST") == "GET":
        return b""
    escape = quote_plus if values.get("content_type") == "form" else in_json
    return filled(values.get("body", "").strip(), parts, escape).encode()


def hand_over(values: Mapping[str, str], parts: Mapping[str, str]) -> Receipt:
    """One request to the gateway. Raises TemporaryFailure, PermanentFailure."""
    known = {**parts, "from": values.get("from", ""), "secret": values.get("secret", "")}
    known["to_digits"] = parts["to"].lstrip("+")
    headers = {
        "Content-Type": TYPES.get(values.get("content_type", "json"), TYPES["json"]),
        **{name: filled(text, known, str) for name, text in header_lines(values.get("headers", "")).items()},
    }
    url = filled(values["url"].strip(), known, lambda text: quote(text, safe=""))
    answer = posting.call_raw(
        url, body_of(values, known), method=values.get("method", "POST"), headers=headers
    )
    return _receipt(values, posting.judge(answer, gone=(), ours={401, 402, 403, 404}), parts["id"])


def _receipt(values: Mapping[str, str], answer: http.Response, key: str) -> Receipt:
    try:
        found = json.loads(answer.body) if not answer.truncated else None
    except (ValueError, RecursionError):
        found = None
    path = values.get("ok_path", "").strip()
    if path and at_path(found, path) != values.get("ok_value", "").strip():
        # Its number is its own secret language; a retry finds out whether it was only busy.
        raise TemporaryFailure("the gateway refused it", down=False)
    own = at_path(found, values.get("id_path", "").strip()) if values.get("id_path") else ""
    return Receipt(provider_id=(own or key)[:200], answer=f"HTTP {answer.status}")


def wrong_template(values: Mapping[str, str]) -> str:
    """Which field cannot work, by its name: "headers", "body" or empty."""
    try:
        header_lines(values.get("headers", ""))
    except ValueError:
        return "headers"
    if values.get("method") == "GET":
        return "" if "{text}" in values.get("url", "") else "url"
    if "{text}" not in values.get("body", "") or not re.search(r"\{to(_digits)?\}", values.get("body", "")):
        return "body"
    if values.get("content_type") == "json":
        try:
            json.loads(body_of(values, dict.fromkeys(NAMES, "1")))
        except ValueError:
            return "body"
    return ""
