"""What apprise would post, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of an info; apprise names no key, so the title carries the one asked for."""
    return {
        "version": "1.0",
        "title": f"{summary} ({dedup_key})",
        "message": "Sent from the page of the integration.",
        "attachments": [],
        "type": "info",
    }
