"""Text that somebody wrote, inside a chat's Markdown: nothing in it is markup, nobody is called by it."""

from __future__ import annotations

import re

from notifications.transports.base import Message

# An invisible space: no chat reads a mention, or a link of its own kind, across it.
BREAK = "\u200b"
_MARKS = re.compile(r"([\\`*_~|>#\[\]()!+-])")
_CALLS = re.compile(r"([@<])(?=\S)")
_URL = re.compile(r"https?://[A-Za-z0-9._~/?&=%#:+,;@-]+")


def markdown(text: str) -> str:
    """Every mark escaped, every @ and < made harmless; a text that is one web address stays one."""
    if _URL.fullmatch(text):
        return f"<{text}>"
    return _CALLS.sub(rf"\1{BREAK}", _MARKS.sub(r"\\\1", text))


def harmless(text: str) -> str:
    """The text as it is, but nobody is called by it, whatever markup it ends in; a web address stays one."""
    return text if _URL.fullmatch(text) else _CALLS.sub(rf"\1{BREAK}", text)


RED, AMBER, GREEN, BLUE = 0xD63939, 0xF59F00, 0x2FB344, 0x4299E1
KINDS = {"page": RED, "alarm": RED, "drill": AMBER}
STATES = {
    "triage": RED,
    **dict.fromkeys(("acknowledged", "active", "mitigated", "monitoring"), AMBER),
    **dict.fromkeys(("resolved", "dismissed"), GREEN),
}


def colour(message: Message) -> int:
    """What a message's edge says from afar: that somebody is wanted, that somebody has it, that it is over."""
    if message.kind in KINDS:
        return KINDS[message.kind]
    state = str((message.data or {}).get("state", ""))
    return STATES.get(state, GREEN if message.quiet else BLUE)
