"""A mail as it is kept, for the test buttons of the integration's page."""

from alerts.sources.email.sample import sample as letter


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return one letter, as if a provider had posted it."""
    return {"provider": "postmark", "letters": [letter(key=key, dedup_key=dedup_key, summary=summary)]}
