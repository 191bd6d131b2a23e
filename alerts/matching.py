"""Conditions on alerts, for routes and mutes: stored as JSON, compiled once, asked for many alerts.

A condition is `{"field": …, "op": …, "value": …}`; all of a list must hold, an empty list always holds. Fields are
those of FIELDS, `labels.<name>` and `details.<name>`. A field that an alert does not have is the empty text, as in
Alertmanager, so `!=` and `!~` hold for it. Expressions are RE2's, which takes linear time whatever a person writes,
and must match the whole value, as Alertmanager's do. `time` is asked with the op `within` and a value of
`{"days": [0..6], "from": "22:00", "to": "06:00", "zone": "Europe/Berlin"}`: days count from Monday, a window that ends
before it begins runs over midnight and belongs to the day on which it began, one that ends when it begins lasts 24 h.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

import re2
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.intervals import UnknownZone, load_zone

LABELS, DETAILS, TIME = "labels.", "details.", "time"
FIELDS = {
    "summary": gettext_lazy("Summary"),
    "severity": gettext_lazy("Severity"),
    "source": gettext_lazy("Source: host, instance or tool"),
    "rule": gettext_lazy("Rule or monitor"),
    "component": gettext_lazy("Component"),
    "group": gettext_lazy("Group"),
    "class": gettext_lazy("Class"),
    "kind": gettext_lazy("Kind of integration"),
    "integration": gettext_lazy("Integration"),
    "integration_id": gettext_lazy("Integration, by its number"),
    "service": gettext_lazy("Service"),
    "team": gettext_lazy("Team"),
    "tier": gettext_lazy("Tier of the service"),
}
OPS = ("=", "!=", "=~", "!~", "in", "<=", ">=")
WITHIN = "within"
MOST_MATCHERS, LONGEST_VALUE = 50, 1000
_RANK = {"info": 1, "warning": 2, "error": 3, "critical": 4}


class BadMatcher(ValueError):
    """A condition makes no sense; the message says which and why, for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: an alert's words, before it is anywhere. `fields` are those of FIELDS that it has."""

    at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """The field's text, empty where there is none."""
        if name.startswith(LABELS):
            return self.labels.get(name.removeprefix(LABELS), "")
        if name.startswith(DETAILS):
            found = self.details.get(name.removeprefix(DETAILS))
            return "" if found is None else str(found)
        return self.fields.get(name, "")


Test = Callable[[Subject], bool]


def compiled(matchers: Sequence[Mapping[str, Any]]) -> Test:
    """One question for all conditions; raises BadMatcher."""
    if len(matchers) > MOST_MATCHERS:
        raise BadMatcher(_("There are more than %(most)d conditions.") % {"most": MOST_MATCHERS})
    tests = [_test(matcher) for matcher in matchers]
    return lambda subject: all(test(subject) for test in tests)


def _test(matcher: Mapping[str, Any]) -> Test:
    name, op, value = str(matcher.get("field", "")), str(matcher.get("op")), matcher.get("value")
    if name == TIME:
        return _within(value)
    if name not in FIELDS and not (name.startswith((LABELS, DETAILS)) and name.partition(".")[2]):
        raise BadMatcher(_("There is no field “%(name)s”.") % {"name": name[:60]})
    if op == "in":
        return _among(name, value)
    if not isinstance(value, str | int | float) or len(str(value)) > LONGEST_VALUE:
        raise BadMatcher(_("The value for “%(name)s” is not a short text.") % {"name": name})
    if op not in TESTS:
        raise BadMatcher(_("“%(op)s” is no comparison.") % {"op": op[:20]})
    return TESTS[op](name, str(value))


def _equal(name: str, wanted: str) -> Test:
    return lambda subject: subject.value(name) == wanted


def _unequal(name: str, wanted: str) -> Test:
    return lambda subject: subject.value(name) != wanted


def _like(name: str, wanted: str) -> Test:
    found = expression(wanted)
    return lambda subject: found.fullmatch(subject.value(name)) is not None


def _unlike(name: str, wanted: str) -> Test:
    found = expression(wanted)
    return lambda subject: found.fullmatch(subject.value(name)) is None


def _among(name: str, wanted: object) -> Test:
    if not isinstance(wanted, list) or not all(isinstance(each, str) for each in wanted):
        raise BadMatcher(_("“in” needs a list of texts for “%(name)s”.") % {"name": name})
    allowed = frozenset(wanted)
    return lambda subject: subject.value(name) in allowed


def _most(name: str, wanted: str) -> Test:
    limit = _number(wanted, name)
    return lambda subject: (found := _ranked(subject.value(name))) is not None and found <= limit


def _least(name: str, wanted: str) -> Test:
    limit = _number(wanted, name)
    return lambda subject: (found := _ranked(subject.value(name))) is not None and found >= limit


TESTS: Mapping[str, Callable[[str, str], Test]] = {
    "=": _equal,
    "!=": _unequal,
    "=~": _like,
    "!~": _unlike,
    "<=": _most,
    ">=": _least,
}


def expression(text: str) -> Any:
    """RE2's expression of that text; raises BadMatcher."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options=options)
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise BadMatcher(_("“%(text)s” is no expression: %(said)s") % {"text": text, "said": said}) from error


def _ranked(text: str) -> float | None:
    """Severities by their weight, other things as numbers; None where it is neither."""
    if text in _RANK:
        return _RANK[text]
    try:
        return float(text)
    except ValueError:
        return None


def _number(text: str, name: str) -> float:
    found = _ranked(text)
    if found is None:
        raise BadMatcher(
            _("“%(text)s” is no number or severity, for “%(name)s”.") % {"text": text, "name": name}
        )
    return found


def _within(value: object) -> Test:
    """The window is read in its zone, so it follows the clocks there."""
    if not isinstance(value, Mapping):
        raise BadMatcher(_("A time needs days, from, to and a zone."))
    days = value.get("days", list(range(7)))
    try:
        zone = load_zone(str(value.get("zone", "")))
    except UnknownZone as error:
        raise BadMatcher(
            _("There is no time zone “%(zone)s”.") % {"zone": str(value.get("zone"))[:60]}
        ) from error
    if not isinstance(days, list) or not days or not all(day in range(7) for day in days):
        raise BadMatcher(_("Days are numbers from 0 (Monday) to 6."))
    start, end = _clock(value.get("from")), _clock(value.get("to"))
    return lambda subject: _inside(subject.at.astimezone(zone), frozenset(days), start, end)


def _clock(value: object) -> time:
    try:
        return time.fromisoformat(str(value))
    except ValueError as error:
        raise BadMatcher(_("“%(value)s” is no time of day.") % {"value": str(value)[:20]}) from error


def _inside(local: datetime, days: frozenset[int], start: time, end: time) -> bool:
    now = local.time()
    if start < end:
        return local.weekday() in days and start <= now < end
    yesterday = (local - timedelta(days=1)).weekday()
    return (local.weekday() in days and now >= start) or (yesterday in days and now < end)
