"""Conditions that come and go: one alert, one incident, one page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import User
from alerts.due import work_due
from alerts.flapping import QUIET
from alerts.models import Alert, AlertState, EndedBy, Integration
from catalog.models import Service
from incidents.actions.transitions import change_state
from incidents.models import Incident, State
from tests.alerts.engine import alert_of, tell, turn, words
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


def flap(door: Integration, later: Later, times: int, *, every: int = 2, start: int = 0) -> int:
    """It fires and ends so many times, a worker's turn after each event; returns the minute behind the last end."""
    minute = start
    for _ in range(times):
        for action in ("trigger", "resolve"):
            tell(door, action, at=later(minutes=minute))
            turn(later(minutes=minute))
            minute += every
    return minute


def test_a_key_that_comes_back_three_times_flaps_and_stays_one_alert(door: Integration, later: Later) -> None:
    minute = flap(door, later, 3)
    assert Alert.objects.count() == Incident.objects.count() == 3
    flap(door, later, 5, every=1, start=minute)
    assert Alert.objects.count() == Incident.objects.count() == 4
    alert = alert_of("disk")
    assert (alert.state, alert.count, alert.flaps) == (AlertState.OPEN, 5, 7)
    assert alert.incident is not None
    assert [line for line in words(alert.incident) if "flaps" in line] == [
        "It flaps: “disk is full” ended and came back 3 times within 30 minutes. "
        "From now on it is over only when it has been quiet for 10 minutes"
    ]


def test_it_is_over_when_it_has_been_quiet_for_long_enough(door: Integration, later: Later) -> None:
    minute = flap(door, later, 4)
    said = later(minutes=minute - 2)
    assert alert_of("disk").settles_at == said + QUIET
    assert work_due(now=said + QUIET) == 0
    work_due(now=later(minutes=minute + 9))
    alert = alert_of("disk")
    assert (alert.state, alert.ended_by, alert.resolved_at) == ("resolved", EndedBy.SETTLED, said)
    assert alert.incident is not None
    assert alert.incident.state == State.RESOLVED
    assert words(alert.incident)[-2] == (
        "Alert resolved: disk is full. It flapped, and has been quiet for 10 minutes"
    )


def test_firing_again_keeps_it_open(door: Integration, later: Later) -> None:
    minute = flap(door, later, 4)
    tell(door, at=later(minutes=minute))
    turn(later(minutes=minute))
    assert alert_of("disk").settles_at is None
    work_due(now=later(hours=9))
    assert alert_of("disk").state == AlertState.OPEN


def test_an_end_that_is_said_again_is_not_waited_for_anew(door: Integration, later: Later) -> None:
    minute = flap(door, later, 4)
    before = alert_of("disk").settles_at
    tell(door, "resolve", at=later(minutes=minute))
    turn(later(minutes=minute))
    assert alert_of("disk").settles_at == before


def test_it_flaps_within_one_batch_too(door: Integration, later: Later) -> None:
    for _ in range(6):
        tell(door)
        tell(door, "resolve")
    turn()
    assert Alert.objects.count() == 4
    alert = alert_of("disk")
    assert (alert.state, alert.flaps) == (AlertState.OPEN, 5)
    assert alert.settles_at == NOW + QUIET
    assert Incident.objects.get().is_open


def test_slow_returns_are_no_flapping(door: Integration, later: Later) -> None:
    flap(door, later, 6, every=9)
    assert Alert.objects.count() == 6
    assert not Alert.objects.exclude(settles_at=None).exists()


def test_what_people_close_does_not_flap(door: Integration, owner: User, later: Later) -> None:
    for minute in range(6):
        tell(door, at=later(minutes=minute))
        turn(later(minutes=minute))
        incident = Incident.objects.get(state=State.TRIAGE)
        change_state(incident_id=incident.pk, verb="dismiss", actor=owner, now=later(minutes=minute))
    assert not Alert.objects.filter(flaps__gt=0).exists()


def test_what_flapped_and_settled_begins_anew(door: Integration, later: Later) -> None:
    minute = flap(door, later, 4)
    work_due(now=later(minutes=minute + 10))
    tell(door, at=later(minutes=minute + 11))
    turn(later(minutes=minute + 11))
    assert alert_of("disk").flaps < 3
