"""A batch of signals of one integration, folded in memory and written set by set."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from alerts.actions.pinging import heard
from alerts.bulk import update_alerts
from alerts.models import Alert, AlertState, Event, Integration
from alerts.sources.base import Change, Parsed, Ping, Signal
from alerts.wording import URGENT, details_of, grown, named, opening_of
from catalog.actions import NewChange, record_changes
from catalog.models import Grouping, Service
from incidents import signals
from incidents.actions.opening import open_for_alerts
from incidents.actions.timeline import Entry, append, lock_all
from incidents.actions.transitions import acknowledge, resolve_quietly
from incidents.models import EntryKind, Incident
from notifications.models import Urgency


@dataclass(slots=True)
class Work:
    """One alert while the batch is folded: new, or read from the table; `fired` counts its triggers here."""

    alert: Alert
    is_new: bool
    fired: int = 0
    acknowledged: bool = False
    resolved: bool = False

    @property
    def matters(self) -> bool:
        """Whether this says something new about the incident of an alert that was there before."""
        if self.alert.incident is None:
            return False
        raises = self.is_loud and self.alert.incident.urgency == Urgency.LOW
        return self.acknowledged or self.resolved or raises

    @property
    def is_loud(self) -> bool:
        return bool(self.fired) and self.alert.severity in URGENT


@dataclass(slots=True)
class Batch:
    """`add` every event in order, then `write` once, in the caller's transaction."""

    integration: Integration
    now: datetime
    signals: list[tuple[Event, Signal]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    pings: list[tuple[Event, Ping]] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    current: dict[str, Work] = field(default_factory=dict)
    held: dict[int, Incident] = field(default_factory=dict)

    def add(self, event: Event, parsed: Parsed) -> None:
        """Take what one event says."""
        event.notes = [*event.notes, *parsed.notes]
        self.signals += [(event, signal) for signal in parsed.signals]
        self.changes += parsed.changes
        self.pings += [(event, ping) for ping in parsed.pings]

    def write(self) -> None:
        """Fold everything, then open, join, update, acknowledge and resolve."""
        self._write_changes()
        self._hear()
        if not self.signals:
            return
        self._read()
        for event, signal in self.signals:
            FOLD[signal.action](self, event, signal)
        new = [work for work in self.work if work.is_new]
        service = self._lock(bool(new))
        # Before the new ones: a key that ended and fired again may be open only once.
        update_alerts((work.alert, work.fired) for work in self.work if not work.is_new)
        if service:
            self._place(service, new)
            Alert.objects.bulk_create([work.alert for work in new])
        self._raise()
        self._tell()

    def _write_changes(self) -> None:
        if not self.changes:
            return
        rows = [
            NewChange(
                service_id=self.integration.service_id,
                summary=change.summary,
                source=change.source,
                happened_at=change.happened_at,
                links=list(change.links),
                details=dict(change.details),
            )
            for change in self.changes
        ]
        record_changes(rows=rows, now=self.now)

    def _hear(self) -> None:
        """Signs of life, in their order."""
        if not self.pings:
            return
        notes = heard(integration=self.integration, pings=[ping for _, ping in self.pings], now=self.now)
        for (event, _ping), note in zip(self.pings, notes, strict=True):
            event.notes = [*event.notes, note] if note else event.notes

    def _read(self) -> None:
        """Open alerts by key. One whose incident a person has closed is over too: it ends here, at the latest.

        Locked, so that closing them with their incident (alerts.actions.closing) comes before this or after it.
        """
        keys = {signal.dedup_key for _, signal in self.signals}
        rows = (
            Alert.objects.open()
            .select_for_update(no_key=True, of=("self",))
            .filter(integration=self.integration, dedup_key__in=keys)
            .select_related("incident")
        )
        for alert in rows:
            work = Work(alert, is_new=False)
            self.work.append(work)
            if alert.incident is None or alert.incident.is_open:
                self.current[alert.dedup_key] = work
            else:
                _end(alert, alert.incident.closed_at or self.now)

    def trigger(self, event: Event, signal: Signal) -> None:
        """A new alert, or one more firing of the open one."""
        work = self.current.get(signal.dedup_key)
        if work is None:
            work = Work(self._alert(event, signal), is_new=True)
            self.work.append(work)
            self.current[signal.dedup_key] = work
        work.fired += 1
        alert = work.alert
        alert.severity, alert.summary, alert.source = signal.severity, signal.summary, signal.source[:300]
        alert.details, alert.links = details_of(signal), list(signal.links)
        alert.last_seen_at, alert.last_event_id = event.received_at, event.pk

    def acknowledge(self, event: Event, signal: Signal) -> None:
        """The tool says that somebody has it. Unknown keys are no error: the answer was sent long ago."""
        work = self.current.get(signal.dedup_key)
        if work is None:
            event.notes = [*event.notes, f"nothing open to acknowledge under {signal.dedup_key}"]
            return
        work.alert.state, work.acknowledged = AlertState.ACKNOWLEDGED, True
        work.alert.last_event_id = event.pk

    def update(self, event: Event, signal: Signal) -> None:
        """New words for an open alert; it did not fire again."""
        work = self.current.get(signal.dedup_key)
        if work is None:
            event.notes = [*event.notes, f"nothing open to update under {signal.dedup_key}"]
            return
        alert = work.alert
        alert.last_event_id = event.pk
        alert.severity = alert.severity if signal.keeps_severity else signal.severity
        alert.summary = signal.summary or alert.summary
        alert.details = grown(alert.details, details_of(signal))

    def note(self, event: Event, signal: Signal) -> None:
        """A sentence for the timeline of the alert's incident."""
        event.notes = [*event.notes, f"note: {signal.summary}"]

    def resolve(self, event: Event, signal: Signal) -> None:
        """The condition is over; a later firing of the same key is a new alert."""
        work = self.current.pop(signal.dedup_key, None)
        if work is None:
            event.notes = [*event.notes, f"nothing open to resolve under {signal.dedup_key}"]
            return
        _end(work.alert, event.received_at)
        work.resolved, work.alert.last_event_id = True, event.pk

    def _alert(self, event: Event, signal: Signal) -> Alert:
        return Alert(
            integration=self.integration,
            service_id=self.integration.service_id,
            dedup_key=signal.dedup_key,
            started_at=signal.happened_at,
            last_seen_at=event.received_at,
            first_event_id=event.pk,
            count=0,
        )

    def _lock(self, is_placing: bool) -> Service | None:
        """Hold the service, if new alerts are to be placed, and every incident that will be written to, at once and
        in the order of their ids: what is held cannot be closed by somebody else before this batch is written.

        Mere repeats hold nothing, so that a storm of them does not stand between an escalation and its sweep.
        """
        service, joinable = None, set()
        if is_placing:
            service = Service.objects.select_for_update(no_key=True).get(pk=self.integration.service_id)
            open_now = Incident.objects.open().filter(service=service, is_drill=False)
            joinable = set(open_now.order_by("-pk").values_list("pk", flat=True)[:1])
        touched = {
            key for work in self.work if not work.is_new and work.matters and (key := work.alert.incident_id)
        }
        self.held = {each.pk: each for each in lock_all(touched | joinable)}
        return service

    def _place(self, service: Service, new: list[Work]) -> None:
        """Give every new alert its incident: the open one of the service, or a new one."""
        for work in new:
            work.alert.count = work.fired
        if service.grouping == Grouping.ALERT:
            opened = self._open(service, [[work] for work in new])
            for work, incident in zip(new, opened, strict=True):
                work.alert.incident = incident
            return
        known = self._joinable(service)
        if known:
            self._join(known, new)
        incident = known or self._open(service, [new])[0]
        for work in new:
            work.alert.incident = incident

    def _joinable(self, service: Service) -> Incident | None:
        """The newest open incident of the service among those held."""
        found = [
            each
            for each in self.held.values()
            if each.is_open and each.service_id == service.pk and not each.is_drill
        ]
        return max(found, key=lambda each: each.pk, default=None)

    def _open(self, service: Service, groups: list[list[Work]]) -> list[Incident]:
        openings = [opening_of(service, self.integration, [work.alert for work in group]) for group in groups]
        return open_for_alerts(openings=openings, now=self.now)

    def _join(self, incident: Incident, new: list[Work]) -> None:
        alerts = [work.alert for work in new]
        entry = Entry(EntryKind.ALERT, named("joined", alerts), data={"alerts": len(alerts)})
        append([(incident, [entry])], now=self.now)
        signals.announce(incident.pk, "timeline")

    def _raise(self) -> None:
        """What was not urgent is, as soon as one of its alerts is. The severity that a person declared stands."""
        loud = {work.alert.incident_id for work in self.work if work.is_loud}
        raised = [
            each
            for each in self.held.values()
            if each.pk in loud and each.is_open and not each.is_declared and each.urgency == Urgency.LOW
        ]
        if not raised:
            return
        Incident.objects.filter(pk__in=[each.pk for each in raised]).update(urgency=Urgency.HIGH)
        entry = Entry(EntryKind.CHANGED, "Urgency raised to high by an alert")
        append([(each, [entry]) for each in raised], now=self.now)
        signals.announce_all((each.pk for each in raised), "timeline")

    def _tell(self) -> None:
        """What acknowledgements and ends mean for the incidents, in the order of their ids."""
        acked = {key for work in self.work if work.acknowledged and (key := work.alert.incident_id)}
        ended: defaultdict[int, list[Alert]] = defaultdict(list)
        for work in self.work:
            if work.resolved and work.alert.incident_id:
                ended[work.alert.incident_id].append(work.alert)
        over = {key for key, incident in self.held.items() if not incident.is_open}
        for key in sorted(acked - over):
            acknowledge(
                incident_id=key,
                actor=None,
                now=self.now,
                via=f"{self.integration.name} ({self.integration.kind})",
            )
        self._tell_ends({key: alerts for key, alerts in ended.items() if key not in over})

    def _tell_ends(self, ended: dict[int, list[Alert]]) -> None:
        if not ended:
            return
        still = set(Alert.objects.open().filter(incident__in=ended).values_list("incident_id", flat=True))
        partly = sorted(set(ended) & still)
        rows = [
            (
                incident,
                [
                    Entry(
                        EntryKind.ALERT,
                        named("resolved", ended[incident.pk]),
                        data={"alerts": len(ended[incident.pk])},
                    )
                ],
            )
            for incident in lock_all(partly)
        ]
        append(rows, now=self.now)
        signals.announce_all(partly, "timeline")
        resolve_quietly(incident_ids=sorted(set(ended) - still), now=self.now)


FOLD = {
    "trigger": Batch.trigger,
    "acknowledge": Batch.acknowledge,
    "resolve": Batch.resolve,
    "update": Batch.update,
    "note": Batch.note,
}


def _end(alert: Alert, moment: datetime) -> None:
    alert.state, alert.resolved_at = AlertState.RESOLVED, moment
