"""The part of Opsgenie's search language that tools use: terms that must all hold.

A term is `field:value` or `field=value`, `NOT` before it turns it round, `AND` between them is implied, values with
spaces stand in quotes, `*` at the end of one means "begins with". Words without a field are looked for in the message.
Fields: status, acknowledged, alias, tinyId, message, source, entity, tag, priority.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.db.models import Q

from alerts.models import AlertState
from alerts.sources.base import Rejected
from alerts.sources.opsgenie.parser import PRIORITIES

_TERM = re.compile(r'(?:(\w+(?:\.[\w-]+)?)\s*[:=]\s*)?("(?:[^"\\]|\\.)*"|[^\s"()]+)')
_LONGEST = 1000


def condition(query: str) -> Q:
    """The rows that `query` finds; Rejected (422) for what is not understood."""
    if len(query) > _LONGEST:
        raise Rejected("The query is too long.", status=422)
    found, place, negated = Q(), 0, False
    while place < len(query.rstrip()):
        term = _TERM.match(query, _skipped(query, place))
        if term is None:
            raise _unknown(query[place:].strip())
        place, (field, value) = term.end(), term.groups()
        word = "" if field else value.upper()
        if word == "OR":
            raise _unknown("OR")
        if word in ("AND", "NOT"):
            negated = word == "NOT"
            continue
        one = _one(field or "message", _unquoted(value), bool(field))
        found, negated = found & (~one if negated else one), False
    return found


def _skipped(query: str, place: int) -> int:
    while place < len(query) and query[place].isspace():
        place += 1
    return place


def _one(field: str, value: str, is_named: bool) -> Q:
    if not is_named:
        return Q(summary__icontains=value.strip("*"))
    if field.startswith("details."):
        return Q(**{f"labels__{field.removeprefix('details.')}": value})
    try:
        return _FIELDS[field](value)
    except KeyError:
        raise _unknown(field) from None


def _text(column: str) -> Callable[[str], Q]:
    def found(value: str) -> Q:
        if value.endswith("*"):
            return Q(**{f"{column}__istartswith": value[:-1]})
        return Q(**{f"{column}__iexact": value})

    return found


def _message(value: str) -> Q:
    return Q(summary__istartswith=value[:-1]) if value.endswith("*") else Q(summary__icontains=value)


def _status(value: str) -> Q:
    return {
        "open": ~Q(state=AlertState.RESOLVED),
        "closed": Q(state=AlertState.RESOLVED),
        "resolved": Q(state=AlertState.RESOLVED),
        "acknowledged": Q(state=AlertState.ACKNOWLEDGED),
        "acked": Q(state=AlertState.ACKNOWLEDGED),
        "unacked": Q(state=AlertState.OPEN),
    }[value.lower()]


def _acknowledged(value: str) -> Q:
    acked = Q(state=AlertState.ACKNOWLEDGED)
    return acked if value.lower() == "true" else ~acked


def _priority(value: str) -> Q:
    """Priorities are four severities here: P4 and P5 are told apart by what was given."""
    return Q(severity=PRIORITIES[value.upper()])


def _tiny(value: str) -> Q:
    return Q(pk=int(value)) if value.isascii() and value.isdigit() and len(value) < 19 else Q(pk=-1)


def _tag(value: str) -> Q:
    return Q(details__tags__contains=[value])


_FIELDS: Mapping[str, Callable[[str], Q]] = {
    "status": _status,
    "acknowledged": _acknowledged,
    "alias": _text("dedup_key"),
    "tinyId": _tiny,
    "message": _message,
    "source": _text("source"),
    "entity": _text("details__component"),
    "tag": _tag,
    "tags": _tag,
    "priority": _priority,
}


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _unknown(what: str) -> Rejected:
    return Rejected(f"The query is not understood at “{what[:60]}”.", status=422)
