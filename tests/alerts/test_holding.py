"""What time does to alerts: the end of a pause, of a mute, and silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from alerts import holding, placing
from alerts.due import work_due
from alerts.models import Alert, AlertState, EndedBy, Integration, Outcome
from catalog.models import Service
from incidents.actions.transitions import declare
from incidents.models import Escalation, Incident, State
from tests.alerts.engine import alert_of, make_mute, make_route, tell, turn, words
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]
PAUSE = timedelta(minutes=2)


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


@pytest.fixture
def paused(door: Integration) -> Integration:
    """A door whose alerts wait for two minutes before they page."""
    make_route(door, pause=PAUSE)
    return door


@pytest.fixture
def fading(door: Integration) -> Integration:
    """A door whose alerts end when they are not repeated for an hour."""
    Integration.objects.filter(pk=door.pk).update(stale_after=timedelta(hours=1))
    return door


# --- A pause


def test_an_alert_that_resolves_within_its_pause_pages_nobody(paused: Integration, later: Later) -> None:
    tell(paused)
    turn()
    assert Alert.objects.get().held_until == NOW + PAUSE
    tell(paused, "resolve", at=later(minutes=1))
    turn(later(minutes=1))
    work_due(now=later(minutes=5))
    alert = Alert.objects.get()
    assert (alert.state, alert.ended_by, alert.outcome) == ("resolved", EndedBy.TOOL, Outcome.PAGE)
    assert alert.held_until is None
    assert not Incident.objects.exists()


def test_one_that_fires_and_ends_within_one_batch_pages_nobody(paused: Integration) -> None:
    tell(paused)
    tell(paused, "resolve")
    turn()
    assert Alert.objects.get().incident is None


def test_an_alert_that_outlasts_its_pause_pages(paused: Integration, later: Later) -> None:
    tell(paused)
    tell(paused, at=later(seconds=30), summary="90 %")
    turn()
    assert work_due(now=later(seconds=119)) == 0
    assert work_due(now=later(minutes=2)) == 1
    incident = Incident.objects.get()
    assert incident.title == "90 %"
    assert Escalation.objects.get().next_step_at == later(minutes=2)
    assert Alert.objects.get().held_until is None
    assert work_due(now=later(minutes=3)) == 0


def test_an_end_that_waits_to_be_processed_still_comes_in_time(paused: Integration, later: Later) -> None:
    tell(paused)
    turn()
    tell(paused, "resolve", at=later(seconds=119))
    assert work_due(now=later(minutes=5)) == 0
    turn(later(minutes=5))
    work_due(now=later(minutes=5))
    assert not Incident.objects.exists()


def test_a_storm_does_not_put_off_a_page_that_is_due(paused: Integration, later: Later) -> None:
    tell(paused)
    turn()
    tell(paused, key="other", at=later(seconds=121))
    assert work_due(now=later(seconds=121)) == 1


def test_what_its_tool_acknowledged_within_the_pause_is_so_from_the_beginning(
    paused: Integration, later: Later
) -> None:
    tell(paused)
    tell(paused, "acknowledge")
    turn()
    work_due(now=later(minutes=2))
    assert Incident.objects.get().state == State.ACKNOWLEDGED
    assert not Escalation.objects.running().exists()


def test_a_mute_that_began_within_the_pause_holds(paused: Integration, later: Later) -> None:
    tell(paused)
    turn()
    mute = make_mute(name="Deploy")
    work_due(now=later(minutes=2))
    alert = Alert.objects.get()
    assert (alert.mute, alert.incident) == (mute, None)
    assert alert.why == "By route “Route”; muted by “Deploy”"


def test_alerts_that_cannot_be_placed_stop_no_other(
    paused: Integration, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = placing.place

    def fragile(alerts: Any, *args: Any, **more: Any) -> Any:
        if any(alert.dedup_key == "poison" for alert in alerts):
            raise ValueError("cannot be placed")
        return place(alerts, *args, **more)

    monkeypatch.setattr(holding, "place", fragile)
    for key in ("a", "poison", "b"):
        tell(paused, key=key)
    turn()
    work_due(now=later(minutes=2))
    assert [alert_of(key).incident is None for key in ("a", "poison", "b")] == [False, True, False]
    assert alert_of("poison").held_until == later(minutes=3)


# --- A mute that ends


def test_what_still_fires_when_its_mute_ends_pages(door: Integration, later: Later) -> None:
    mute = make_mute()
    tell(door, key="over")
    tell(door, key="fires")
    tell(door, "resolve", key="over")
    turn()
    assert work_due(now=later(minutes=59)) == 0
    work_due(now=later(hours=1))
    assert Incident.objects.get().alerts.get().dedup_key == "fires"
    assert alert_of("fires").mute is None
    mute.refresh_from_db()
    assert (mute.is_open, mute.due_at, mute.ended_at) == (False, None, later(hours=1))


def test_what_another_mute_covers_stays_muted(door: Integration, later: Later) -> None:
    other = make_mute(ends_at=NOW + timedelta(hours=3), due_at=NOW + timedelta(hours=3), name="Longer")
    first = make_mute()
    tell(door)
    turn()
    assert Alert.objects.get().mute == first
    work_due(now=later(hours=1))
    assert (Alert.objects.get().mute, Alert.objects.get().incident) == (other, None)
    work_due(now=later(hours=3))
    assert Alert.objects.get().incident is not None


def test_a_mute_that_is_due_opens(door: Integration, later: Later) -> None:
    mute = make_mute(starts_at=later(minutes=5), due_at=later(minutes=5), is_open=False)
    work_due(now=later(minutes=5))
    mute.refresh_from_db()
    assert (mute.is_open, mute.due_at, mute.ended_at) == (True, later(hours=1), None)


def test_a_mute_that_a_person_ended_lets_go_of_what_it_held(door: Integration, later: Later) -> None:
    mute = make_mute()
    tell(door)
    turn()
    type(mute).objects.filter(pk=mute.pk).update(ended_at=later(minutes=5), due_at=later(minutes=5))
    work_due(now=later(minutes=5))
    assert Alert.objects.get().incident is not None
    mute.refresh_from_db()
    assert (mute.is_open, mute.due_at) == (False, None)


def test_a_mute_whose_process_died_before_it_let_go_is_looked_at_again(
    door: Integration, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_mute()
    tell(door)
    turn()
    with monkeypatch.context() as patch:
        patch.setattr("alerts.muting.release", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            work_due(now=later(hours=1))
    assert Alert.objects.get().incident is None
    work_due(now=later(hours=1))
    assert Alert.objects.get().incident is not None


# --- Silence


def test_an_alert_that_is_not_repeated_ends_and_says_so(fading: Integration, later: Later) -> None:
    tell(fading)
    turn()
    tell(fading, at=later(minutes=30))
    turn(later(minutes=30))
    work_due(now=later(minutes=61))
    assert Alert.objects.get().state == AlertState.OPEN
    work_due(now=later(minutes=91))
    alert, incident = Alert.objects.get(), Incident.objects.get()
    assert (alert.state, alert.ended_by, alert.resolved_at) == (
        "resolved",
        EndedBy.SILENCE,
        later(minutes=90),
    )
    assert incident.state == State.RESOLVED
    assert words(incident)[-2:] == [
        "Alert ended: disk is full. Nothing more was heard since 2026-03-10 12:30 UTC",
        "Resolved: all alerts resolved",
    ]


def test_silence_is_told_to_a_declared_incident_and_ends_only_the_alert(
    fading: Integration, owner: User, later: Later
) -> None:
    tell(fading)
    turn()
    incident = Incident.objects.get()
    declare(incident_id=incident.pk, actor=owner, severity=2, now=NOW)
    work_due(now=later(hours=2))
    incident.refresh_from_db()
    assert incident.state == State.ACTIVE
    assert any("Nothing more was heard since" in line for line in words(incident))


def test_a_route_says_how_long_its_alerts_last(fading: Integration, later: Later) -> None:
    make_route(fading, stale_after=timedelta(minutes=5))
    tell(fading)
    turn()
    tell(fading, at=later(minutes=4))
    turn(later(minutes=4))
    assert Alert.objects.get().expires_at == later(minutes=9)


def test_nothing_is_silent_while_its_events_wait(fading: Integration, later: Later) -> None:
    tell(fading)
    turn()
    tell(fading, at=later(minutes=59))
    assert work_due(now=later(minutes=62)) == 0
    turn(later(minutes=62))
    assert Alert.objects.get().state == AlertState.OPEN


def test_events_that_came_too_late_do_not_keep_what_is_silent(fading: Integration, later: Later) -> None:
    tell(fading)
    turn()
    tell(fading, key="other", at=later(minutes=60, seconds=5))
    assert work_due(now=later(minutes=60, seconds=10)) == 0
    assert work_due(now=later(minutes=61)) == 1


# --- Cost


def test_a_look_when_nothing_is_due_is_one_statement(
    door: Integration, django_assert_num_queries: Any
) -> None:
    make_mute()
    tell(door)
    turn()
    with django_assert_num_queries(1):
        assert work_due(now=NOW) == 0


def test_the_end_of_many_pauses_costs_as_much_as_that_of_few(paused: Integration, later: Later) -> None:
    counts = []
    for start, number in ((0, 3), (10, 60)):
        for each in range(number):
            tell(paused, key=f"{start}-{each}", at=later(minutes=start))
        turn(later(minutes=start))
        with CaptureQueriesContext(connection) as captured:
            assert work_due(now=later(minutes=start + 2)) == number
        counts.append(len(captured))
    assert counts[1] <= counts[0] <= 30
