"""What New Relic would send, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    return {
        "id": dedup_key,
        "title": summary,
        "priority": "LOW",
        "state": "ACTIVATED",
        "trigger": "STATE_CHANGE",
        "alertConditionNames": ["Tocsin test"],
        "workflowName": "Tocsin test",
    }
