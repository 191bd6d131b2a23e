"""What kind of change a tool tells of: it says so itself, or its words do."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from alerts.sources import values

ChangeKind = Literal["deploy", "flag", "config", "other"]

_SAYING = ("kind", "change_type", "type", "category", "event_type")
_WORDS: Mapping[ChangeKind, re.Pattern[str]] = {
    "flag": re.compile(r"\b(?:feature[ _-]?)?(?:flags?|toggles?)\b", re.IGNORECASE),
    "deploy": re.compile(
        r"\b(?:re)?deploy|\broll(?:ed)?[ _-]?(?:out|back)|\breleas|\bpromot|\bbuild\b|\bpublished\b|\bmerged\b",
        re.IGNORECASE,
    ),
    "config": re.compile(r"\bconfig|\bsettings?\b|\bterraform\b|\bmigrat|\bscal(?:ed|ing)\b", re.IGNORECASE),
}


def change_kind(details: Mapping[str, Any], *words: str) -> ChangeKind:
    """Return the kind: what the details name comes first, then what `words` (summary, source) sound like."""
    named = (values.name(details.get(name)).replace("_", " ") for name in _SAYING)
    for text in (*named, *words):
        found = next((kind for kind, pattern in _WORDS.items() if pattern.search(text)), None)
        if found:
            return found
    return "other"


def changed_service(details: Mapping[str, Any]) -> str:
    """Return what the details call the thing that was changed, "" where they do not say."""
    names = ("service", "service_name", "application", "app")
    return next((found for name in names if (found := values.name(details.get(name)))), "")
