"""`POST …/api/v2/alerts`: alerts that fire until a time that is pushed on with each repeat.

Source: prometheus/alertmanager, api/v2/openapi.yaml and api/v2/api.go; prometheus/prometheus, notifier. A firing alert
carries an end in the future: if it is not repeated until then it is over, as when its Prometheus died.
"""

from datetime import datetime, timedelta
from typing import Any

from alerts.sources import values
from alerts.sources.alertmanager.reading import fingerprint, given, words
from alerts.sources.base import Parsed, Signal
from lib.times import parse_lenient

RESOLVE_TIMEOUT = timedelta(minutes=5)  # Alertmanager's default for what comes without an end
NO_LABELS = "at least one label pair required"
# Farther ahead than any end that makes sense, so that an end which is a day away is not taken for a wrong clock.
_NEVER = timedelta(days=3650)


def alerts_of(obj: object) -> list[Any]:
    """Return the alerts of a body: a list, or one by itself."""
    return [obj] if isinstance(obj, dict) else values.items(obj)


def errors_of(obj: object) -> list[str]:
    """Return what is wrong with single alerts, in Alertmanager's words; those are left out, the others count."""
    return [
        f"alert {place}: {NO_LABELS}" for place, each in enumerate(alerts_of(obj)) if not _is_usable(each)
    ]


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return a signal for each alert. `dedup_key` is set for our own tests only; else the labels are the identity."""
    usable = [each for each in alerts_of(obj) if _is_usable(each)]
    return Parsed(
        tuple(_signal(each, received_at, dedup_key) for each in usable), notes=tuple(errors_of(obj))
    )


def _is_usable(alert: object) -> bool:
    return bool(given(values.mapping(values.mapping(alert).get("labels"))))


def _signal(alert: dict[str, Any], received_at: datetime, dedup_key: str) -> Signal:
    ends = _end(alert, received_at)
    over = ends is not None and ends <= received_at
    began = parse_lenient(alert.get("startsAt"), default=received_at)
    details = {
        "labels": given(values.mapping(alert.get("labels"))),
        "annotations": values.mapping(alert.get("annotations")),
        "generatorURL": values.url(alert.get("generatorURL")),
    }
    details = {name: value for name, value in details.items() if value}
    return Signal(
        action="resolve" if over else "trigger",
        dedup_key=dedup_key or fingerprint(values.mapping(alert.get("labels"))),
        happened_at=ends if over and ends else began,
        expires_at=None if over else ends or received_at + RESOLVE_TIMEOUT,
        details=details,
        client="Prometheus",
        **words(alert, details),
    )


def _end(alert: dict[str, Any], received_at: datetime) -> datetime | None:
    """When it is over, or was; None where it says nothing. Go's zero time, which amtool sends, is nothing."""
    never = received_at + _NEVER
    ends = parse_lenient(alert.get("endsAt"), default=never)
    return None if ends == never else ends
