"""A letter: what is kept of a mail, as JSON. Attachments are named, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from itertools import islice
from typing import Any

from alerts.sources.email.headers import header, text_of
from alerts.sources.email.markup import plain
from lib.text import clean, one_line

LONGEST_TEXT = 100_000
MOST_PARTS = 500
MOST_NAMED = 50
KEPT = ("From", "To", "Subject", "Date", "Message-ID", "Importance", "X-Priority")


def parsed(raw: bytes) -> Message[str, str]:
    """The mail as sent; one that is nested too deeply to be read comes with its headers alone."""
    try:
        return BytesParser(policy=policy.compat32).parsebytes(raw)
    except RecursionError:
        return BytesHeaderParser(policy=policy.compat32).parsebytes(raw)


def letter_of(message: Message[Any, Any], *, sender: str, recipient: str = "") -> dict[str, Any]:
    """Make a letter; `sender` is the envelope's. `recipient` names the tag of the address, never its key."""
    parts = _parts(message)
    attached = [part for part in parts if _is_attachment(part)]
    shown = [part for part in parts if not _is_attachment(part)]
    names = {name.lower().replace("-", "_"): header(message, name) for name in KEPT}
    return {
        **{name: value for name, value in names.items() if value},
        "sender": one_line(sender, 300),
        **({"recipient": recipient} if recipient else {}),
        "text": _text(shown),
        "attachments": [_named(part) for part in attached[:MOST_NAMED]],
    }


def _parts(message: Message[Any, Any]) -> list[Message[Any, Any]]:
    try:
        return list(islice(message.walk(), MOST_PARTS))
    except RecursionError:
        return []


def _is_attachment(part: Message[Any, Any]) -> bool:
    return _quietly(part, "content-disposition").lower().startswith("attachment") or bool(_filename(part))


def _quietly(part: Message[Any, Any], name: str) -> str:
    return header(part, name)


def _filename(part: Message[Any, Any]) -> str:
    try:
        return one_line(part.get_filename() or "", 200)
    except (ValueError, LookupError, TypeError, AttributeError):
        return "unnamed"


def _named(part: Message[Any, Any]) -> dict[str, str]:
    return {"name": _filename(part) or "unnamed", "type": one_line(part.get_content_type(), 100)}


def _text(parts: Iterable[Message[Any, Any]]) -> str:
    """The first part of plain text that says something, else the first of HTML as text."""
    found: dict[str, str] = {}
    for part in parts:
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and kind not in found:
            text = _content(part)
            if text.strip():
                found[kind] = text
    if "text/plain" in found:
        return clean(found["text/plain"], LONGEST_TEXT).strip()
    return clean(plain(clean(found.get("text/html"), 10 * LONGEST_TEXT)), LONGEST_TEXT).strip()


def _content(part: Message[Any, Any]) -> str:
    payload = part.get_payload(decode=True)
    return text_of(payload, _charset(part)) if isinstance(payload, bytes) else ""


def _charset(part: Message[Any, Any]) -> str | None:
    try:
        return part.get_content_charset()
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
