"""Header lines of a mail as text, however oddly they are encoded; nothing here raises."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from typing import Any

from lib.text import one_line

LONGEST = 2000


def header(message: Message[Any, Any], name: str) -> str:
    """The first header of that name, decoded, as one line; "" where there is none."""
    wanted = name.lower()
    for each, value in message.raw_items():
        if each.lower() == wanted:
            return one_line(decoded(str(value)), LONGEST)
    return ""


def decoded(raw: str) -> str:
    """Text of a header: encoded words are read, bytes that no charset was named for are UTF-8 or else Latin-1."""
    text = _plain(raw.replace("\r", "").replace("\n", ""))
    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return "".join(_part(value, charset) for value, charset in parts)


def text_of(raw: bytes, charset: str | None) -> str:
    """Bytes in a charset that may be unknown, or not what it says."""
    for each in (charset or "utf-8", "utf-8"):
        try:
            return raw.decode(each)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def _part(value: bytes | str, charset: str | None) -> str:
    return value if isinstance(value, str) else text_of(value, charset)


def _plain(raw: str) -> str:
    """What the parser kept as surrogates for bytes beyond ASCII."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        return text_of(raw.encode("utf-8", "surrogateescape"), None) if _escaped(raw) else raw
    return raw


def _escaped(raw: str) -> bool:
    return all(0xDC80 <= ord(each) <= 0xDCFF for each in raw if 0xD800 <= ord(each) <= 0xDFFF)
