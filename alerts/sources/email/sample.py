"""A letter as the listener would keep it, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return a letter; its subject names the condition, so the key that was asked for stands in it."""
    return {
        "from": "Tocsin <tocsin@example.org>",
        "sender": "tocsin@example.org",
        "subject": f"Info: {summary} ({dedup_key})",
        "text": "Sent from the page of the integration.",
        "attachments": [],
    }
