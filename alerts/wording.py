"""What alerts make of an incident: its title, its urgency, and the sentences on its timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.models import Alert, AlertSeverity, Integration
from alerts.sources.base import Signal
from catalog.models import Service
from incidents.actions.opening import Opening
from notifications.models import Urgency

URGENT = (AlertSeverity.CRITICAL, AlertSeverity.ERROR)
NAMED = 5


def details_of(signal: Signal) -> dict[str, object]:
    """The details as sent, with the named fields that only some sources have."""
    named = {"component": signal.component, "group": signal.group, "class": signal.class_}
    return {**signal.details, **{name: value for name, value in named.items() if value}}


def grown(details: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The details with what an update says: its values stand for those of before, lists (tags, say) add to them."""
    lists = {
        name: [*old, *(each for each in new if each not in old)]
        for name, new in more.items()
        if isinstance(new, list) and isinstance(old := details.get(name), list)
    }
    return {**details, **more, **lists}


def urgency_of(alerts: Iterable[Alert]) -> str:
    """High as soon as one of them is critical or an error."""
    return Urgency.HIGH if any(alert.severity in URGENT for alert in alerts) else Urgency.LOW


def opening_of(service: Service, integration: Integration, alerts: list[Alert]) -> Opening:
    """The incident that these alerts ask for, named after the first."""
    first = alerts[0]
    more = f" (and {len(alerts) - 1} more)" if len(alerts) > 1 else ""
    return Opening(
        service=service,
        title=first.summary,
        summary=_described(first),
        urgency=urgency_of(alerts),
        source=integration.kind,
        started_at=min(alert.started_at for alert in alerts),
        entry=f"Opened by {integration.name}: {first.summary}{more}",
        data={"integration": integration.pk, "severity": str(first.severity), "dedup_key": first.dedup_key},
    )


def named(what: str, alerts: list[Alert]) -> str:
    """One sentence for many alerts."""
    if len(alerts) == 1:
        return f"Alert {what}: {alerts[0].summary}"
    names = "; ".join(alert.summary for alert in alerts[:NAMED])
    return f"{len(alerts)} alerts {what}: {names}" + ("; …" if len(alerts) > NAMED else "")


def _described(alert: Alert) -> str:
    """What the tool says beyond the summary: its description, which Alertmanager keeps among the annotations."""
    annotations = alert.details.get("annotations")
    places = (alert.details, annotations if isinstance(annotations, dict) else {})
    texts = (place.get("description") for place in places)
    return next((text for text in texts if isinstance(text, str) and text != alert.summary), "")
