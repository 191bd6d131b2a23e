"""What Grafana would send, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    return {
        "version": "1",
        "status": "firing",
        "state": "alerting",
        "receiver": "tocsin",
        "groupKey": dedup_key,
        "title": summary,
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "TocsinTest", "severity": "info", "instance": "tocsin"},
                "annotations": {"summary": summary},
                "values": None,
                "fingerprint": dedup_key,
            }
        ],
    }
