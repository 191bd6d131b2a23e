"""Conditions as people read and type them: three texts (a field, a comparison, a value), and a sentence.

matcher_of("labels.env", "in", "prod, staging")          # {"field": …, "op": "in", "value": ["prod", "staging"]}
matcher_of("time", "within", "Mo-Fr 22:00-06:00 Europe/Berlin")
typed(matcher)                                           # the same three texts again
said(matchers)                                           # "labels.env is one of prod, staging and …"
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.matching import FIELDS, OPS, TIME, WITHIN, BadMatcher, compiled

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
OP_WORDS = {
    "=": gettext_lazy("is"),
    "!=": gettext_lazy("is not"),
    "=~": gettext_lazy("matches"),
    "!~": gettext_lazy("does not match"),
    "in": gettext_lazy("is one of"),
    ">=": gettext_lazy("≥"),
    "<=": gettext_lazy("≤"),
    WITHIN: gettext_lazy("is within"),
}
OP_CHOICES = [
    ("=", gettext_lazy("is")),
    ("!=", gettext_lazy("is not")),
    ("=~", gettext_lazy("matches the expression")),
    ("!~", gettext_lazy("does not match the expression")),
    ("in", gettext_lazy("is one of (a, b, c)")),
    (">=", gettext_lazy("is at least")),
    ("<=", gettext_lazy("is at most")),
    (WITHIN, gettext_lazy("is within (time)")),
]
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_WINDOW = re.compile(
    r"(?:(?P<days>\S+)\s+)?(?P<from>\d\d?:\d\d)\s*[-–]\s*(?P<to>\d\d?:\d\d)(?:\s+(?P<zone>\S+))?"
)


def matcher_of(name: str, op: str, value: str) -> dict[str, Any]:
    """The condition that three typed texts say; raises BadMatcher."""
    name, value = name.strip(), value.strip()
    found: dict[str, Any] = {"field": name, "op": op, "value": value}
    if name == TIME or op == WITHIN:
        if name != TIME:
            raise BadMatcher(_("“is within” is for the field time."))
        found = {"field": TIME, "op": WITHIN, "value": _window(value)}
    elif op == "in":
        found["value"] = [part for each in value.split(",") if (part := each.strip())]
    elif op not in OPS:
        raise BadMatcher(_("Choose a comparison from the list."))
    try:
        compiled([found])
    except BadMatcher as bad:
        if is_named(name):
            raise
        raise BadMatcher(
            _("%(said)s A label is written labels.%(name)s.") % {"said": bad, "name": name[:60]}
        ) from bad
    return found


def is_named(name: str) -> bool:
    """Whether it reads like a field, so that what is wrong is the value."""
    return name in FIELDS or "." in name or name == TIME


def tidied(matchers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The conditions as they are stored, checked; raises BadMatcher, also for what no table can hold."""
    compiled(matchers)
    found = [_tidied(matcher) for matcher in matchers]
    if any(_UNSTORABLE.search(text) for each in found for text in _texts(each)):
        raise BadMatcher(_("Leave out control characters."))
    return found


def _tidied(matcher: Mapping[str, Any]) -> dict[str, Any]:
    name, op, value = str(matcher["field"]), matcher.get("op"), matcher.get("value")
    if name == TIME and isinstance(value, Mapping):
        days = sorted({int(day) for day in value.get("days", range(7))})
        texts = {part: str(value.get(part)) for part in ("from", "to", "zone")}
        return {"field": TIME, "op": WITHIN, "value": {"days": days, **texts}}
    return {"field": name, "op": str(op), "value": list(value) if isinstance(value, list) else str(value)}


def _texts(matcher: Mapping[str, Any]) -> list[str]:
    value = matcher["value"]
    inner = value if isinstance(value, list) else value.values() if isinstance(value, Mapping) else [value]
    return [matcher["field"], *(str(each) for each in inner)]


def typed(matcher: Mapping[str, Any]) -> tuple[str, str, str]:
    """The field, the comparison and the value as a person would type them."""
    value = matcher.get("value")
    if matcher.get("field") == TIME and isinstance(value, Mapping):
        return TIME, WITHIN, _window_words(value)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return str(matcher.get("field")), str(matcher.get("op")), text


def said(matchers: Sequence[Mapping[str, Any]]) -> str:
    """All of them in one sentence: "labels.team is db and severity ≥ error"."""
    return f" {_('and')} ".join(_said(matcher) for matcher in matchers)


def _said(matcher: Mapping[str, Any]) -> str:
    name, op, value = typed(matcher)
    return f"{name} {OP_WORDS.get(op, op)} {value or _('empty')}"


def _window(text: str) -> dict[str, Any]:
    found = _WINDOW.fullmatch(text)
    if not found:
        raise BadMatcher(_("Write a time as Mo-Fr 22:00-06:00 Europe/Berlin."))
    window = {
        "from": found["from"].rjust(5, "0"),
        "to": found["to"].rjust(5, "0"),
        "zone": found["zone"] or "UTC",
    }
    return {"days": _days(found["days"] or "Mo-Su"), **window}


def _days(text: str) -> list[int]:
    days: set[int] = set()
    for part in text.replace("–", "-").split(","):
        first, _sign, last = part.partition("-")
        start, end = _day(first), _day(last or first)
        days |= {(start + step) % 7 for step in range((end - start) % 7 + 1)}
    return sorted(days)


def _day(text: str) -> int:
    for number, name in enumerate(DAYS):
        if text[:2].lower() == name.lower():
            return number
    raise BadMatcher(_("“%(day)s” is no day: Mo, Tu, We, Th, Fr, Sa, Su.") % {"day": text[:20]})


def _window_words(value: Mapping[str, Any]) -> str:
    days = value.get("days") or list(range(7))
    known = [day for day in days if isinstance(day, int) and 0 <= day < 7]
    return f"{_day_words(known)} {value.get('from')}–{value.get('to')} {value.get('zone')}"


def _day_words(days: Sequence[int]) -> str:
    if len(days) > 2 and list(days) == list(range(days[0], days[0] + len(days))):
        return f"{DAYS[days[0]]}–{DAYS[days[-1]]}"
    return ",".join(DAYS[day] for day in days)
