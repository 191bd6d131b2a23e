"""Alerts find their incident: an open one to join, or a new one.

Locks are taken in the order service, escalation, incident, each in the order of ids, after the alerts that the caller
holds. A service is held together with everything that it depends on, so that of a parent and its child that break in
the same moment the later one sees the earlier one's incident.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Max

from alerts.actions.merging import gather_children
from alerts.directory import Directory, reached
from alerts.models import Alert, Outcome
from alerts.sources.values import key as key_of
from alerts.wording import flapping, is_urgent, named, opening_of
from catalog.models import Grouping, Service
from incidents import signals
from incidents.actions.opening import open_for_alerts
from incidents.actions.paging import start
from incidents.actions.timeline import Entry, append, lock_all
from incidents.models import EntryKind, Escalation, Incident, State
from incidents.queries.joining import Group, down, joinable, says_down
from notifications.models import Urgency


def place(
    alerts: Sequence[Alert],
    now: datetime,
    *,
    also: Collection[int] = (),
    directory: Directory | None = None,
) -> dict[int, Incident]:
    """Give each alert its incident, in the caller's transaction; one whose outcome is only an alert gets none.

    Alerts come with their integration and route; saved ones are held locked, and their incident is written. Returns the
    incidents that are held locked, by number: those joined and opened, and `also`, which the caller wants to write to.
    """
    wanting = [alert for alert in alerts if alert.outcome != Outcome.ALERT]
    if not wanting:
        return {each.pk: each for each in lock_all(also)}
    placing = Placing(wanting, now, directory or Directory())
    placing.hold(also)
    placing.choose()
    placing.open()
    placing.join()
    _write([alert for alert in wanting if alert.pk])
    return placing.held


@dataclass
class Placing:
    """One round of placing: `hold` all locks, `choose` for every alert, then `open` and `join`."""

    alerts: Sequence[Alert]
    now: datetime
    directory: Directory
    services: dict[int, Service] = field(default_factory=dict)
    held: dict[int, Incident] = field(default_factory=dict)
    found: dict[Group, int] = field(default_factory=dict)
    down: dict[int, int] = field(default_factory=dict)
    heard: dict[int, datetime] = field(default_factory=dict)
    joining: defaultdict[int, list[Alert]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[tuple[int, int], str] = field(default_factory=dict)
    opening: dict[object, list[Alert]] = field(default_factory=dict)

    def hold(self, also: Collection[int]) -> None:
        """Lock the services with all that they depend on, then every incident that may be joined."""
        own = {key for alert in self.alerts if (key := alert.service_id)}
        parents = {key for key, _ in reached(own, self.directory.parents)}
        self.services = _locked(own | parents)
        groups = {group for alert in self.alerts if (group := self._group(alert))}
        self.found = joinable(groups)
        self.down = down(parents)
        wanted = {*self.found.values(), *self.down.values()}
        self.held = {each.pk: each for each in lock_all({*also, *wanted})}
        if any(self.services[key].group_window for key in own):
            self.heard = _last_heard(self.found.values())

    def choose(self) -> None:
        """Into which incident each alert goes, or with which others it opens one."""
        for number, alert in enumerate(self.alerts):
            group = self._group(alert)
            incident = self._above(alert) or self._known(group)
            if incident:
                self.joining[incident.pk].append(alert)
            else:
                self.opening.setdefault(group or number, []).append(alert)

    def open(self) -> None:
        """New incidents, which page unless all their alerts are only recorded; children's are gathered after commit."""
        groups = list(self.opening.values())
        if not groups:
            return
        openings = [opening_of(self._service(group[0]), group, self._key(group[0])) for group in groups]
        opened = open_for_alerts(openings=openings, now=self.now)
        for incident, group in zip(opened, groups, strict=True):
            self.held[incident.pk] = incident
            for alert in group:
                alert.incident = incident
        parents = [
            incident.pk
            for incident, opening in zip(opened, openings, strict=True)
            if opening.pages and says_down(incident)
        ]
        if parents:
            transaction.on_commit(partial(gather_children, incident_ids=parents, now=self.now), robust=True)

    def join(self) -> None:
        """The joined incidents tell of it, and page where only recorded ones stood before."""
        if not self.joining:
            return
        append(
            [(self.held[key], self._told(key, alerts)) for key, alerts in self.joining.items()], now=self.now
        )
        for key, alerts in self.joining.items():
            for alert in alerts:
                alert.incident = self.held[key]
        self._start_paging()
        raise_urgency(self.held, loud(self.alerts), self.now)
        signals.announce_all(self.joining, "timeline")

    def _service(self, alert: Alert) -> Service:
        return self.services[alert.service_id or alert.integration.service_id]

    def _group(self, alert: Alert) -> Group | None:
        """With which others it goes together; None: with none."""
        service = self._service(alert)
        if service.grouping == Grouping.ALERT:
            return None
        return Group(service.pk, group_key(service, alert) if service.grouping == Grouping.LABELS else None)

    def _key(self, alert: Alert) -> str:
        group = self._group(alert)
        return (group.key or "") if group else ""

    def _known(self, group: Group | None) -> Incident | None:
        """The open incident of the group, unless its last alert came too long ago."""
        incident = self.held.get(self.found.get(group, 0)) if group else None
        if group is None or incident is None or not incident.is_open:
            return None
        window = self.services[group.service].group_window
        heard = self.heard.get(incident.pk, incident.created_at)
        return incident if window is None or self.now - heard <= window else None

    def _above(self, alert: Alert) -> Incident | None:
        """The incident of the nearest service that this one depends on and that is down."""
        service = self._service(alert)
        if not (service.joins_parents and self.down):
            return None
        for parent, _ in reached([service.pk], self.directory.parents):
            incident = self.held.get(self.down.get(parent, 0))
            if incident and says_down(incident):
                why = f"since {service.name} depends on {self.services[parent].name}, which is down"
                self.reasons[incident.pk, service.pk] = why
                return incident
        return None

    def _told(self, incident_id: int, alerts: list[Alert]) -> list[Entry]:
        """A line for each service whose alerts joined: that of the incident itself, and those below it."""
        by_service: defaultdict[int, list[Alert]] = defaultdict(list)
        for alert in alerts:
            by_service[self._service(alert).pk].append(alert)
        return [
            *(self._line(incident_id, key, each) for key, each in by_service.items()),
            *(Entry(EntryKind.ALERT, text) for text in flapping(alerts)),
        ]

    def _line(self, incident_id: int, service_id: int, alerts: list[Alert]) -> Entry:
        why = self.reasons.get((incident_id, service_id))
        text = named("joined", alerts)
        data: dict[str, object] = {"alerts": len(alerts)}
        if why:
            text, data = f"{text}, {why}", data | {"depends": service_id}
        return Entry(EntryKind.ALERT, text, data=data)

    def _start_paging(self) -> None:
        """What was only recorded pages as soon as an alert comes that does; nobody has looked at it before."""
        first = {
            key: next(alert for alert in alerts if alert.outcome == Outcome.PAGE)
            for key, alerts in self.joining.items()
            if self.held[key].state == State.TRIAGE and any(alert.outcome == Outcome.PAGE for alert in alerts)
        }
        if not first:
            return
        paging = Escalation.objects.filter(incident__in=first).values_list("incident_id", flat=True)
        quiet = [self.held[key] for key in sorted(set(first) - set(paging))]
        if quiet:
            start(incidents=quiet, now=self.now)
            append([(each, [_paged_from_now(first[each.pk])]) for each in quiet], now=self.now)


def group_key(service: Service, alert: Alert) -> str:
    """What the alerts of one incident have in common, as text that is the same for the same labels."""
    pairs = (f"{name}={json.dumps(alert.labels.get(name, ''))}" for name in sorted(set(service.group_labels)))
    return key_of(", ".join(pairs))


def loud(alerts: Iterable[Alert]) -> set[int]:
    """The incidents of those that wake people."""
    return {
        alert.incident_id
        for alert in alerts
        if alert.incident_id and alert.outcome == Outcome.PAGE and is_urgent(alert)
    }


def raise_urgency(held: Mapping[int, Incident], loud: Collection[int], now: datetime) -> None:
    """What was not urgent is, as soon as one of its alerts is. The severity that a person declared stands."""
    raised = [
        each
        for each in held.values()
        if each.pk in loud and each.is_open and not each.is_declared and each.urgency == Urgency.LOW
    ]
    if not raised:
        return
    Incident.objects.filter(pk__in=[each.pk for each in raised]).update(urgency=Urgency.HIGH)
    for each in raised:
        each.urgency = Urgency.HIGH
    entry = Entry(EntryKind.CHANGED, "Urgency raised to high by an alert")
    append([(each, [entry]) for each in raised], now=now)
    signals.announce_all((each.pk for each in raised), "timeline")


def _paged_from_now(alert: Alert) -> Entry:
    return Entry(EntryKind.ESCALATION, f"Paging begins: “{alert.summary}” is not only to be recorded")


def _locked(services: Collection[int]) -> dict[int, Service]:
    rows = Service.objects.select_for_update(no_key=True).filter(pk__in=services).order_by("pk")
    return {row.pk: row for row in rows}


def _last_heard(incidents: Collection[int]) -> dict[int, datetime]:
    """When an alert of each was heard last; nothing for those that a person declared."""
    rows = Alert.objects.filter(incident__in=incidents).order_by().values_list("incident_id")
    return dict(rows.annotate(heard=Max("last_seen_at")))


def _write(alerts: Sequence[Alert]) -> None:
    """Alerts that stood without an incident before."""
    for alert in alerts:
        alert.held_until = None
    if alerts:
        Alert.objects.bulk_update(alerts, ["incident", "held_until", "mute"])
