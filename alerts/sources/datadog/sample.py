"""What Datadog would send with our payload, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    return {
        "id": dedup_key,
        "monitor": "0",
        "title": f"[Triggered] {summary}",
        "body": summary,
        "transition": "Triggered",
        "priority": "P5",
        "link": "",
        "tags": "source:tocsin",
        "scope": "",
        "ts": "",
    }
