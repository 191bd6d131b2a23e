"""What CloudWatch would send by raw delivery, for the test buttons of the integration's page."""


def sample(*, key: str, dedup_key: str, summary: str) -> dict[str, object]:
    """Return the body of a trigger of severity info. The address carries the key, so `key` is not in it."""
    return {
        "AlarmName": "TocsinTest",
        "AlarmDescription": f"{summary} (severity: info)",
        "NewStateValue": "ALARM",
        "OldStateValue": "OK",
        "NewStateReason": "",
        "AlarmArn": dedup_key,
    }
