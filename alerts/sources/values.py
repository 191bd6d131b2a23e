"""Read single values leniently: whatever a tool sends becomes clean text, a known severity, a safe link."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from alerts.sources.base import Link, Severity
from lib.text import clean, one_line, truncate

KEY_LENGTH = 255
SUMMARY_LENGTH = 1024
SOURCE_LENGTH = 300
NAME_LENGTH = 300
URL_LENGTH = 2048
MOST_LINKS = 50
MOST_LABELS = 100

_KEPT_OF_LONG_KEY = 190  # and an ellipsis and 64 hex digits: 255
WHOLE = 1_000_000  # more characters than a body has bytes

_WORDS: dict[Severity, str] = {
    "critical": (
        "crit page fatal emergency emerg panic alert down outage disaster blocker urgent"
        " p0 p1 sev0 sev1 sev-0 sev-1 s1 highest"
    ),
    "error": "err high major severe failure failed p2 sev2 sev-2 s2",
    "warning": "warn medium moderate minor average degraded p3 sev3 sev-3 s3",
    "info": (
        "informational information low lowest notice debug ok none success trivial p4 p5 sev4 sev5 sev-4"
    ),
}
_SEVERITIES: dict[str, Severity] = {
    word: severity for severity, words in _WORDS.items() for word in words.split()
}
_SEVERITIES |= {severity: severity for severity in _WORDS}


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """Return a JSON array, or an empty one for anything else (null above all)."""
    return value if isinstance(value, list) else []


def name(value: object, limit: int = NAME_LENGTH) -> str:
    """Return a value as one clean line."""
    return one_line(value, limit)


def key(value: object) -> str:
    """Return a dedup key of at most 255 characters; a longer one keeps its beginning and gets its hash.

    Fitting a fitted key changes nothing, so a client may resolve with its own key or with our answer's.
    """
    text = clean(value, WHOLE)
    if len(text) <= KEY_LENGTH:
        return text if text.strip() else ""
    return truncate(text, _KEPT_OF_LONG_KEY + 1) + hashlib.sha256(text.encode()).hexdigest()


def hashed(*parts: object) -> str:
    """Return a key for a condition that was not given one: the same parts give the same key."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def known_severity(value: object) -> Severity | None:
    """Return one of our four severities for a word that we know from some tool, else None."""
    return _SEVERITIES.get(name(value).lower())


def severity(value: object, details: dict[str, Any]) -> Severity:
    """Return the severity for any value, "error" for what is unknown; another word is kept in the details."""
    given = name(value)
    found = known_severity(given) or "error"
    if given and given.lower() != found:
        details["severity_given"] = given
    return found


def summary(value: object, details: dict[str, Any]) -> str:
    """Return the summary as one line of at most 1024 characters; a longer one is whole in the details."""
    whole = clean(value, WHOLE)
    line = " ".join(whole.split())
    if len(line) > SUMMARY_LENGTH:
        details["summary_full"] = whole
    return truncate(line, SUMMARY_LENGTH)


def url(value: object) -> str:
    """Return a value if it is an http or https address, else "": a javascript: link must never be one."""
    text = clean(value, WHOLE).strip() if isinstance(value, str) else ""
    fits = text.lower().startswith(("http://", "https://")) and len(text) <= URL_LENGTH
    return text if fits and not any(mark.isspace() for mark in text) else ""


def links(value: object) -> list[Link]:
    """Return the usable links of a list of objects with `href` and `text`, or of plain addresses."""
    found = (_link(entry) for entry in items(value))
    return [link for link in found if link][:MOST_LINKS]


def named_links(named: Iterable[tuple[str, object]]) -> list[Link]:
    """Return links for pairs of text and address, without those that are not addresses."""
    return [{"href": url(address), "text": text} for text, address in named if url(address)]


def images(value: object) -> list[Link]:
    """Return the usable images of a list of objects with `src`, `href` and `alt`."""
    found = (mapping(entry) for entry in items(value))
    return [
        {"src": url(image.get("src")), "href": url(image.get("href")), "alt": name(image.get("alt"))}
        for image in found
        if url(image.get("src"))
    ][:MOST_LINKS]


def labels(value: object) -> dict[str, str]:
    """Return an object's plain values as labels: at most MOST_LABELS names of 200 and texts of 1000 characters. Empty
    ones are left out, since a label that is empty is one that is not there."""
    found = {
        one_line(key, 200): one_line(_plain(each), 1000)
        for key, each in mapping(value).items()
        if isinstance(each, str | int | float)
    }
    return {key: each for key, each in list(found.items())[:MOST_LABELS] if key and each}


def tagged(tags: Iterable[object]) -> dict[str, str]:
    """Return tags as labels: "env:prod" and "env=prod" are a name and a value, another tag is its own value."""
    pairs = (re.split("[:=]", name(tag), maxsplit=1) for tag in tags)
    return labels({pair[0].strip(): pair[-1].strip() for pair in pairs})


def _plain(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def details(value: object, label: str) -> dict[str, Any]:
    """Return an object as it is, nothing for nothing, and anything else under `label`."""
    if isinstance(value, Mapping):
        return dict(value)
    return {} if value in (None, "", []) else {label: value}


def _link(entry: object) -> Link | None:
    if isinstance(entry, str):
        entry = {"href": entry}
    href = url(mapping(entry).get("href"))
    return {"href": href, "text": name(mapping(entry).get("text")) or href} if href else None
