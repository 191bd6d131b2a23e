"""The signals of a batch, folded in memory: what each says about the one open alert of its key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from alerts.deciding import Ruling
from alerts.directory import Directory
from alerts.ends import end
from alerts.flapping import WINDOW, fired_again, flaps, recent_ends, returns, settle
from alerts.models import Alert, AlertState, EndedBy, Event, Integration, Outcome
from alerts.sources.base import Signal
from alerts.wording import details_of, grown, is_urgent
from notifications.models import Urgency


@dataclass(slots=True)
class Work:
    """One alert while the batch is folded: new, or read from the table. `fired` counts its triggers here; `worse` is
    one that became urgent here, `spared` one that ended within its pause; `said` are the notes about it."""

    alert: Alert
    is_new: bool
    fired: int = 0
    acknowledged: bool = False
    resolved: bool = False
    worse: bool = False
    spared: bool = False
    said: list[str] = field(default_factory=list)

    @property
    def matters(self) -> bool:
        """Whether this says something new about the incident of an alert that was there before."""
        if self.alert.incident is None:
            return False
        raises = self.is_loud and self.alert.incident.urgency == Urgency.LOW
        return self.acknowledged or self.resolved or raises or bool(self.said)

    @property
    def is_loud(self) -> bool:
        return bool(self.fired) and is_urgent(self.alert)

    @property
    def is_adrift(self) -> bool:
        """Whether it fired, and nothing keeps it from an incident that it does not have."""
        alert = self.alert
        kept = alert.held_until or alert.mute_id or alert.outcome == Outcome.ALERT
        return bool(self.fired) and not (alert.incident_id or kept or self.spared)


@dataclass
class Fold:
    """`start` with the open alerts, `take` every signal in its order; then `work` holds what is to be written."""

    integration: Integration
    now: datetime
    directory: Directory = field(default_factory=Directory)
    work: list[Work] = field(default_factory=list)
    current: dict[str, Work] = field(default_factory=dict)
    ends: dict[str, list[datetime]] = field(default_factory=dict)

    @cached_property
    def ruling(self) -> Ruling:
        """Routes and mutes, read when the first new alert asks for them."""
        return Ruling.read(self.integration, self.now, self.directory)

    def start(self, alerts: list[Alert], told: list[tuple[Event, Signal]]) -> None:
        """Open alerts of the keys in `told`. One whose incident a person has closed is over too: it ends here, at the
        latest."""
        for alert in alerts:
            work = Work(alert, is_new=False)
            self.work.append(work)
            if alert.incident is None or alert.incident.is_open:
                self.current[alert.dedup_key] = work
            else:
                end(alert, alert.incident.closed_at or self.now, EndedBy.INCIDENT)
        self._look_back(told)

    def take(self, event: Event, signal: Signal) -> None:
        """One more signal."""
        FOLD[signal.action](self, event, signal)

    def _look_back(self, told: list[tuple[Event, Signal]]) -> None:
        """When the keys that begin here ended last; nothing is asked for mere repeats."""
        ending = {signal.dedup_key for _, signal in told if signal.action == "resolve"}
        keys = {
            signal.dedup_key
            for _, signal in told
            if signal.action == "trigger"
            and (signal.dedup_key in ending or signal.dedup_key not in self.current)
        }
        if keys:
            first = min(event.received_at for event, _ in told)
            self.ends = recent_ends(self.integration.pk, keys, first - WINDOW)

    def trigger(self, event: Event, signal: Signal) -> None:
        """A new alert, or one more firing of the open one."""
        work = self.current.get(signal.dedup_key)
        if work is None:
            work = Work(self._alert(event, signal), is_new=True)
            self.work.append(work)
            self.current[signal.dedup_key] = work
        was_urgent = work.is_new or is_urgent(work.alert)
        work.fired += 1
        self._heard_again(work.alert, event, signal)
        work.worse = work.worse or (is_urgent(work.alert) and not was_urgent)

    def _heard_again(self, alert: Alert, event: Event, signal: Signal) -> None:
        """The newest words; the place that was decided at its beginning stays."""
        fired_again(alert)
        alert.severity = self._severity(alert, signal)
        alert.summary, alert.source = signal.summary, signal.source[:300]
        alert.rule, alert.labels = signal.rule[:200], dict(signal.labels)
        alert.details, alert.links = details_of(signal), list(signal.links)
        alert.last_seen_at, alert.last_event_id = event.received_at, event.pk
        lasts = self.ruling.stale_after(alert.route_id) if alert.route_id else self.integration.stale_after
        alert.expires_at = signal.expires_at or (event.received_at + lasts if lasts else None)

    def _severity(self, alert: Alert, signal: Signal) -> str:
        return self.ruling.severity(alert.route_id, signal) if alert.route_id else signal.severity

    def acknowledge(self, event: Event, signal: Signal) -> None:
        """The tool says that somebody has it. Unknown keys are no error: the answer was sent long ago."""
        if work := self._open(event, signal):
            work.alert.state, work.acknowledged = AlertState.ACKNOWLEDGED, True
            work.alert.last_event_id = event.pk

    def update(self, event: Event, signal: Signal) -> None:
        """New words for an open alert; it did not fire again."""
        if work := self._open(event, signal):
            alert = work.alert
            alert.last_event_id = event.pk
            if not signal.keeps_severity:
                alert.severity = self._severity(alert, signal)
            alert.summary = signal.summary or alert.summary
            alert.details = grown(alert.details, details_of(signal))

    def note(self, event: Event, signal: Signal) -> None:
        """A sentence for the timeline of the alert's incident."""
        if work := self._open(event, signal):
            work.said.append(signal.summary)
            event.notes = [*event.notes, f"note: {signal.summary}"]

    def resolve(self, event: Event, signal: Signal) -> None:
        """The condition is over; a later firing of the same key is a new alert. One that flaps has to stay quiet."""
        work = self._open(event, signal)
        if work is None:
            return
        work.alert.last_event_id = event.pk
        if flaps(work.alert):
            settle(work.alert, event.received_at)
            return
        self.current.pop(signal.dedup_key)
        self.ends.setdefault(signal.dedup_key, []).append(event.received_at)
        work.spared = work.alert.held_until is not None
        end(work.alert, event.received_at, EndedBy.TOOL)
        work.resolved = True

    def _open(self, event: Event, signal: Signal) -> Work | None:
        """The open alert that a signal is about; that there is none is noted."""
        work = self.current.get(signal.dedup_key)
        if work is None:
            event.notes = [*event.notes, f"nothing open to {signal.action} under {signal.dedup_key}"]
        return work

    def _alert(self, event: Event, signal: Signal) -> Alert:
        decision = self.ruling.decide(signal, event.received_at)
        waits = decision.pause and decision.outcome != Outcome.ALERT and decision.mute is None
        return Alert(
            integration=self.integration,
            service_id=decision.service_id,
            route=decision.route,
            mute=decision.mute,
            outcome=decision.outcome,
            urgency=decision.urgency,
            why=decision.why,
            dedup_key=signal.dedup_key,
            started_at=signal.happened_at,
            last_seen_at=event.received_at,
            first_event_id=event.pk,
            held_until=event.received_at + decision.pause if waits and decision.pause else None,
            flaps=returns(self.ends.get(signal.dedup_key, ()), event.received_at),
            count=0,
        )


FOLD = {
    "trigger": Fold.trigger,
    "acknowledge": Fold.acknowledge,
    "resolve": Fold.resolve,
    "update": Fold.update,
    "note": Fold.note,
}
