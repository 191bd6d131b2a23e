"""From stored events to alerts and incidents, a worker's turn by hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from alerts import folding, placing, processing
from alerts.folding import Fold
from alerts.models import Alert, AlertState, Event, Integration
from alerts.processing import process, process_waiting, waiting
from catalog.models import Change, Grouping, Service
from incidents.actions.timeline import lock_all
from incidents.actions.transitions import acknowledge, change_state, declare
from incidents.models import EntryKind, Escalation, Incident, State, TimelineEntry
from notifications.models import Urgency
from oncall.models import EscalationPolicy
from tests.making import NOW, make_integration, make_service

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]


@pytest.fixture
def door(service: Service) -> Integration:
    """A PagerDuty integration; its key does not matter here."""
    return make_integration(service)[0]


def store(door: Integration, body: object, *, endpoint: str = "alert", dedup_key: str = "") -> Event:
    text = body if isinstance(body, str) else json.dumps(body)
    return Event.objects.create(
        integration=door, endpoint=endpoint, body=text, dedup_key=dedup_key, received_at=NOW
    )


def tell(door: Integration, action: str = "trigger", key: str = "disk", **payload: Any) -> Event:
    payload = {"summary": f"{key} is full", "source": "db1", "severity": "critical", **payload}
    return store(door, {"event_action": action, "dedup_key": key, "payload": payload})


def turn(now: datetime = NOW) -> None:
    process_waiting(now=now)
    assert waiting() == []


def words(incident: Incident) -> list[str]:
    return list(incident.timeline.values_list("text", flat=True))


# --- One alert per key while it is open


def test_repeats_of_a_key_are_one_alert_with_its_newest_words(door: Integration) -> None:
    first = tell(door, summary="70 %", severity="warning")
    last = tell(door, summary="99 %", severity="critical")
    turn()
    alert = Alert.objects.get()
    assert (alert.count, alert.summary, alert.severity) == (2, "99 %", "critical")
    assert (alert.first_event, alert.last_event) == (first, last)
    tell(door, summary="100 %")
    turn()
    alert.refresh_from_db()
    assert (alert.count, alert.summary) == (3, "100 %")


def test_a_key_that_ended_and_fires_again_in_one_batch_is_two_alerts(door: Integration) -> None:
    for action in ("trigger", "resolve", "trigger"):
        tell(door, action)
    turn()
    assert list(Alert.objects.order_by("pk").values_list("state", "count")) == [("resolved", 1), ("open", 1)]
    assert Incident.objects.get().state == State.TRIAGE


def test_an_open_alert_that_ends_and_fires_again_in_one_batch_is_two_alerts(door: Integration) -> None:
    tell(door)
    turn()
    tell(door, "resolve")
    tell(door)
    turn()
    assert list(Alert.objects.order_by("pk").values_list("state", flat=True)) == ["resolved", "open"]
    assert Incident.objects.get().is_open
    assert not Event.objects.exclude(problem="").exists()


def test_events_are_worked_through_in_the_order_in_which_they_came(door: Integration) -> None:
    for action in ("resolve", "trigger", "acknowledge", "resolve", "acknowledge"):
        tell(door, action)
    turn()
    assert Alert.objects.get().state == AlertState.RESOLVED
    notes = list(Event.objects.order_by("pk").values_list("notes", flat=True))
    assert notes == [
        ["nothing open to resolve under disk"],
        [],
        [],
        [],
        ["nothing open to acknowledge under disk"],
    ]


def test_the_same_key_of_two_integrations_is_two_alerts(door: Integration, service: Service) -> None:
    tell(door)
    tell(make_integration(service)[0])
    turn()
    assert Alert.objects.count() == 2
    assert Incident.objects.count() == 1


# --- Which incident


def test_further_alerts_join_the_open_incident_of_the_service(door: Integration) -> None:
    tell(door, key="a")
    turn()
    tell(door, key="b")
    tell(door, key="c")
    turn()
    incident = Incident.objects.get()
    assert incident.alerts.count() == 3
    assert "2 alerts joined: b is full; c is full" in words(incident)


def test_many_new_alerts_at_once_are_one_incident(door: Integration) -> None:
    for number in range(7):
        tell(door, key=f"k{number}")
    turn()
    incident = Incident.objects.get()
    assert incident.title == "k0 is full"
    assert words(incident) == [f"Opened by {door.name}: k0 is full (and 6 more)"]


def test_a_service_can_ask_for_an_incident_for_each_alert(door: Integration, service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(grouping=Grouping.ALERT)
    tell(door, key="a")
    tell(door, key="b")
    tell(door, key="a")
    turn()
    assert sorted(Incident.objects.values_list("title", flat=True)) == ["a is full", "b is full"]
    assert Escalation.objects.running().count() == 2


def test_alerts_join_no_incident_that_is_over_and_no_drill(
    door: Integration, owner: User, later: Later
) -> None:
    tell(door, key="a")
    turn()
    change_state(incident_id=Incident.objects.get().pk, verb="dismiss", actor=owner, now=NOW)
    tell(door, key="b")
    turn()
    second = Incident.objects.get(state=State.TRIAGE)
    Incident.objects.filter(pk=second.pk).update(is_drill=True)
    tell(door, key="c")
    turn()
    assert [each.alerts.count() for each in Incident.objects.order_by("pk")] == [1, 1, 1]


def test_a_repeat_after_a_person_closed_the_incident_opens_a_new_one_that_pages(
    door: Integration, owner: User, later: Later
) -> None:
    tell(door)
    turn()
    first = Incident.objects.get()
    change_state(incident_id=first.pk, verb="resolve", actor=owner, now=later(minutes=1))
    # Whether or not the news of it was heard: a process may have died before it.
    assert first.alerts.get().state == AlertState.OPEN
    tell(door)
    turn(later(minutes=2))
    second = Incident.objects.get(state=State.TRIAGE)
    assert second != first
    assert Escalation.objects.get(incident=second).state == "running"
    assert first.alerts.get().state == AlertState.RESOLVED
    assert first.alerts.get().resolved_at == later(minutes=1)
    assert second.alerts.get().count == 1


def test_alerts_end_with_their_incident(
    door: Integration, owner: User, django_capture_on_commit_callbacks: Any
) -> None:
    tell(door)
    turn()
    incident = Incident.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        change_state(incident_id=incident.pk, verb="dismiss", actor=owner, now=NOW)
    assert incident.alerts.get().state == AlertState.RESOLVED


def test_an_incident_that_is_closed_between_the_look_and_the_lock_is_not_joined(
    door: Integration, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(door, key="a")
    turn()
    incident = Incident.objects.get()

    def too_late(ids: Any) -> list[Incident]:
        monkeypatch.setattr(placing, "lock_all", lock_all)
        change_state(incident_id=incident.pk, verb="resolve", actor=owner, now=NOW)
        return lock_all(ids)

    monkeypatch.setattr(placing, "lock_all", too_late)
    tell(door, key="b")
    turn()
    assert Alert.objects.get(dedup_key="b").incident != incident
    assert Escalation.objects.running().count() == 1


# --- Urgency


@pytest.mark.parametrize(
    ("severity", "urgency"),
    [("critical", "high"), ("error", "high"), ("warning", "low"), ("info", "low"), ("weird", "high")],
)
def test_the_severity_decides_how_urgently_people_are_paged(
    door: Integration, severity: str, urgency: str
) -> None:
    tell(door, severity=severity)
    turn()
    assert Incident.objects.get().urgency == urgency


@pytest.mark.parametrize("key", ["another", "disk"])
def test_a_critical_alert_makes_a_quiet_incident_urgent(door: Integration, key: str) -> None:
    tell(door, severity="info")
    turn()
    tell(door, key=key, severity="critical")
    turn()
    incident = Incident.objects.get()
    assert incident.urgency == Urgency.HIGH
    assert words(incident)[-1] == "Urgency raised to high by an alert"
    tell(door, key=key, severity="critical")
    turn()
    assert words(incident).count("Urgency raised to high by an alert") == 1


def test_the_severity_that_a_person_declared_stands(door: Integration, owner: User) -> None:
    tell(door, severity="info")
    turn()
    incident = Incident.objects.get()
    declare(incident_id=incident.pk, actor=owner, severity=4, now=NOW)
    tell(door, key="another", severity="critical")
    turn()
    incident.refresh_from_db()
    assert incident.urgency == Urgency.LOW


# --- The end of alerts


def test_the_end_of_all_alerts_resolves_an_incident_in_triage(door: Integration, later: Later) -> None:
    tell(door, key="a")
    tell(door, key="b")
    turn()
    tell(door, "resolve", key="a")
    turn(later(minutes=1))
    incident = Incident.objects.get()
    assert incident.state == State.TRIAGE
    assert words(incident)[-1] == "Alert resolved: a is full"
    tell(door, "resolve", key="b")
    turn(later(minutes=2))
    incident.refresh_from_db()
    assert (incident.state, incident.resolved_at) == (State.RESOLVED, later(minutes=2))
    assert Escalation.objects.get().state == "stopped"


def test_the_end_of_all_alerts_resolves_an_acknowledged_incident(door: Integration, member: User) -> None:
    tell(door)
    turn()
    acknowledge(incident_id=Incident.objects.get().pk, actor=member, now=NOW)
    tell(door, "resolve")
    turn()
    assert Incident.objects.get().state == State.RESOLVED


def test_a_declared_incident_is_only_told_of_it(door: Integration, owner: User) -> None:
    tell(door)
    turn()
    declare(incident_id=Incident.objects.get().pk, actor=owner, severity=2, now=NOW)
    tell(door, "resolve")
    turn()
    incident = Incident.objects.get()
    assert incident.state == State.ACTIVE
    assert words(incident)[-1] == "All alerts resolved"
    assert Alert.objects.get().state == AlertState.RESOLVED


def test_a_service_can_keep_its_incidents_open(door: Integration, service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(auto_resolve=False)
    tell(door)
    tell(door, "resolve")
    turn()
    incident = Incident.objects.get()
    assert incident.state == State.TRIAGE
    assert words(incident)[-1] == "All alerts resolved"


def test_an_acknowledgement_by_the_tool_stops_paging(door: Integration) -> None:
    tell(door)
    turn()
    tell(door, "acknowledge")
    turn()
    incident = Incident.objects.get()
    assert (incident.state, incident.acknowledged_by) == (State.ACKNOWLEDGED, None)
    assert Escalation.objects.get().state == "stopped"
    assert Alert.objects.get().state == AlertState.ACKNOWLEDGED
    assert TimelineEntry.objects.get(kind=EntryKind.ACKNOWLEDGED).text.endswith(f"{door.name} (pagerduty)")


def test_an_acknowledgement_keeps_the_words_of_the_trigger(door: Integration) -> None:
    tell(door, summary="Disk is full")
    store(door, {"event_action": "acknowledge", "dedup_key": "disk"})
    turn()
    assert Alert.objects.get().summary == "Disk is full"


# --- Nothing stops the rest


@pytest.fixture
def poisonous(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the batch cannot write, as if the database refused it."""
    fold = Fold.trigger

    def refuse(self: Fold, event: Event, signal: Any) -> None:
        fold(self, event, signal)
        if signal.dedup_key.startswith("poison"):
            self.work[-1].alert.summary = "x" * 5000

    monkeypatch.setitem(folding.FOLD, "trigger", refuse)


def test_an_event_that_cannot_be_read_is_kept_with_its_problem(door: Integration) -> None:
    bad = store(door, '{"event_action": "trigger", ')
    tell(door)
    turn()
    bad.refresh_from_db()
    assert bad.problem.startswith("The body is not valid JSON")
    assert bad.processed_at == NOW
    assert Alert.objects.count() == 1


@pytest.mark.usefixtures("poisonous")
def test_an_event_that_cannot_be_written_costs_only_itself(door: Integration) -> None:
    tell(door, "resolve", key="unknown")
    for number in range(20):
        tell(door, key="poison" if number in (3, 11) else f"k{number}")
    turn()
    refused = Event.objects.exclude(problem="")
    assert refused.count() == 2
    assert all("value too long" in event.problem for event in refused)
    assert Alert.objects.count() == 18
    assert Incident.objects.count() == 1
    assert Event.objects.first().notes == ["nothing open to resolve under unknown"]  # type: ignore[union-attr]


@pytest.mark.usefixtures("poisonous")
def test_a_poisonous_event_alone_stops_nothing(door: Integration) -> None:
    tell(door, key="poison")
    turn()
    tell(door)
    turn()
    assert Alert.objects.get().dedup_key == "disk"


def test_a_body_that_grows_as_utf8_is_still_read(door: Integration) -> None:
    """What came as UTF-16 at the limit has up to half as many bytes more as UTF-8."""
    text = "試" * (settings.INTAKE_MAX_BYTES // 2 - 200)
    event = tell(door, custom_details={"text": text})
    event.body = json.dumps(json.loads(event.body), ensure_ascii=False)
    assert len(event.body.encode("utf-16-le")) < settings.INTAKE_MAX_BYTES < len(event.body.encode())
    event.save()
    turn()
    event.refresh_from_db()
    assert event.problem == ""
    assert Alert.objects.get().details["text"] == text


def test_a_kind_that_this_version_does_not_know_loses_nothing(door: Integration) -> None:
    Integration.objects.filter(pk=door.pk).update(kind="carrier-pigeon")
    event = tell(door)
    turn()
    event.refresh_from_db()
    assert event.problem.startswith("UnknownKind")


def test_what_alertmanager_cut_off_is_said(service: Service) -> None:
    door = make_integration(service, "alertmanager")[0]
    alert = {"status": "firing", "labels": {"alertname": "DiskFull"}, "fingerprint": "f1"}
    store(door, {"status": "firing", "alerts": [alert], "truncatedAlerts": 3})
    turn()
    assert Event.objects.get().notes[0].startswith("Alertmanager cut 3 more alerts off")
    assert Alert.objects.get().dedup_key == "f1"


def test_changes_are_noted_on_the_service_and_page_nobody(door: Integration, service: Service) -> None:
    payload = {"summary": "Deployed 4.2", "source": "ci", "custom_details": {"commit": "f00"}}
    store(door, {"payload": payload, "links": [{"href": "https://ci.example/7"}]}, endpoint="change")
    turn()
    change = Change.objects.get()
    assert (change.service, change.summary, change.source) == (service, "Deployed 4.2", "ci")
    assert change.details == {"commit": "f00"}
    assert change.links == [{"href": "https://ci.example/7", "text": "https://ci.example/7"}]
    assert not Incident.objects.exists()


# --- Many at once


def statements(door: Integration, events: int, now: datetime) -> int:
    for number in range(events):
        tell(door, key=f"{now:%M}-{number}")
    with CaptureQueriesContext(connection) as captured:
        assert process(integration_id=door.pk, now=now) == events
    return len(captured)


def test_statements_do_not_grow_with_the_batch(door: Integration, later: Later) -> None:
    tell(door)
    turn()
    few, many = statements(door, 10, later(minutes=1)), statements(door, 200, later(minutes=2))
    assert few == many <= 22
    assert Alert.objects.count() == 211


def test_repeats_hold_no_incident(door: Integration) -> None:
    """A storm of them must not stand between an escalation and its sweep."""
    tell(door)
    turn()
    tell(door)
    with CaptureQueriesContext(connection) as captured:
        turn()
    assert not [query for query in captured if 'FOR UPDATE OF "incidents' in query["sql"]]


def test_a_storm_at_one_integration_delays_no_other(
    door: Integration, team: Team, policy: EscalationPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = make_integration(make_service(team, policy))[0]
    for number in range(2 * processing.BATCH + 1):
        tell(door, key=f"k{number % 3}")
    tell(calm)
    assert process_waiting(now=NOW, rounds=1) == processing.BATCH + 1
    assert Alert.objects.filter(integration=calm).count() == 1
    assert waiting() == [door.pk]


def test_nothing_to_do_is_nothing_done() -> None:
    assert process_waiting(now=NOW) == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_never_process_an_event_twice(service: Service) -> None:
    doors = [make_integration(service)[0] for _ in range(3)]
    for number in range(60):
        for door in doors:
            tell(door, key=f"k{number % 7}")
    done: list[int] = []
    start = threading.Barrier(4)

    def worker() -> None:
        start.wait(timeout=10)
        try:
            while True:
                count = sum(process(integration_id=each, now=NOW, limit=7) for each in waiting())
                done.append(count)
                if not count and not waiting():
                    return
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sum(done) == 180
    assert sum(Alert.objects.values_list("count", flat=True)) == 180
    assert Alert.objects.count() == 21
    assert Incident.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_integration_that_another_worker_has_is_left_to_it(door: Integration) -> None:
    tell(door)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [processing.LOCK_CLASS, door.pk])
            held.set()
            done.wait(timeout=10)
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [processing.LOCK_CLASS, door.pk])
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(timeout=10)
    assert process(integration_id=door.pk, now=NOW) == 0
    done.set()
    thread.join(timeout=10)
    assert process(integration_id=door.pk, now=NOW) == 1


def test_an_annotation_that_describes_becomes_the_incidents_summary(service: Service) -> None:
    door = make_integration(service, "alertmanager")[0]
    annotations = {"summary": "Checkout answers 502", "description": "One request in three fails."}
    alert = {"status": "firing", "labels": {"alertname": "Checkout"}, "annotations": annotations}
    store(door, {"status": "firing", "alerts": [alert]})
    turn()
    incident = Incident.objects.get()
    assert (incident.title, incident.summary) == ("Checkout answers 502", "One request in three fails.")
