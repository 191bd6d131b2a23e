"""What Prometheus would send, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return one alert of severity info; `key` and `dedup_key` are not in it, labels are its identity."""
    return {
        "labels": {"alertname": "TocsinTest", "severity": "info", "instance": "tocsin"},
        "annotations": {"summary": summary},
    }
