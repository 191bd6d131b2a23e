"""What Sentry would send for an issue alert, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    event = {
        "issue_id": dedup_key,
        "title": summary,
        "level": "info",
        "project": "tocsin",
    }
    return {
        "action": "triggered",
        "data": {"event": event, "triggered_rule": "Tocsin test"},
        "actor": {"name": "Tocsin"},
    }
