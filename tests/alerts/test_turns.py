"""Integrations and services in turn, and order where it counts."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Team
from alerts import ahead, processing, turns
from alerts.batch import Batch
from alerts.models import Alert, AlertState, Event, Integration, Route
from alerts.partitions import ensure_ahead
from alerts.processing import attempt, waiting
from alerts.turns import CALM, Storm, Turns
from alerts.waiting import IN_FLIGHT, settled
from catalog.models import Service
from oncall.models import EscalationPolicy
from tests.making import NOW, make_integration, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


@pytest.fixture
def other(service: Service) -> Integration:
    return make_integration(service)[0]


def store(
    door: Integration,
    total: int,
    *,
    rule: str = "a",
    at: datetime = NOW,
    action: str = "trigger",
    key: str = "",
) -> list[Event]:
    rows = [
        Event(
            integration=door,
            received_at=at,
            body=json.dumps(
                {
                    "event_action": action,
                    "dedup_key": key or f"{rule}-{number}",
                    "payload": {"summary": rule, "source": "h", "severity": "critical", "component": rule},
                }
            ),
        )
        for number in range(total)
    ]
    return Event.objects.bulk_create(rows)


def clock() -> datetime:
    return NOW


def left(door: Integration) -> int:
    return Event.objects.filter(integration=door, processed_at=None).count()


def test_an_integration_with_more_than_a_batch_is_left_to_the_other_loop(
    door: Integration, other: Integration
) -> None:
    store(door, CALM * 2)
    store(other, 3, rule="calm")
    rung: list[int] = []
    both = Turns(ring=lambda: rung.append(1))
    assert both.calm(clock) == CALM + 3
    assert (left(door), left(other), len(rung)) == (CALM, 0, 1)
    store(other, 1, rule="again")
    assert both.calm(clock) == 1
    assert left(door) == CALM
    while both.storms(clock):
        pass
    assert waiting() == []
    store(door, 1, rule="later")
    assert both.calm(clock) == 1, "the storm is over"


def test_a_batch_takes_about_as_long_whatever_an_event_costs() -> None:
    storm = Storm(limit=1000)
    storm.fit(1000, took=turns.TARGET * 4)
    assert storm.limit == 250
    storm.fit(250, took=turns.TARGET / 100)
    assert storm.limit == 500
    storm.fit(3, took=5.0)
    assert storm.limit == 500
    storm.fit(500, took=60.0)
    assert storm.limit == turns.LEAST


def test_what_waits_since_days_is_found_and_worked_through_before_what_is_new(door: Integration) -> None:
    store(door, 1, key="k", at=NOW - timedelta(days=5))
    store(door, 1, key="k", action="resolve")
    both = Turns()
    assert both.calm(clock) == 2
    assert Alert.objects.get().state == AlertState.RESOLVED
    store(door, 1, at=NOW - timedelta(days=5))
    assert both.calm(clock) == 0, "older ones are looked for once a minute"


def test_a_storm_of_one_service_holds_back_no_other_of_the_same_integration(
    door: Integration, team: Team, policy: EscalationPolicy
) -> None:
    quieter = make_service(team, policy, "Quieter")
    Route.objects.create(
        integration=door,
        name="b",
        position=1,
        service=quieter,
        matchers=[{"field": "component", "op": "=", "value": "b"}],
        created_at=NOW,
        changed_at=NOW,
    )
    store(door, 600)
    quiet = store(door, 1, rule="b")[0]
    both = Turns()
    both.calm(clock)
    both.storms(clock)
    both.storms(clock)
    quiet.refresh_from_db()
    assert quiet.processed_at
    assert left(door) > 0, "and the storm was not over"


def test_a_storm_that_another_worker_has_is_left_to_it_until_that_is_gone(
    door: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(door, CALM * 4)
    both = Turns()
    both.calm(clock)
    monkeypatch.setattr(processing, "_locked", lambda number: False)
    assert both.storms(clock) == 0
    monkeypatch.undo()
    assert (both.calm(clock), left(door)) == (0, CALM * 3)
    both._elsewhere[door.pk] -= turns.ELSEWHERE
    assert both.calm(clock) == CALM
    while both.storms(clock):
        pass
    assert waiting() == []


@pytest.mark.django_db(transaction=True)
def test_who_has_a_storm_waits_for_its_turn_and_gives_up_after_a_second(
    door: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(door, 1)
    monkeypatch.setattr(processing, "PATIENCE", "50ms")
    with psycopg.connect(**dsn(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [processing.LOCK_CLASS, door.pk])
        assert attempt(integration_id=door.pk, now=NOW, limit=10, patient=True).is_busy
        threading.Timer(0.2, other.execute, ["SELECT pg_advisory_unlock_all()"]).start()
        monkeypatch.setattr(processing, "PATIENCE", "20s")
        assert attempt(integration_id=door.pk, now=NOW, limit=10, patient=True).events == 1


def dsn() -> dict[str, Any]:
    """How another process would connect."""
    params = connection.get_connection_params()
    return {name: params[name] for name in ("dbname", "user", "password", "host", "port") if name in params}


def test_what_another_worker_did_meanwhile_is_not_done_again(door: Integration) -> None:
    store(door, 100, key="same")
    first, second = ahead.Ahead(), ahead.Ahead()
    for each in (first, second, first, second, second, first):
        attempt(integration_id=door.pk, now=NOW, limit=10, ahead=each)
    while attempt(integration_id=door.pk, now=NOW, limit=30, ahead=first).events:
        pass
    assert (Alert.objects.get().count, left(door)) == (100, 0)


def test_each_event_is_read_once_however_long_it_waits(
    door: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(door, 250)
    read: list[int] = []
    real = processing._parsed

    def counted(integration: Integration, event: Event) -> Any:
        read.append(event.pk)
        return real(integration, event)

    monkeypatch.setattr(processing, "_parsed", counted)
    storm = ahead.Ahead()
    while attempt(integration_id=door.pk, now=NOW, limit=20, ahead=storm).events:
        pass
    assert len(read) == len(set(read)) == 250
    assert Alert.objects.count() == 250


def test_a_batch_that_failed_is_read_anew_and_notes_nothing_twice(
    door: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(door, CALM)
    store(door, CALM, action="resolve", rule="unknown")
    real, failing = Batch.write, [True, False]

    def once(batch: Batch) -> None:
        real(batch)
        if batch.signals[0][1].action == "resolve" and failing.pop(0):
            raise OperationalError("deadlock detected")

    both = Turns()
    both.calm(clock)
    monkeypatch.setattr(Batch, "write", once)
    with pytest.raises(OperationalError):
        both.storms(clock)
    failing.append(False)
    monkeypatch.setattr(Batch, "write", real)
    while both.storms(clock):
        pass
    assert {len(event.notes) for event in Event.objects.filter(body__contains="unknown")} == {1}


def test_an_event_waits_for_one_before_it_that_is_still_being_stored(door: Integration) -> None:
    first, missing, last = store(door, 3)
    missing.delete()
    assert settled([first, last], NOW) == [first]
    assert settled([last], NOW) == []
    assert settled([first, last], NOW + IN_FLIGHT) == [first, last]
    done = attempt(integration_id=door.pk, now=NOW, limit=10)
    assert (done.events, done.is_over) == (1, False)
    done = attempt(integration_id=door.pk, now=NOW, limit=10)
    assert done.is_held
    assert attempt(integration_id=door.pk, now=NOW + IN_FLIGHT, limit=10).events == 1


def test_the_look_opens_no_partition_of_older_days_and_asks_no_integration(
    service: Service, door: Integration
) -> None:
    ensure_ahead(NOW - timedelta(days=20), 20)
    for _ in range(20):
        make_integration(service)
    store(door, 1)
    both = Turns()
    both.calm(clock)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert both.calm(clock) == 0
    assert len(asked) == 1
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + asked[0]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "alerts_event_d20260310" in plan
    assert "alerts_event_d20260307" not in plan
    assert "alerts_integration" not in plan
