"""What the media type would post, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a problem of the severity Information."""
    return {
        "event_id": dedup_key,
        "event_source": "0",
        "event_value": "1",
        "update_status": "0",
        "name": summary,
        "severity": "1",
        "host": "Tocsin",
        "message": "Sent from the page of the integration.",
    }
