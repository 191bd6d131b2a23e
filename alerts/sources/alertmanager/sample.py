"""What Alertmanager would send, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    return {
        "version": "4",
        "status": "firing",
        "receiver": "tocsin",
        "groupKey": dedup_key,
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "TocsinTest", "severity": "info", "instance": "tocsin"},
                "annotations": {"summary": summary},
                "fingerprint": dedup_key,
            }
        ],
    }
