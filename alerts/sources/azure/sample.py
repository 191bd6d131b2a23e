"""What Azure Monitor would send, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    essentials = {
        "alertId": dedup_key,
        "alertRule": "Tocsin test",
        "severity": "Sev3",
        "signalType": "Metric",
        "monitorCondition": "Fired",
        "monitoringService": "Platform",
        "description": summary,
        "essentialsVersion": "1.0",
    }
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {"essentials": essentials, "alertContext": {}},
    }
