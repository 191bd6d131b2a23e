"""A route tried out before it is saved: against the last events, as if it had stood in its place among the others.

Nothing is written. Mutes are left aside: they say when, a route says what.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from alerts.deciding import Decision, Ruling
from alerts.directory import Directory
from alerts.models import Alert, AlertState, Event, Integration, Outcome, Route
from alerts.processing import read
from alerts.queries import LOOK_BACK
from alerts.sources.base import Signal
from catalog.models import Service

EVENTS = 100


@dataclass(frozen=True, slots=True)
class Tried:
    """One trigger among the events: what it would become, and the alert that it became, where that is known."""

    event: Event
    integration: Integration
    signal: Signal
    decision: Decision
    service: str
    alert: Alert | None
    matched: bool

    @property
    def changes(self) -> bool:
        """Whether it would be something else than it was."""
        was = self.alert
        if was is None:
            return False
        now = (self.decision.service_id, self.decision.severity, self.decision.outcome, self.decision.urgency)
        return now != (was.service_id or self.integration.service_id, was.severity, was.outcome, was.urgency)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. `events` were looked at; `rows` are the triggers in them, newest first."""

    events: int
    rows: Sequence[Tried]

    @property
    def matched(self) -> Sequence[Tried]:
        """Those for which the route would have decided."""
        return [row for row in self.rows if row.matched]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of those it would have made what of, by outcome."""
        found = Counter(row.decision.outcome for row in self.matched)
        return {outcome: found[outcome] for outcome in Outcome.values}

    @property
    def keys(self) -> int:
        """How many different alerts those were: one that repeats pages once."""
        return len({(row.integration.pk, row.signal.dedup_key) for row in self.matched})


def tried(route: Route) -> Trial:
    """The last hundred events of its integration, of all integrations for one that holds for all."""
    events = _events(route)
    doors = {
        row.pk: row
        for row in Integration.objects.select_related("service__team").filter(
            pk__in={each.integration_id for each in events}
        )
    }
    signals = [
        (event, signal) for event in events for signal in _triggers(doors[event.integration_id], event)
    ]
    found = _decided(route, doors, signals)
    return Trial(len(events), found)


def _events(route: Route) -> list[Event]:
    rows = Event.objects.filter(problem="").order_by("-pk")
    if route.integration_id is not None:
        rows = rows.filter(integration=route.integration_id)
    return list(rows[:EVENTS])


def _triggers(integration: Integration, event: Event) -> list[Signal]:
    try:
        signals = read(integration, event).signals
    except Exception:
        # The boundary to whatever tools send: what cannot be read matches nothing.
        return []
    return [signal for signal in signals if signal.action == "trigger"]


def _decided(
    route: Route, doors: Mapping[int, Integration], signals: Sequence[tuple[Event, Signal]]
) -> list[Tried]:
    directory = Directory()
    rulings = {key: Ruling(door, _routes(route, door), (), directory) for key, door in doors.items()}
    decisions = [
        (event, signal, rulings[event.integration_id].decide(signal, event.received_at))
        for event, signal in signals
    ]
    names = _names({decision.service_id for _event, _signal, decision in decisions})
    became = _became(signals)
    return [
        Tried(
            event,
            doors[event.integration_id],
            signal,
            decision,
            names.get(decision.service_id, ""),
            _alert(became[event.integration_id, signal.dedup_key], event),
            decision.route is route,
        )
        for event, signal, decision in decisions
    ]


def _routes(route: Route, integration: Integration) -> list[Route]:
    """Those in use, with this one in its place."""
    rows = list(Route.objects.enabled().of(integration).select_related("service__team"))
    others = [row for row in rows if row.pk != route.pk]
    after = [row for row in others if _goes_before(route, row)]
    return [*others[: len(others) - len(after)], route, *after]


def _goes_before(route: Route, other: Route) -> bool:
    """Whether `route` is asked before `other`."""
    mine = (route.integration_id is None, route.position, route.pk or 2**63)
    return mine < (other.integration_id is None, other.position, other.pk)


def _names(ids: Collection[int]) -> dict[int, str]:
    return dict(Service.objects.filter(pk__in=ids).values_list("pk", "name"))


def _became(signals: Sequence[tuple[Event, Signal]]) -> defaultdict[tuple[int, str], list[Alert]]:
    """The alerts of their keys that these events may belong to, newest first."""
    found: defaultdict[tuple[int, str], list[Alert]] = defaultdict(list)
    if not signals:
        return found
    ids = [event.pk for event, _signal in signals]
    could_be = Q(first_event__gte=min(ids) - LOOK_BACK) | ~Q(state=AlertState.RESOLVED)
    rows = Alert.objects.filter(
        could_be,
        integration__in={event.integration_id for event, _signal in signals},
        dedup_key__in={signal.dedup_key for _event, signal in signals},
        first_event__lte=max(ids),
    ).select_related("incident", "service", "mute", "route")
    for alert in rows.order_by("-pk"):
        found[alert.integration_id, alert.dedup_key].append(alert)
    return found


def _alert(alerts: Sequence[Alert], event: Event) -> Alert | None:
    """Of one key's alerts, the one that the event opened or repeated."""
    return next((each for each in alerts if (each.first_event_id or 0) <= event.pk), None)
