"""What the company's monitoring sends: bodies in the shapes of the three kinds of integration."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

DOMAIN = "pellworth.example"
_NEVER = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on one host of one service, with its texts filled in; it began at `began`."""

    service: str
    name: str
    summary: str
    source: str
    severity: str
    description: str
    began: datetime

    @property
    def key(self) -> str:
        """The same for the same rule, service and host, as a monitoring tool would have it."""
        return hashlib.sha256(f"{self.service}/{self.name}/{self.source}".encode()).hexdigest()[:16]


def body(kind: str, condition: Condition, *, ended: datetime | None) -> str:
    """The request's body as it is stored; the key of a PagerDuty integration is struck out, as at the door."""
    shape = {"alertmanager": _alertmanager, "pagerduty": _pagerduty, "generic": _generic}[kind]
    return json.dumps(shape(condition, ended), ensure_ascii=False)


def _alertmanager(condition: Condition, ended: datetime | None) -> dict[str, Any]:
    status = "resolved" if ended else "firing"
    labels = {
        "alertname": condition.name,
        "cluster": "eu-north",
        "instance": condition.source,
        "service": condition.service,
        "severity": condition.severity,
    }
    annotations = {
        "summary": condition.summary,
        "description": condition.description,
        "runbook_url": f"https://runbooks.{DOMAIN}/{condition.service}#{condition.name.lower()}",
    }
    alert = {
        "status": status,
        "labels": labels,
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": condition.began.isoformat(),
        "endsAt": ended.isoformat() if ended else _NEVER,
        "generatorURL": f"https://prometheus.{DOMAIN}/graph?g0.expr={condition.name}",
        "fingerprint": condition.key,
    }
    return {
        "receiver": "tocsin",
        "status": status,
        "alerts": [alert],
        "groupLabels": {"alertname": condition.name, "service": condition.service},
        "commonLabels": labels,
        "commonAnnotations": alert["annotations"],
        "externalURL": f"https://alertmanager.{DOMAIN}",
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{condition.name}", service="{condition.service}"}}',
        "truncatedAlerts": 0,
    }


def _pagerduty(condition: Condition, ended: datetime | None) -> dict[str, Any]:
    event: dict[str, Any] = {
        "routing_key": "…",
        "event_action": "resolve" if ended else "trigger",
        "dedup_key": condition.key,
    }
    if ended:
        return event
    payload = {
        "summary": condition.summary,
        "source": condition.source,
        "severity": condition.severity,
        "timestamp": condition.began.isoformat(),
        "component": condition.service,
        "class": condition.name,
        "custom_details": {"description": condition.description} if condition.description else {},
    }
    links = [{"href": f"https://probes.{DOMAIN}/{condition.service}", "text": "Probe results"}]
    return event | {"payload": payload, "client": "Pellworth probes", "links": links}


def _generic(condition: Condition, ended: datetime | None) -> dict[str, Any]:
    return {
        "status": "ok" if ended else "failed",
        "summary": condition.summary,
        "job": condition.name,
        "host": condition.source,
        "severity": condition.severity,
        "key": condition.key,
        "time": (ended or condition.began).isoformat(),
        "details": {"description": condition.description} if condition.description else {},
    }
