"""What alerts make of an incident: its title, its urgency, and the sentences on its timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.flapping import QUIET, WINDOW, flaps
from alerts.models import Alert, AlertSeverity, Outcome
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


def is_urgent(alert: Alert) -> bool:
    """Whether it wakes people: as its route says, else as its severity does."""
    return alert.urgency == Urgency.HIGH if alert.urgency else alert.severity in URGENT


def urgency_of(alerts: Iterable[Alert]) -> str:
    """High as soon as one of them is urgent."""
    return Urgency.HIGH if any(map(is_urgent, alerts)) else Urgency.LOW


def opening_of(service: Service, alerts: list[Alert], group_key: str = "") -> Opening:
    """The incident that these alerts ask for, named after the first that pages. It is as urgent as those that page."""
    paging = [alert for alert in alerts if alert.outcome == Outcome.PAGE]
    first = (paging or alerts)[0]
    more = f" (and {len(alerts) - 1} more)" if len(alerts) > 1 else ""
    return Opening(
        service=service,
        title=first.summary,
        summary=_described(first),
        urgency=urgency_of(paging or alerts),
        source=first.integration.kind,
        started_at=min(alert.started_at for alert in alerts),
        entry=f"Opened by {first.integration.name}: {first.summary}{more}",
        data={
            "integration": first.integration_id,
            "severity": str(first.severity),
            "dedup_key": first.dedup_key,
        },
        notes=(*([] if paging else [_recorded(first)]), *flapping(alerts)),
        pages=bool(paging),
        group_key=group_key,
    )


def _recorded(alert: Alert) -> str:
    by = f", by route “{alert.route.name}”" if alert.route else ""
    return f"Recorded only{by}: nobody is paged"


def flapping(alerts: Iterable[Alert]) -> list[str]:
    """A sentence for each alert that comes and goes."""
    minutes, quiet = (int(each.total_seconds() // 60) for each in (WINDOW, QUIET))
    return [
        f"It flaps: “{alert.summary}” ended and came back {alert.flaps} times within {minutes} minutes. "
        f"From now on it is over only when it has been quiet for {quiet} minutes"
        for alert in alerts
        if flaps(alert)
    ]


def silent(alerts: list[Alert]) -> str:
    """One sentence for alerts of which nothing more was heard."""
    since = min(alert.last_seen_at for alert in alerts)
    return f"{named('ended', alerts)}. Nothing more was heard since {since:%Y-%m-%d %H:%M} UTC"


def settled(alerts: list[Alert]) -> str:
    """One sentence for alerts that flapped and are quiet now."""
    minutes = int(QUIET.total_seconds() // 60)
    return f"{named('resolved', alerts)}. It flapped, and has been quiet for {minutes} minutes"


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
