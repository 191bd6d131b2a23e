"""What log lines leave out: some addresses are secrets, and whatever is refused is logged with its address."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

from django.http import HttpRequest

# Keys of integrations, links that acknowledge, calendars, invitations, links to a new password.
_SECRET = re.compile(
    r"(/in/(?:[a-z]+/)?|/ack/|/calendars/(?=cal_)|/welcome/\w+/|/password/reset/key/[0-9A-Za-z]+-)[^\s'\"]+",
    re.ASCII,
)


def without_secrets(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: texts without the secret end of an address, requests as their method and path."""
    for name, value in line.items():
        if isinstance(value, HttpRequest):
            line[name] = redacted(f"{value.method} {value.path}")
        elif isinstance(value, str):
            line[name] = redacted(value)
    return line


def redacted(text: str) -> str:
    """The same text with an ellipsis in place of what opens something."""
    return _SECRET.sub(r"\1…", text)
