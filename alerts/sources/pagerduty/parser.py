"""PagerDuty Events API v2, `POST /v2/enqueue`: what its clients send, and the answers they insist on.

Source: PagerDuty's api-schema, reference/events-v2/openapiv3.json. Looser than the original on purpose:
unknown keys, null links, odd timestamps and unknown severities are kept and mapped, as a refused
event is a lost page.
"""

from datetime import datetime
from typing import Any, get_args
from uuid import uuid4

from alerts.sources import values
from alerts.sources.base import Action, Parsed, Rejected, Signal
from alerts.sources.pagerduty.answers import answer, refusal, unreadable
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "routing_key", "unreadable"]

_ACTIONS: tuple[Action, ...] = get_args(Action)
_KEY_LENGTH = 32


def routing_key(obj: object) -> str:
    """Return the integration's key that the body names, "" where there is none."""
    found = values.mapping(obj).get("routing_key")
    return found if isinstance(found, str) else ""


def check(obj: object, /) -> str:
    """Raise Rejected as PagerDuty would; return the event's dedup key, a new one for a trigger without."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object.")
    action = obj.get("event_action")
    errors = [*key_errors(obj), *_action_errors(action)]
    found = values.key(obj.get("dedup_key"))
    if action == "trigger":
        errors += payload_errors(obj.get("payload"), ("summary", "source", "severity"))
    elif not found:
        errors.append("'dedup_key' is missing or blank")
    if errors:
        raise Rejected("Event object is invalid", errors)
    return found or uuid4().hex


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return the one signal of an accepted event."""
    event = values.mapping(obj)
    found = dedup_key or values.key(event.get("dedup_key"))
    if not found or event.get("event_action") not in _ACTIONS:
        return Parsed(notes=("The event has no action or no key that we know.",))
    return Parsed((_signal(event, values.mapping(event.get("payload")), found, received_at),))


def _signal(event: dict[str, Any], payload: dict[str, Any], dedup_key: str, received_at: datetime) -> Signal:
    details = values.details(payload.get("custom_details"), "custom_details")
    source = values.name(payload.get("source"))
    client = values.name(event.get("client"))
    summary = values.summary(payload.get("summary"), details)
    if not summary and event["event_action"] == "trigger":
        summary = values.name(f"Alert from {source or client or 'PagerDuty Events'}")
    return Signal(
        action=event["event_action"],
        dedup_key=dedup_key,
        happened_at=parse_lenient(payload.get("timestamp"), default=received_at),
        summary=summary,
        source=source,
        severity=values.severity(payload.get("severity"), details),
        component=values.name(payload.get("component")),
        group=values.name(payload.get("group")),
        class_=values.name(payload.get("class")),
        labels=values.labels(payload.get("custom_details")),
        details=details,
        links=values.links(event.get("links")),
        images=values.images(event.get("images")),
        client=client,
        client_url=values.url(event.get("client_url")),
    )


def key_errors(obj: dict[str, Any]) -> list[str]:
    """Return what is wrong with the routing key, in PagerDuty's own words."""
    if obj.get("routing_key") is None:
        return ["'routing_key' is missing or blank"]
    if len(routing_key(obj)) != _KEY_LENGTH:
        return [f"Length of 'routing_key' is incorrect (should be {_KEY_LENGTH} characters)"]
    return []


def payload_errors(payload: object, required: tuple[str, ...]) -> list[str]:
    """Return which required parts are absent. A blank one is not: templates that find nothing send it."""
    if not isinstance(payload, dict):
        return ["'payload' is missing or blank"]
    # A null severity is an unknown one, and those are mapped.
    absent = [field for field in required if field not in payload or _is_null(payload, field)]
    return [f"'payload.{field}' is missing or blank" for field in absent]


def _is_null(payload: dict[str, Any], field: str) -> bool:
    return payload[field] is None and field != "severity"


def _action_errors(action: object) -> list[str]:
    if action is None:
        return ["'event_action' is missing or blank"]
    if action not in _ACTIONS:
        return [
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"
        ]
    return []
