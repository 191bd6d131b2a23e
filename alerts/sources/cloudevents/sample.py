"""An event as any CloudEvents library would send it, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return a structured event of severity info; its subject names the condition."""
    return {
        "specversion": "1.0",
        "id": dedup_key,
        "source": "/tocsin",
        "type": "org.example.alert.fired",
        "subject": dedup_key,
        "datacontenttype": "application/json",
        "data": {"summary": summary, "severity": "info", "dedup_key": dedup_key},
    }
