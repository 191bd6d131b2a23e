"""What a sender of GoAlert's generic API would send, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    return {"summary": summary, "details": summary, "dedup": dedup_key, "meta": {"severity": "info"}}
