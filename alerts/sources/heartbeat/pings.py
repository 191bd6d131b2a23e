"""Pings: the addresses that cron jobs call already, `/ping/<uuid>` and `/ping/<key>/<slug>`, each also with /start,
/fail, /log or an exit status behind it. Any of GET, HEAD, POST and PUT will do; a body is what the job said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from alerts.sources import values
from alerts.sources.base import PING, Accepted, Answer, Arrived, Door, Gate, Parsed, Ping, Stored
from alerts.sources.plain import too_much
from lib.text import clean, one_line

KEPT = 10_000
"""Bytes of a body that are kept; more is no reason to lose a sign of life."""
LARGEST_STATUS = 255
WORDS = {"": "ok", "start": "start", "fail": "fail", "log": "log"}
OK = Answer(200, "OK")
NOT_FOUND = Answer(404, "not found")
RETRY = {"Retry-After": "2"}


def take(arrived: Arrived, door: Door) -> Accepted | Answer:
    """Note the ping; the answer is read by nobody but a person at a terminal."""
    slug, _, said = ("", "", arrived.path) if door.heartbeat else arrived.path.partition("/")
    slug = door.heartbeat or slug
    what, status = _meaning(said)
    if not slug or not what:
        return NOT_FOUND
    context = {"slug": slug[:200], "what": what, "method": arrived.method}
    agent = one_line(arrived.headers.get("user-agent", ""), 100)
    context |= {"agent": agent} if agent else {}
    return Accepted(
        answer=lambda _event: OK,
        text=clean(arrived.body[:KEPT].decode("utf-8", "replace"), KEPT),
        endpoint=PING,
        context={**context, "status": status} if status is not None else context,
    )


def _meaning(said: str) -> tuple[str, int | None]:
    """What stands behind the key or slug, and the exit status where it is one; "" where it means nothing."""
    if said in WORDS:
        return WORDS[said], None
    if re.fullmatch("[0-9]{1,3}", said) and int(said) <= LARGEST_STATUS:
        return "fail" if int(said) else "ok", int(said)
    return "", None


def read(stored: Stored) -> Parsed:
    """The one ping of a stored request."""
    what = str(stored.context.get("what", "ok"))
    status = stored.context.get("status")
    words = [f"exit status {status}"] if status else []
    first = next((line for line in stored.text.splitlines() if line.strip()), "")
    words += [one_line(first, 250)] if first else []
    ping = Ping(
        slug=values.name(stored.context.get("slug"), 200),
        what=what if what in ("start", "fail", "log") else "ok",  # type: ignore[arg-type] # told apart just here
        said=one_line(", ".join(words), 300),
        happened_at=stored.received_at,
    )
    return Parsed(pings=(ping,))


def _refused(status: int, reason: str, _errors: Sequence[str]) -> Answer:
    return Answer(status, reason)


GATE = Gate(
    "/ping/",
    take,
    rest=re.compile("(/[^/]+){0,2}"),
    methods=frozenset({"GET", "HEAD", "POST", "PUT"}),
    keeps=KEPT,
    refused=_refused,
    stranger=NOT_FOUND,
    away=Answer(503, "not stored, send it again", RETRY),
    busy=Answer(429, "over the limit, send it again", too_much(429).headers),
)
