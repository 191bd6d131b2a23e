"""The bodies that PagerDuty's clients expect: python `pagerduty` raises without dedup_key in the 202, and
Alertmanager logs `errors` of a 400 only if they are a list of strings."""

from alerts.sources.base import Rejected


def answer(dedup_key: str, /) -> dict[str, object]:
    """Return the body of a 202; a change event has no key."""
    body: dict[str, object] = {"status": "success", "message": "Event processed"}
    return body | {"dedup_key": dedup_key} if dedup_key else body


def refusal(rejected: Rejected, /) -> dict[str, object]:
    """Return the body of a 400 for an event that misses something."""
    return {
        "status": "invalid event",
        "message": "Event object is invalid",
        "errors": list(rejected.errors),
    }


def unreadable(reason: str, /) -> dict[str, object]:
    """Return the body for what is not JSON; `detail` is ours, it says where and why."""
    return {
        "status": "Unrecognized object",
        "message": "Event object format is unrecognized",
        "errors": ["JSON parse error"],
        "detail": reason,
    }
