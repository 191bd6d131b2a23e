"""What a sender of OnCall's formatted webhook would send, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    return {
        "alert_uid": dedup_key,
        "title": summary,
        "state": "alerting",
        "severity": "info",
        "message": summary,
        "image_url": None,
        "link_to_upstream_details": None,
    }
