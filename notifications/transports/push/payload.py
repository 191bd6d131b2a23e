"""What the worker in the browser is told, as JSON, small enough for every push service."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from notifications.subjects import Verb
from notifications.transports.base import Envelope
from notifications.transports.chats.words import Words, fitted, joined
from notifications.transports.push import tokens
from notifications.transports.push.wire import LOUD, is_urgent

# Services take 4,096 bytes of body; encryption adds 103.
LARGEST = 3900
OTHERS, FACTS = 5, 4


def payload(envelope: Envelope) -> bytes:
    """The message, cut until it fits; its headline, links and token always do."""
    return fitted(envelope.message, LARGEST, lambda said: _encoded(_fields(envelope, said)), len)


def tag(envelope: Envelope) -> str:
    """Notifications with the same tag replace each other: all about one incident are one."""
    return envelope.message.thread or envelope.key


def _encoded(fields: dict[str, Any]) -> bytes:
    kept = {name: value for name, value in fields.items() if value not in ("", False, [])}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def _fields(envelope: Envelope, said: Words) -> dict[str, Any]:
    message = envelope.message
    is_loud = message.kind in LOUD and not message.quiet
    return {
        "kind": message.kind,
        "title": said.title,
        "body": _body(said),
        "url": said.url,
        "ack_url": said.ack_url,
        "tag": tag(envelope),
        "token": envelope.token,
        "actions": _actions(envelope, said),
        "report": tokens.report(envelope.delivery) if envelope.delivery else "",
        "code": message.code,
        "quiet": message.quiet,
        "renotify": is_loud,
        "sticky": is_loud and is_urgent(message),
        "at": int(envelope.now.timestamp() * 1000),
    }


def _body(said: Words) -> str:
    """What fits on a locked screen comes first."""
    facts = "\n".join(f"{label}: {value}" for label, value in said.facts[:FACTS])
    more = [said.others_line, *(f"· {each}" for each in said.more[:OTHERS])] if said.others else []
    return joined([said.intro, said.code_line, joined(more, "\n"), facts], "\n")


def _actions(envelope: Envelope, said: Words) -> list[dict[str, str]]:
    """At most two: no browser shows more."""
    answer = [{"action": Verb.ACKNOWLEDGE.value, "title": _("Acknowledge")}] if envelope.token else []
    return [*answer, *([{"action": "open", "title": _("Open")}] if said.url else [])]
