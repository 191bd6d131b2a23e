"""Make any value safe to store and show as text: no control characters or lone surrogates, bounded length."""

import json
import re

# C0 without \t and \n, DEL, C1, and surrogates that stand alone (a str holds none that pair).
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NEWLINE = re.compile("\r\n?")

ELLIPSIS = "…"


def clean(value: object, limit: int) -> str:
    """Return `value` as text of at most `limit` characters, cut with an ellipsis; never raises.

    None is empty, numbers and JSON containers are written as JSON, bytes are read as UTF-8 with replacement.
    Newlines and tabs stay; Postgres refuses NUL and UTF-8 has no surrogates, so these go.
    """
    text = _UNPRINTABLE.sub("", _NEWLINE.sub("\n", _written(value)))
    return truncate(text, limit)


def one_line(value: object, limit: int) -> str:
    """Return `value` as one line (runs of white space become one space) of at most `limit` characters."""
    return truncate(" ".join(_UNPRINTABLE.sub("", _NEWLINE.sub("\n", _written(value))).split()), limit)


def truncate(text: str, limit: int) -> str:
    """Cut `text` to `limit` characters, the last of which is then an ellipsis."""
    if len(text) <= limit:
        return text
    return text[: limit - 1] + ELLIPSIS if limit > 0 else ""


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, TypeError, RecursionError):  # an endless or unwritable value has no text
        return ""
