"""A message as Block Kit (https://docs.slack.dev/reference/block-kit/blocks), within its limits.

What somebody wrote into an alert stands in plain text objects, where Slack interprets nothing, or is escaped: so it
can neither call a whole room (`<!here>`) nor hide a link behind other words.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from lib.text import truncate
from notifications.subjects import Verb
from notifications.transports.base import Envelope
from notifications.transports.chats.words import Words, joined, may_answer, words

HEADER, SECTION, FIELD, FIELDS, BUTTON, FALLBACK = 150, 3000, 2000, 10, 75, 3000
ACTION = "tocsin:"
WEB = re.compile(r"https?://[^\s<>|]{4,300}")
Block = dict[str, Any]


def escaped(text: str) -> str:
    """Text in which mrkdwn finds no link, mention or entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def body(envelope: Envelope) -> dict[str, Any]:
    """`text`, which notifications show, and `blocks`: headline, what to do, then the detail."""
    said = words(envelope.message)
    blocks = [
        *_head(said),
        *_plain(joined([said.intro, said.code_line])),
        *_answers(envelope),
        *_links(envelope, said),
        *_plain(_others(said)),
        *_facts(said),
    ]
    return {"text": truncate(escaped(said.title), FALLBACK), "blocks": blocks}


def _head(said: Words) -> list[Block]:
    """A header holds 150 characters; a longer headline is a bold paragraph."""
    if len(said.title) <= HEADER:
        return [{"type": "header", "text": _text(said.title)}]
    bold = escaped(said.title.replace("*", "∗"))
    return [{"type": "section", "text": {"type": "mrkdwn", "text": f"*{bold}*", "verbatim": True}}]


def _text(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _plain(text: str) -> list[Block]:
    return [{"type": "section", "text": _text(truncate(text, SECTION))}] if text else []


def _others(said: Words) -> str:
    return joined([said.others_line, *(f"· {each}" for each in said.more)], "\n")


def _answers(envelope: Envelope) -> list[Block]:
    """The buttons; which delivery is meant stands in their value, signed."""
    if not envelope.token or not may_answer(envelope.message):
        return []
    choices = [
        _button(Verb.ACKNOWLEDGE, _("Acknowledge"), envelope.token, style="primary"),
        _button(Verb.ESCALATE, _("Escalate"), envelope.token),
    ]
    if envelope.message.kind != "drill":
        choices.append(_button(Verb.RESOLVE, _("Resolve"), envelope.token, confirm=_sure()))
    return [{"type": "actions", "elements": choices}]


def _button(verb: Verb, label: str, token: str, **more: Any) -> Block:
    return {
        "type": "button",
        "action_id": f"{ACTION}{verb.value}",
        "text": _text(truncate(label, BUTTON)),
        "value": token,
        **more,
    }


def _sure() -> Block:
    return {
        "title": _text(_("Resolve the incident?")),
        "text": _text(_("It is closed for everybody, and paging stops.")),
        "confirm": _text(_("Resolve")),
        "deny": _text(_("Cancel")),
    }


def _links(envelope: Envelope, said: Words) -> list[Block]:
    """Where to read on; to a person also the page with one button, in case Slack cannot reach us."""
    own = envelope.message.ack_url if is_person(envelope.address) else ""
    found = [
        _link(own, _("Acknowledge in the browser")) if own else "",
        _link(said.url, said.link_text) if said.url else "",
    ]
    text = joined(found, "  ·  ")
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}] if text else []


def _link(url: str, label: str) -> str:
    return f"<{escaped(url).replace('|', '%7C')}|{escaped(label)}>"


def _facts(said: Words) -> list[Block]:
    fields = [_fact(label, value) for label, value in said.facts[:FIELDS]]
    return [{"type": "section", "fields": fields}] if fields else []


def _fact(label: str, value: str) -> Block:
    """A value that is an address as a whole may be followed; in all others nothing is made a link."""
    text = f"*{escaped(label)}*\n{escaped(value)}"
    return {
        "type": "mrkdwn",
        "text": truncate(text, FIELD),
        "verbatim": not WEB.fullmatch(value),
    }


def is_person(address: str) -> bool:
    """Whether an id is a member's (U…, W… in a grid), not a room's."""
    return address[:1] in ("U", "W")
