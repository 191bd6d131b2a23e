"""What a script would send, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    return {
        "summary": summary,
        "dedup_key": dedup_key,
        "status": "firing",
        "severity": "info",
        "source": "Tocsin",
    }
