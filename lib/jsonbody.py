"""Read a request body as JSON: bounded in size and depth, refused with a reason that a person can act on."""

import json
import math
import re

MAX_BYTES = 512_000  # the limit that Alertmanager and Grafana already keep towards such endpoints
MAX_DEPTH = 40

# A string (also one that never ends, so that the scan stays linear) or a bracket.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
# Only bodies that can hold a NUL or half a surrogate pair are walked again after parsing.
_SUSPECT = re.compile("\\\\u(?:0000|[dD][89a-fA-F])|\x00")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class BadBody(Exception):
    """The body is refused; `reason` is a sentence for the sender, `status` the HTTP status (400 or 413)."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


def parse(raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> object:
    """Return the JSON value in `raw`, or raise BadBody.

    UTF-8 (also with a BOM), UTF-16 and UTF-32 are read. NaN, the infinities and numbers beyond a double
    become null, NUL characters and lone surrogates inside strings are removed (Postgres stores neither), raw
    control characters inside strings are accepted, and of two equal keys the last wins.
    """
    if len(raw) > max_bytes:
        raise BadBody(f"The body has {len(raw)} bytes; at most {max_bytes} are accepted.", 413)
    text = _decode(raw)
    if not text.strip():
        raise BadBody("The body is empty.")
    if _depth(text, max_depth) > max_depth:
        raise BadBody(f"The JSON is nested more than {max_depth} levels deep.")
    value = _load(text)
    return _scrub(value) if _SUSPECT.search(text) else value


def as_text(raw: bytes) -> str:
    """Return the body as it came, as text that Postgres stores; `parse(text.encode())` reads it again.

    Raises BadBody where `raw` is in no encoding of JSON.
    """
    return _decode(raw).replace("\x00", "")


def _decode(raw: bytes) -> str:
    try:
        # "utf-8-sig" is what detection answers for a BOM.
        return raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError as error:
        encoding = error.encoding.upper()
        raise BadBody(f"The body is not valid {encoding} (byte {error.start}).") from error


def _load(text: str) -> object:
    try:
        loaded: object = json.loads(
            text, strict=False, parse_constant=lambda _name: None, parse_float=_finite, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadBody(f"The body is not valid JSON: {error.msg} at {where}.") from error
    return loaded


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:  # Python's own guard against quadratic conversion
        raise BadBody(f"A number with {len(digits)} digits is too long.") from error


def _depth(text: str, enough: int) -> int:
    """Return how deep `text` nests, as soon as that is more than `enough`; linear, and without recursion."""
    if text.count("[") + text.count("{") <= enough:
        return 0
    depth = deepest = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > enough:
                break
        elif mark in "]}":
            depth -= 1
    return deepest


def _scrub(value: object) -> object:
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("", key): _scrub(item) for key, item in value.items()}
    return value
