"""Alertmanager webhook version 4: a group of alerts, each with its own identity, state and times.

Source: prometheus/alertmanager, notify/webhook and template/template.go. Grafana alerting posts the same with
more fields (version "1"), which are read too. What `max_alerts` cut off is unknown, never resolved.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from alerts.sources import values
from alerts.sources.alertmanager.reading import fingerprint, given, words
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Parsed, Rejected, Signal
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

_GRAFANA_DETAILS = ("values", "valueString")
_NEVER = timedelta(days=3650)


def check(obj: object, /) -> str:
    """Raise Rejected for what is not a group of alerts. Go writes an empty list as null, so that passes."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object.")
    if "alerts" not in obj or not isinstance(obj["alerts"], list | None):
        raise Rejected(
            "The body is not Alertmanager's webhook: it has no list “alerts”."
            " Other JSON goes to a JSON integration."
        )
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return a signal for each alert of the group; `dedup_key` is not used, each alert has its own."""
    group = values.mapping(obj)
    alerts = values.items(group.get("alerts"))
    usable = [alert for alert in alerts if isinstance(alert, dict)]
    signals = tuple(_signal(alert, group, received_at) for alert in usable)
    return Parsed(signals, notes=tuple(_notes(group, len(alerts) - len(usable))))


def _notes(group: dict[str, Any], unusable: int) -> Iterable[str]:
    cut = group.get("truncatedAlerts")
    if cut:
        yield (
            f"Alertmanager cut {values.name(cut, 20)} more alerts off this group (max_alerts):"
            " whether they still fire is not known."
        )
    if unusable:
        yield f"{unusable} entries of “alerts” were not objects and are left out."


def _signal(alert: dict[str, Any], group: dict[str, Any], received_at: datetime) -> Signal:
    details = _details(alert, group)
    resolved = _is_resolved(alert, group, received_at)
    return Signal(
        action="resolve" if resolved else "trigger",
        dedup_key=values.key(alert.get("fingerprint")) or _identity(alert, group),
        happened_at=parse_lenient(alert.get("endsAt" if resolved else "startsAt"), default=received_at),
        details=details,
        images=values.images([{"src": alert.get("imageURL")}]),
        client="Alertmanager",
        client_url=values.url(group.get("externalURL")),
        **words(alert, details),
    )


def _is_resolved(alert: dict[str, Any], group: dict[str, Any], received_at: datetime) -> bool:
    """A group fires while one of its alerts does: the alert's own status counts. Where it has none, a real time at
    which it ended does, and only then the group's status."""
    own = values.name(alert.get("status")).lower()
    if own:
        return own == "resolved"
    never = received_at + _NEVER
    ended = parse_lenient(alert.get("endsAt"), default=never)
    return ended <= received_at or values.name(group.get("status")).lower() == "resolved"


def _identity(alert: dict[str, Any], group: dict[str, Any]) -> str:
    """The label set is an alert's identity; without labels the group's key is all there is."""
    labels = values.mapping(alert.get("labels"))
    return fingerprint(labels) if given(labels) else values.hashed("group", group.get("groupKey"))


def _details(alert: dict[str, Any], group: dict[str, Any]) -> dict[str, Any]:
    found = {
        "labels": values.mapping(alert.get("labels")),
        "annotations": values.mapping(alert.get("annotations")),
        "groupKey": group.get("groupKey"),
        "externalURL": group.get("externalURL"),
        "receiver": group.get("receiver"),
        **{name: alert.get(name) for name in _GRAFANA_DETAILS},
    }
    return {name: value for name, value in found.items() if value not in (None, "", {})}
