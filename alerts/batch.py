"""A batch of signals of one integration, folded in memory and written set by set."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from alerts.actions.pinging import heard
from alerts.bulk import update_alerts
from alerts.ends import by_incident, tell_ends
from alerts.folding import Fold, Work
from alerts.models import Alert, Event, Integration
from alerts.placing import loud, place, raise_urgency
from alerts.sources.base import Change, Parsed, Ping, Signal
from catalog.actions import NewChange, record_changes
from catalog.models import Service
from incidents import signals
from incidents.actions.timeline import Entry, append
from incidents.actions.transitions import acknowledge
from incidents.models import EntryKind, Incident

# Mutes that an alert was held back by: one that ends now waits for this transaction, then examines what it holds.
HOLD_MUTES = "SELECT id FROM alerts_mute WHERE id = ANY(%s) AND is_open AND ended_at IS NULL FOR SHARE"


@dataclass
class Batch:
    """`add` every event in order, then `write` once, in the caller's transaction."""

    integration: Integration
    now: datetime
    signals: list[tuple[Event, Signal]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    pings: list[tuple[Event, Ping]] = field(default_factory=list)
    held: dict[int, Incident] = field(default_factory=dict)
    fold: Fold = field(init=False)

    def __post_init__(self) -> None:
        self.fold = Fold(self.integration, self.now)

    @property
    def work(self) -> list[Work]:
        return self.fold.work

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
            self.fold.take(event, signal)
        self._look_at_mutes()
        self._break_through()
        new = [work.alert for work in self.work if work.is_new]
        self._place()
        # Before the new ones: a key that ended and fired again may be open only once.
        update_alerts((work.alert, work.fired) for work in self.work if not work.is_new)
        Alert.objects.bulk_create(new)
        raise_urgency(self.held, loud(work.alert for work in self.work if work.fired), self.now)
        self._tell()

    def _write_changes(self) -> None:
        if not self.changes:
            return
        rows = [
            NewChange(
                service_id=self._changed(change),
                kind=change.kind,
                summary=change.summary,
                source=change.source,
                happened_at=change.happened_at,
                links=list(change.links),
                details=dict(change.details),
            )
            for change in self.changes
        ]
        record_changes(rows=rows, now=self.now)

    def _changed(self, change: Change) -> int:
        """The service that the tool names, else the integration's."""
        found = self.fold.directory.find(change.service) if change.service else None
        return found.id if found else self.integration.service_id

    def _hear(self) -> None:
        """Signs of life, in their order; what there is to say of one stands on its event."""
        if not self.pings:
            return
        notes = heard(integration=self.integration, pings=[ping for _, ping in self.pings], now=self.now)
        for (event, _), note in zip(self.pings, notes, strict=True):
            event.notes = [*event.notes, note] if note else event.notes

    def _read(self) -> None:
        """Open alerts by key.

        Locked, so that closing them with their incident (alerts.actions.closing) comes before this or after it; the
        incidents are read after that, for how they stand now.
        """
        keys = {signal.dedup_key for _, signal in self.signals}
        rows = list(
            Alert.objects.open()
            .select_for_update(no_key=True, of=("self",))
            .filter(integration=self.integration, dedup_key__in=keys)
            .order_by("pk")
        )
        incidents = Incident.objects.in_bulk({row.incident_id for row in rows if row.incident_id})
        for alert in rows:
            alert.integration = self.integration
            alert.incident = incidents.get(alert.incident_id or 0)
        self.fold.start(rows, self.signals)

    def _look_at_mutes(self) -> None:
        """A mute that has just ended examines what it holds, and may have done so before this was written: what it
        would hold now is not muted after all. Other mutes are held open until this is committed."""
        muted = [work.alert for work in self.work if work.is_new and work.alert.mute_id]
        if not muted:
            return
        with connection.cursor() as cursor:
            cursor.execute(HOLD_MUTES, [list({alert.mute_id for alert in muted})])
            still = {row[0] for row in cursor.fetchall()}
        for alert in muted:
            if alert.mute_id not in still:
                alert.mute = None

    def _break_through(self) -> None:
        """What a mute held back and what became urgent since: a mute of warnings, say, does not hold it any more."""
        worse = [work.alert for work in self.work if work.worse and work.alert.mute_id and not work.is_new]
        if not worse:
            return
        services = Service.objects.select_related("team").in_bulk({alert.service_id for alert in worse})
        for alert in worse:
            alert.service = services.get(alert.service_id or 0)
            alert.mute = self.fold.ruling.mute_of(alert, self.now)

    def _place(self) -> None:
        """Give every new alert its incident, and hold every incident that will be written to.

        Mere repeats hold nothing, so that a storm of them does not stand between an escalation and its sweep.
        """
        adrift = []
        for work in self.work:
            if work.is_new:
                work.alert.count = work.fired
            if work.is_adrift:
                adrift.append(work.alert)
        touched = {
            key for work in self.work if not work.is_new and work.matters and (key := work.alert.incident_id)
        }
        if adrift or touched:
            self.held = place(adrift, self.now, also=touched, directory=self.fold.directory)

    def _tell(self) -> None:
        """What notes, acknowledgements and ends mean for the incidents, in the order of their ids. Notes come first:
        they are written on the incidents as they were read here, the others read them anew."""
        over = {key for key, incident in self.held.items() if not incident.is_open}
        self._note(over)
        acked = {key for work in self.work if work.acknowledged and (key := work.alert.incident_id)}
        for key in sorted(acked - over):
            acknowledge(incident_id=key, actor=None, now=self.now, via=via(self.integration))
        ended = by_incident(work.alert for work in self.work if work.resolved)
        tell_ends({key: alerts for key, alerts in ended.items() if key not in over}, self.now)

    def _note(self, over: Collection[int]) -> None:
        """What the tool adds in words, on the timelines."""
        said = [
            (
                self.held[key],
                [Entry(EntryKind.ALERT, f"{self.integration.name}: {text}") for text in work.said],
            )
            for work in self.work
            if work.said and (key := work.alert.incident_id) in self.held and key not in over
        ]
        append(said, now=self.now)
        signals.announce_all((incident.pk for incident, _ in said), "timeline")


def via(integration: Integration) -> str:
    """By which way a tool acknowledged."""
    return f"{integration.name} ({integration.kind})"
