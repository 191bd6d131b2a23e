"""Which incident an alert goes into: by its route, by service, labels and time, and by what its service depends on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from alerts.folding import Fold
from alerts.models import Alert, Integration, Outcome
from alerts.placing import Placing
from alerts.processing import process
from catalog.models import Grouping, Service
from incidents.actions.transitions import acknowledge, change_state, declare
from incidents.models import Escalation, Incident, State
from notifications.models import Urgency
from oncall.models import EscalationPolicy
from tests.alerts.engine import alert_of, make_mute, make_route, tell, turn, words
from tests.making import NOW, make_integration, make_service

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


@pytest.fixture
def database(team: Team, policy: EscalationPolicy) -> Service:
    return make_service(team, policy, "Database")


@pytest.fixture
def below(service: Service, database: Service) -> Integration:
    """A door of the database, on which the service depends."""
    service.depends_on.add(database)
    return make_integration(database)[0]


# --- What a route makes of it


def test_an_alert_keeps_what_was_decided_about_it(door: Integration, database: Service) -> None:
    route = make_route(door, service=database, severity="warning", urgency="high", name="Disks")
    tell(door, labels={"env": "prod"})
    turn()
    alert = Alert.objects.get()
    assert (alert.route, alert.service, alert.severity, alert.urgency) == (route, database, "warning", "high")
    assert (alert.outcome, alert.why) == (Outcome.PAGE, "By route “Disks”")
    assert alert.labels == {"env": "prod"}
    assert alert.incident is not None
    assert (alert.incident.service, alert.incident.urgency) == (database, Urgency.HIGH)


def test_a_repeat_brings_new_words_but_no_new_route(door: Integration, database: Service) -> None:
    make_route(door, {"field": "summary", "op": "=~", "value": "old.*"}, severity="info")
    tell(door, summary="old words")
    turn()
    make_route(door, service=database, position=0)
    tell(door, summary="new words", severity="critical")
    turn()
    alert = Alert.objects.get()
    assert (alert.summary, alert.severity) == ("new words", "info")
    assert alert.service == door.service


def test_an_alert_that_is_only_recorded_pages_nobody_and_says_why(door: Integration) -> None:
    make_route(door, name="Nightly jobs", outcome=Outcome.RECORD)
    tell(door)
    turn()
    incident = Incident.objects.get()
    assert not Escalation.objects.exists()
    assert words(incident)[-1] == "Recorded only, by route “Nightly jobs”: nobody is paged"


def test_an_alert_that_pages_starts_paging_in_an_incident_that_was_only_recorded(door: Integration) -> None:
    make_route(door, {"field": "severity", "op": "=", "value": "info"}, outcome=Outcome.RECORD)
    tell(door, key="a", severity="info")
    turn()
    tell(door, key="b", severity="info")
    turn()
    assert not Escalation.objects.exists()
    tell(door, key="c")
    turn()
    incident = Incident.objects.get()
    assert Escalation.objects.get().incident == incident
    assert incident.urgency == Urgency.HIGH
    assert "Paging begins: “c is full” is not only to be recorded" in words(incident)


def test_an_alert_that_pages_does_not_page_where_somebody_has_it(door: Integration, member: User) -> None:
    make_route(door, {"field": "severity", "op": "=", "value": "info"}, outcome=Outcome.RECORD)
    tell(door, key="a", severity="info")
    turn()
    acknowledge(incident_id=Incident.objects.get().pk, actor=member, now=NOW)
    tell(door, key="b")
    turn()
    assert not Escalation.objects.exists()


def test_an_alert_that_only_records_makes_nothing_urgent(door: Integration) -> None:
    tell(door, key="a", severity="info")
    turn()
    make_route(door, outcome=Outcome.RECORD)
    tell(door, key="b", severity="critical")
    turn()
    assert Incident.objects.get().urgency == Urgency.LOW


def test_only_an_alert_opens_no_incident_however_often_it_fires(door: Integration) -> None:
    make_route(door, outcome=Outcome.ALERT, pause=timedelta(minutes=1))
    for _ in range(2):
        tell(door)
        turn()
    assert Alert.objects.get().count == 2
    assert Alert.objects.get().held_until is None
    assert not Incident.objects.exists()
    tell(door, "resolve")
    turn()
    assert Alert.objects.get().ended_by == "tool"


def test_a_muted_alert_has_its_mute_and_no_incident(door: Integration) -> None:
    mute = make_mute()
    for _ in range(2):
        tell(door)
        turn()
    alert = Alert.objects.get()
    assert (alert.mute, alert.incident, alert.count) == (mute, None, 2)


def test_an_alert_that_becomes_urgent_breaks_through_a_mute_of_warnings(door: Integration) -> None:
    make_mute({"field": "severity", "op": "in", "value": ["warning", "info"]})
    for severity in ("info", "warning"):
        tell(door, severity=severity)
        turn()
        assert Alert.objects.get().incident is None
    tell(door, severity="critical")
    turn()
    alert = Alert.objects.get()
    assert (alert.mute, alert.severity) == (None, "critical")
    assert alert.incident == Incident.objects.get()


def test_an_alert_that_becomes_urgent_stays_muted_where_all_are(door: Integration) -> None:
    mute = make_mute()
    for severity in ("info", "critical"):
        tell(door, severity=severity)
        turn()
    assert (Alert.objects.get().mute, Alert.objects.get().incident) == (mute, None)


def test_a_mute_that_ends_while_a_batch_relies_on_it_mutes_nothing(
    door: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it held back has been looked at by then, so nobody would look at this one."""
    mute = make_mute()
    decide = Fold._alert

    def too_late(*args: Any) -> Alert:
        alert = decide(*args)
        type(mute).objects.filter(pk=mute.pk).update(is_open=False)
        return alert

    monkeypatch.setattr(Fold, "_alert", too_late)
    tell(door)
    turn()
    alert = Alert.objects.get()
    assert alert.mute is None
    assert alert.incident is not None


# --- Grouping


def test_alerts_with_the_same_labels_are_one_incident(door: Integration, service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(grouping=Grouping.LABELS, group_labels=["region", "env"])
    for key, region in (("a", "eu"), ("b", "us"), ("c", "eu")):
        tell(door, key=key, labels={"env": "prod", "region": region, "host": key})
    turn()
    tell(door, key="d", labels={"env": "prod", "region": "eu"})
    tell(door, key="e")
    turn()
    groups = {
        incident.group_key: sorted(incident.alerts.values_list("dedup_key", flat=True))
        for incident in Incident.objects.all()
    }
    assert groups == {
        'env="prod", region="eu"': ["a", "c", "d"],
        'env="prod", region="us"': ["b"],
        'env="", region=""': ["e"],
    }


def test_a_group_whose_labels_are_long_still_has_a_key_of_its_own(
    door: Integration, service: Service
) -> None:
    Service.objects.filter(pk=service.pk).update(grouping=Grouping.LABELS, group_labels=["path"])
    for key in ("a", "b", "c"):
        tell(door, key=key, labels={"path": "x" * 600 + ("b" if key == "b" else "")})
    turn()
    assert Incident.objects.count() == 2


def test_an_alert_joins_only_what_it_follows_soon_enough(
    door: Integration, service: Service, later: Later
) -> None:
    Service.objects.filter(pk=service.pk).update(group_window=timedelta(minutes=10))
    tell(door, key="a")
    turn()
    tell(door, key="b", at=later(minutes=9))
    turn(later(minutes=9))
    assert Incident.objects.count() == 1
    tell(door, key="c", at=later(minutes=20))
    turn(later(minutes=20))
    assert Incident.objects.count() == 2
    assert alert_of("c").incident != alert_of("a").incident


# --- What a service depends on


def test_while_a_service_is_down_the_alerts_of_what_depends_on_it_join_its_incident(
    door: Integration, below: Integration
) -> None:
    tell(below)
    turn()
    tell(door, key="slow")
    turn()
    incident = Incident.objects.get()
    assert incident.alerts.count() == 2
    assert words(incident)[-1] == (
        "Alert joined: slow is full, since Payments API depends on Database, which is down"
    )


def test_the_nearest_service_that_is_down_is_joined(
    door: Integration, below: Integration, database: Service, team: Team, policy: EscalationPolicy
) -> None:
    disks = make_service(team, policy, "Disks")
    database.depends_on.add(disks)
    Service.objects.filter(pk=database.pk).update(joins_parents=False)
    far = make_integration(disks)[0]
    tell(far, key="far")
    turn()
    tell(door, key="first")
    turn()
    assert alert_of("first").incident == alert_of("far").incident
    tell(below, key="near")
    turn()
    assert alert_of("near").incident != alert_of("far").incident
    tell(door, key="second")
    turn()
    assert alert_of("second").incident == alert_of("near").incident


@pytest.mark.parametrize("state", ["quiet", "over", "drill", "recorded", "asked not to"])
def test_a_service_that_is_not_down_is_not_joined(
    door: Integration, below: Integration, owner: User, service: Service, state: str
) -> None:
    if state == "recorded":
        make_route(below, outcome=Outcome.RECORD)
    tell(below, severity="info" if state == "quiet" else "critical")
    turn()
    parent = Incident.objects.get()
    if state == "over":
        change_state(incident_id=parent.pk, verb="resolve", actor=owner, now=NOW)
    Incident.objects.filter(pk=parent.pk).update(is_drill=state == "drill")
    Service.objects.filter(pk=service.pk).update(joins_parents=state != "asked not to")
    tell(door, key="slow")
    turn()
    assert alert_of("slow").incident != parent


def test_a_declared_incident_says_that_a_service_is_down(
    door: Integration, below: Integration, owner: User
) -> None:
    tell(below, severity="info")
    turn()
    parent = Incident.objects.get()
    declare(incident_id=parent.pk, actor=owner, severity=4, now=NOW)
    tell(door, key="slow")
    turn()
    assert alert_of("slow").incident == parent


def test_when_a_service_goes_down_what_opened_shortly_before_on_its_dependents_is_merged_into_it(
    door: Integration, below: Integration, later: Later, django_capture_on_commit_callbacks: Any
) -> None:
    tell(door, key="slow")
    turn()
    child = Incident.objects.get()
    tell(below)
    with django_capture_on_commit_callbacks(execute=True):
        turn(later(minutes=4))
    parent = Incident.objects.exclude(pk=child.pk).get()
    child.refresh_from_db()
    assert (child.state, child.merged_into) == (State.DISMISSED, parent)
    assert child.escalation.state == "stopped"
    assert sorted(parent.alerts.values_list("dedup_key", flat=True)) == ["disk", "slow"]
    why = "since Payments API depends on Database, which is down"
    assert words(child)[-1] == f"Merged into #{parent.pk} disk is full, {why}"
    assert words(parent)[-1] == f"#{child.pk} slow is full was merged into this one, {why}"
    assert Escalation.objects.running().get().incident == parent


@pytest.mark.parametrize("child", ["old", "acknowledged", "asked not to", "somebody called"])
def test_children_that_somebody_has_or_that_are_older_stay_as_they_are(
    door: Integration,
    below: Integration,
    member: User,
    service: Service,
    later: Later,
    django_capture_on_commit_callbacks: Any,
    child: str,
) -> None:
    tell(door, key="slow")
    turn()
    incident = Incident.objects.get()
    if child == "acknowledged":
        acknowledge(incident_id=incident.pk, actor=member, now=NOW)
    Incident.objects.filter(pk=incident.pk).update(
        source="person" if child == "somebody called" else incident.source
    )
    Service.objects.filter(pk=service.pk).update(joins_parents=child != "asked not to")
    tell(below)
    with django_capture_on_commit_callbacks(execute=True):
        turn(later(minutes=6 if child == "old" else 1))
    incident.refresh_from_db()
    assert incident.is_open


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["parent", "child"])
def test_a_parent_and_its_child_that_break_at_once_are_one_incident(
    door: Integration, below: Integration, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """The second one waits for the first, which is about to open its incident, and then sees it."""
    doors = (below, door) if first == "parent" else (door, below)
    tell(doors[0], key="one")
    tell(doors[1], key="two")
    about_to, done = threading.Event(), threading.Event()
    go_on = Placing.open

    def linger(self: Placing) -> None:
        if not about_to.is_set():
            about_to.set()
            done.wait(timeout=1)
        go_on(self)

    def work(which: Integration, over: threading.Event) -> None:
        try:
            process(integration_id=which.pk, now=NOW)
        finally:
            over.set()
            connection.close()

    monkeypatch.setattr(Placing, "open", linger)
    threads = [
        threading.Thread(target=work, args=[doors[0], threading.Event()]),
        threading.Thread(target=work, args=[doors[1], done]),
    ]
    threads[0].start()
    assert about_to.wait(timeout=30)
    threads[1].start()
    for thread in threads:
        thread.join(timeout=60)
    assert alert_of("one").incident == alert_of("two").incident
    assert Incident.objects.open().count() == 1


# --- Cost


def statements(doors: list[Integration], events: int, now: datetime) -> int:
    for number in range(events):
        for door in doors:
            tell(door, key=f"{now:%M}-{number}", labels={"service": "database", "n": str(number % 7)}, at=now)
    with CaptureQueriesContext(connection) as captured:
        assert process(integration_id=doors[0].pk, now=now) == events
    return len(captured)


def test_statements_do_not_grow_with_routes_services_and_groups(
    door: Integration, below: Integration, service: Service, later: Later
) -> None:
    Service.objects.update(grouping=Grouping.LABELS, group_labels=["n"], joins_parents=False)
    odd = {"field": "labels.n", "op": "in", "value": ["1", "3", "5"]}
    make_route(door, odd, service_from="labels.service")
    make_mute({"field": "labels.n", "op": "=", "value": "6"})
    few = statements([door], 8, later(minutes=1))
    many = statements([door], 150, later(minutes=2))
    assert Incident.objects.count() == 6
    assert many <= few <= 40


def test_mere_repeats_ask_for_no_route_mute_or_service(door: Integration) -> None:
    tell(door)
    turn()
    make_route(door)
    tell(door)
    with CaptureQueriesContext(connection) as captured:
        turn()
    told = " ".join(query["sql"] for query in captured)
    assert "alerts_route" not in told.replace('"route_id"', "")
    assert 'FROM "alerts_mute"' not in told
    assert 'FROM "catalog_service" WHERE' not in told
