"""What Uptime Kuma would post, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body for a monitor that went down; its id is the key that was asked for."""
    return {
        "heartbeat": {"monitorID": dedup_key, "status": 0, "msg": "Sent from the page of the integration."},
        "monitor": {"id": dedup_key, "name": summary, "type": "http", "tags": []},
        "msg": f"[{summary}] [DOWN]",
    }
