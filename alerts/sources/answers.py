"""The answers of the protocols that do not prescribe any. Senders copy them into their logs: no secrets."""

from collections.abc import Sequence

from alerts.sources.base import Answer, Rejected


def answer(dedup_key: str, /) -> dict[str, object]:
    """Return the body of a 202."""
    return {"status": "success", "message": "Event accepted"}


def refusal(rejected: Rejected, /) -> dict[str, object]:
    """Return the body of a 400 for what check refused."""
    return {"status": "invalid event", "message": rejected.reason, "errors": list(rejected.errors)}


def unreadable(reason: str, /) -> dict[str, object]:
    """Return the body of a 4xx for what is not JSON, or too large."""
    return {"status": "unreadable", "message": reason, "errors": [reason]}


def refused(status: int, reason: str, errors: Sequence[str]) -> Answer:
    """The answer of a gate to what it does not let in; `errors` are empty where the body could not be read at all."""
    return Answer(status, refusal(Rejected(reason, errors)) if errors else unreadable(reason))
