"""PagerDuty change events, `POST /v2/change/enqueue`: no dedup, no severity, nobody is paged."""

from datetime import datetime

from alerts.sources import values
from alerts.sources.base import Change, Parsed, Rejected
from alerts.sources.changing import change_kind, changed_service
from alerts.sources.pagerduty.answers import answer, refusal, unreadable
from alerts.sources.pagerduty.parser import key_errors, payload_errors
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]


def check(obj: object, /) -> str:
    """Raise Rejected for a body without routing key or summary; a change has no dedup key."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object.")
    errors = [*key_errors(obj), *payload_errors(obj.get("payload"), ("summary",))]
    if errors:
        raise Rejected("Event object is invalid", errors)
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return the one change of an accepted event; `dedup_key` is not used."""
    event = values.mapping(obj)
    payload = values.mapping(event.get("payload"))
    details = values.details(payload.get("custom_details"), "custom_details")
    change = Change(
        summary=values.summary(payload.get("summary"), details) or "Change",
        happened_at=parse_lenient(payload.get("timestamp"), default=received_at),
        source=values.name(payload.get("source")),
        kind=change_kind(details, values.name(payload.get("summary")), values.name(payload.get("source"))),
        service=changed_service(details),
        details=details,
        links=values.links(event.get("links")),
    )
    return Parsed(changes=(change,))
