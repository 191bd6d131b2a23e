"""A CloudWatch alarm's change of state, as SNS carries it (a JSON text in the message).

Keyed by the alarm's ARN. INSUFFICIENT_DATA neither fires nor resolves: it is written at the event, no more.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

from alerts.sources import values
from alerts.sources.base import Link, Parsed, Signal
from lib.times import parse_lenient

_ARN = re.compile(r"arn:aws:cloudwatch:([a-z0-9-]+):[0-9]*:alarm:.+", re.DOTALL)
_SEVERITY = re.compile(r"\bseverity\b[\"']?\s*[:=]\s*[\"']?([\w-]+)", re.IGNORECASE)
_KEPT = (
    "AlarmDescription",
    "NewStateReason",
    "OldStateValue",
    "AWSAccountId",
    "Region",
    "AlarmArn",
    "AlarmRule",
    "Trigger",
)


def is_alarm(obj: dict[str, Any]) -> bool:
    """Whether an object is a change of state."""
    return "NewStateValue" in obj and ("AlarmName" in obj or "AlarmArn" in obj)


def parse(alarm: dict[str, Any], when: datetime) -> Parsed:
    """A trigger, a resolve, or a note. `when` is the message's own time, for an alarm without one."""
    state = values.name(alarm.get("NewStateValue")).upper()
    if state in ("OK", "ALARM"):
        return Parsed((_signal(alarm, state, when),))
    name = values.name(alarm.get("AlarmName"))
    return Parsed(notes=(f"The alarm {name} is {state[:60]}: that neither fires nor resolves.",))


def _signal(alarm: dict[str, Any], state: str, when: datetime) -> Signal:
    details = {name: alarm[name] for name in _KEPT if alarm.get(name) not in (None, "", {})}
    labels = _labels(alarm)
    name = values.name(alarm.get("AlarmName"))
    given = _SEVERITY.search(values.name(alarm.get("AlarmDescription"), values.WHOLE))
    return Signal(
        action="resolve" if state == "OK" else "trigger",
        dedup_key=_key(alarm),
        happened_at=parse_lenient(alarm.get("StateChangeTime"), default=when),
        summary=_summary(alarm, name, details),
        source=_source(alarm) or "CloudWatch",
        severity=values.severity(given[1] if given else "", details),
        component=labels.get("namespace", ""),
        group=values.name(alarm.get("Region")),
        rule=values.name(name, 200),
        labels=labels,
        details=details,
        links=_links(alarm),
        client="CloudWatch",
    )


def _key(alarm: dict[str, Any]) -> str:
    named = (alarm.get("AWSAccountId"), alarm.get("Region"), alarm.get("AlarmName"))
    return values.key(alarm.get("AlarmArn")) or values.hashed(*named)


def _summary(alarm: dict[str, Any], name: str, details: dict[str, Any]) -> str:
    texts = (values.name(alarm.get(each), values.WHOLE) for each in ("AlarmDescription", "NewStateReason"))
    said = next((text for text in texts if text), "")
    return values.summary(": ".join(each for each in (name, said) if each) or "CloudWatch alarm", details)


def _dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    """Written with small names, and with great ones by some of AWS's own tools."""
    found = map(values.mapping, values.items(values.mapping(alarm.get("Trigger")).get("Dimensions")))
    return {
        values.name(each.get("name") or each.get("Name"), 200): values.name(
            each.get("value") or each.get("Value")
        )
        for each in found
    }


def _source(alarm: dict[str, Any]) -> str:
    """The first thing that the metric is of: an instance, a database, a queue."""
    return next((value for value in _dimensions(alarm).values() if value), "")


def _labels(alarm: dict[str, Any]) -> dict[str, str]:
    trigger = values.mapping(alarm.get("Trigger"))
    own = {
        "alarmname": alarm.get("AlarmName"),
        "namespace": trigger.get("Namespace"),
        "metric": trigger.get("MetricName"),
        "account": alarm.get("AWSAccountId"),
        "region": alarm.get("Region"),
    }
    return values.labels({**_dimensions(alarm), **own})


def _links(alarm: dict[str, Any]) -> list[Link]:
    """The alarm's page in the console, which AWS does not send."""
    found = _ARN.fullmatch(values.name(alarm.get("AlarmArn")))
    if not found:
        return []
    name = quote(values.name(alarm.get("AlarmName")), safe="")
    home = f"https://{found[1]}.console.aws.amazon.com/cloudwatch/home?region={found[1]}"
    return values.named_links([("CloudWatch", f"{home}#alarmsV2:alarm/{name}")])
