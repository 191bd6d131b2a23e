"""What a request asks for, told from its method and path.

An alias or a heartbeat's name may hold slashes, and a web server gives them decoded: so what stands behind counts
first, and everything before it is the name ("al/1 x/close" closes "al/1 x"). Source: Opsgenie's OpenAPI document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CREATE, DELETE, LIST, COUNT, GET, REQUEST, PING = (
    "create",
    "delete",
    "list",
    "count",
    "get",
    "request",
    "ping",
)
QUESTIONS = frozenset({LIST, COUNT, GET, REQUEST})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done with which alert or heartbeat; `name` is that of a custom action."""

    verb: str
    identifier: str = ""
    name: str = ""


_POSTED = "acknowledge|unacknowledge|close|snooze|escalate|assign|responders|tags|details|notes"
_ALERTS: tuple[tuple[str, str, str], ...] = (
    ("POST", "", CREATE),
    ("GET", "", LIST),
    ("GET", "count", COUNT),
    ("GET", "requests/(?P<identifier>[^/]+)", REQUEST),
    ("POST", "(?P<identifier>.+)/actions/(?P<name>[^/]+)", "actions"),
    ("POST", f"(?P<identifier>.+)/(?P<verb>{_POSTED})", ""),
    ("PUT", "(?P<identifier>.+)/(?P<verb>message|description|priority)", ""),
    ("PATCH", "(?P<identifier>.+)/(?P<verb>message|description|priority)", ""),
    ("DELETE", "(?P<identifier>.+)/tags", "untag"),
    ("DELETE", "(?P<identifier>.+)/details", "forget"),
    ("DELETE", "(?P<identifier>.+)", DELETE),
    ("GET", "(?P<identifier>.+)", GET),
)
_HEARTBEATS: tuple[tuple[str, str, str], ...] = (
    *((method, "(?P<identifier>.+)/ping", PING) for method in ("GET", "POST", "PUT", "PATCH")),
    ("GET", "", LIST),
    ("GET", "(?P<identifier>.+)", GET),
)


def alert_asked(method: str, path: str) -> Asked | None:
    """What is asked below /v2/alerts; None where there is no such call."""
    return _asked(_ALERTS, method, path)


def heartbeat_asked(method: str, path: str) -> Asked | None:
    """What is asked below /v2/heartbeats; None where there is no such call."""
    return _asked(_HEARTBEATS, method, path)


def _asked(table: tuple[tuple[str, str, str], ...], method: str, path: str) -> Asked | None:
    for wanted, pattern, verb in table:
        found = (
            re.fullmatch(f"{pattern}/?" if pattern else "/?", path, re.DOTALL) if wanted == method else None
        )
        if found:
            parts = found.groupdict()
            return Asked(parts.get("verb") or verb, parts.get("identifier", ""), parts.get("name", ""))
    return None
