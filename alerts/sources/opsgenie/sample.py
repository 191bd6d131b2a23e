"""What an Opsgenie client would send, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a create of priority P5 (severity info). The key is a header's, so it is not in it."""
    return {"message": summary, "alias": dedup_key, "source": "Tocsin", "priority": "P5"}
