"""PagerDuty Events API v1, `POST /generic/2010-04-15/create_event.json`: what older tools still send.

It is read as the version 2 event that says the same. Its clients take 200 for success and retry 403, not 429.
"""

from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Parsed, Rejected
from alerts.sources.pagerduty import parser

PATH = "/generic/2010-04-15/create_event.json"


def check(obj: object, /) -> str:
    """Raise Rejected as PagerDuty would; return the incident key, a new one for a trigger without."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object.")
    try:
        return parser.check(_second(obj))
    except Rejected as rejected:
        raise Rejected(rejected.reason, [_worded(error) for error in rejected.errors]) from rejected


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return the one signal of an accepted event."""
    return parser.parse(_second(values.mapping(obj)), received_at=received_at, dedup_key=dedup_key)


def answer(dedup_key: str, /) -> dict[str, object]:
    """Return the body of the 200."""
    return {"status": "success", "message": "Event processed", "incident_key": dedup_key}


def refusal(rejected: Rejected, /) -> dict[str, object]:
    """Return the body of a 400, as version 2 has it."""
    return parser.refusal(rejected)


def unreadable(reason: str, /) -> dict[str, object]:
    """Return the body for what is not JSON, as version 2 has it."""
    return parser.unreadable(reason)


def routing_key(obj: object) -> str:
    """Return the integration's key that the body names, "" where there is none."""
    return parser.routing_key(_second(values.mapping(obj)))


def _second(event: dict[str, Any]) -> dict[str, Any]:
    """The event in the words of version 2. It knows no severity: what pages by it pages."""
    contexts = [values.mapping(each) for each in values.items(event.get("contexts"))]
    words = {
        "summary": event.get("description"),
        "source": event.get("client") or "",
        "severity": "error",
        "custom_details": event.get("details"),
    }
    return {
        "routing_key": event.get("service_key"),
        "event_action": event.get("event_type"),
        "dedup_key": event.get("incident_key"),
        "payload": words,
        "client": event.get("client"),
        "client_url": event.get("client_url"),
        "links": [each for each in contexts if each.get("type") != "image"],
        "images": [each for each in contexts if each.get("type") == "image"],
    }


def _worded(error: str) -> str:
    names = {
        "routing_key": "service_key",
        "event_action": "event_type",
        "dedup_key": "incident_key",
        "payload.summary": "description",
    }
    for second, first in names.items():
        error = error.replace(f"'{second}'", f"'{first}'")
    return error
