"""The ends of alerts, and what they mean for their incidents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from alerts.models import Alert, AlertState, EndedBy
from alerts.wording import named
from incidents import signals
from incidents.actions.timeline import Entry, append, lock_all
from incidents.actions.transitions import resolve_quietly
from incidents.models import EntryKind


def end(alert: Alert, moment: datetime, by: EndedBy) -> None:
    """It is over; whoever calls writes it. Nothing is waited for any more."""
    alert.state, alert.resolved_at, alert.ended_by = AlertState.RESOLVED, moment, by
    alert.held_until = alert.settles_at = None


def by_incident(alerts: Iterable[Alert]) -> dict[int, list[Alert]]:
    """Those that have an incident, under its number."""
    found: defaultdict[int, list[Alert]] = defaultdict(list)
    for alert in alerts:
        if alert.incident_id:
            found[alert.incident_id].append(alert)
    return dict(found)


def tell_ends(
    ended: Mapping[int, list[Alert]],
    now: datetime,
    why: Callable[[list[Alert]], str] | None = None,
) -> None:
    """Tell incidents which of their alerts are over, in the caller's transaction, after those were written.

    Where none fires any more, the incident resolves unless a person has declared it. `why` makes a line for ends that
    no tool told of, which is written in any case.
    """
    if not ended:
        return
    still = set(Alert.objects.open().filter(incident__in=ended).values_list("incident_id", flat=True))
    told = set(ended) if why else set(ended) & still
    say = why or (lambda alerts: named("resolved", alerts))
    rows = [
        (
            incident,
            [Entry(EntryKind.ALERT, say(ended[incident.pk]), data={"alerts": len(ended[incident.pk])})],
        )
        for incident in lock_all(told)
        if incident.is_open
    ]
    append(rows, now=now)
    signals.announce_all((incident.pk for incident, _ in rows), "timeline")
    resolve_quietly(incident_ids=sorted(set(ended) - still), now=now)
