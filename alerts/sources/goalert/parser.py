"""GoAlert's generic API: summary, details, action ("close" ends it), dedup, meta.

Source: target/goalert, genericapi/handler.go. In a form `meta` comes as often as needed, each "name=value"; in JSON it
is an object. Without `dedup`, summary and details together are the identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Parsed, Rejected, Signal, Stored
from alerts.sources.forms import pairs
from lib.jsonbody import parse as parse_body

FIELDS = ("summary", "details", "action", "dedup", "meta")
_GROWTH = 4  # see plain.GROWTH


def form_fields(text: str, query: Mapping[str, str]) -> dict[str, Any]:
    """A form's fields (the body before the query) as the object that JSON would be; raises BadBody."""
    found = [*query.items(), *pairs(text)]
    meta = (value.partition("=") for name, value in found if name == "meta")
    fields: dict[str, Any] = {name: value for name, value in found if name in FIELDS}
    return fields | {"meta": {name: value for name, _, value in meta}}


def check(obj: object, /) -> None:
    """Raise Rejected for an alert without words: a close needs its dedup key, or the summary that it fired with."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object.")
    if not values.name(obj.get("summary")) and not (is_close(obj) and values.key(obj.get("dedup"))):
        raise Rejected("invalid value for 'summary': must not be empty")


def is_close(obj: object) -> bool:
    """Whether the action ends the alert."""
    return values.name(values.mapping(obj).get("action")).lower() == "close"


def read(stored: Stored, /) -> Parsed:
    """What a stored request says; raises BadBody."""
    if stored.context.get("form"):
        obj: object = form_fields(stored.text, values.mapping(stored.context.get("query")))
    else:
        raw = stored.text.encode()
        obj = parse_body(raw, max_bytes=max(_GROWTH * len(raw), 1))
    return Parsed((_signal(values.mapping(obj), stored.received_at),))


def _signal(alert: dict[str, Any], received_at: datetime) -> Signal:
    labels = values.labels(alert.get("meta"))
    details = dict(_details(alert))
    words = [values.name(alert.get(name), values.WHOLE) for name in ("summary", "details")]
    return Signal(
        action="resolve" if is_close(alert) else "trigger",
        dedup_key=values.key(alert.get("dedup")) or values.hashed(*words),
        happened_at=received_at,
        summary=values.summary(alert.get("summary"), details),
        source=values.name(labels.get("source") or labels.get("host")),
        severity=values.severity(labels.get("severity"), details),
        component=values.name(labels.get("service")),
        labels=labels,
        details=details,
    )


def _details(alert: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """The details, the meta, and whatever else a sender adds."""
    rest = [name for name in alert if name not in FIELDS]
    return (
        (name, alert[name]) for name in ("details", "meta", *rest) if alert.get(name) not in (None, "", {})
    )
