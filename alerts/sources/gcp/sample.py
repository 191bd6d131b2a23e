"""What Cloud Monitoring would send, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    return {
        "version": "1.2",
        "incident": {
            "incident_id": dedup_key,
            "state": "open",
            "summary": summary,
            "policy_name": "Tocsin test",
            "severity": "info",
        },
    }
