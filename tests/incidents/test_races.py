"""Two at once: sweepers, an ack against a step, two acks, two declarations with one key."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new, declare_once
from incidents.actions.transitions import acknowledge
from incidents.models import Escalation, Incident, TimelineEntry
from incidents.queries.chain import broken_links
from incidents.sweep import sweep
from notifications.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls side by side, each on its own connection, and give their results."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            start.wait(10)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(30) for future in [pool.submit(run, call) for call in calls]]


@pytest.fixture
def incidents(service: Service, owner: User, now: datetime) -> list[Incident]:
    return [
        declare_new(actor=owner, service=service, title=f"Number {n}", severity=2, now=now) for n in range(12)
    ]


def test_sweepers_side_by_side_page_everybody_once(incidents: list[Incident], now: datetime) -> None:
    def sweep_all() -> int:
        total = done = sweep(now=now, limit=2)
        while done:
            done = sweep(now=now, limit=2)
            total += done
        return total

    totals = at_once(*[sweep_all] * 4)
    assert sum(totals) == len(incidents)
    assert Delivery.objects.count() == len(incidents)
    assert TimelineEntry.objects.filter(kind="paged").count() == len(incidents)
    assert all(not problem for _, problem in broken_links())


def test_an_ack_and_a_step_at_once_leave_either_no_page_or_one_that_is_cancelled(
    incidents: list[Incident], member: User, now: datetime
) -> None:
    for incident in incidents:
        at_once(
            lambda: sweep(now=now, limit=1),
            partial(acknowledge, incident_id=incident.pk, actor=member, now=now),
        )
    acknowledged = Incident.objects.exclude(acknowledged_at=None)
    assert acknowledged.count() == len(incidents)
    assert Escalation.objects.running().count() == 0
    assert Delivery.objects.open().count() == 0, "nothing may be left to send"
    assert all(not problem for _, problem in broken_links())


def test_a_step_waits_for_nobody_who_is_acknowledging(
    incidents: list[Incident], member: User, now: datetime
) -> None:
    """While an ack holds its incident, a sweep passes it by and pages for the others."""
    held, swept = Event(), Event()

    def slow_ack() -> None:
        with transaction.atomic():
            acknowledge(incident_id=incidents[0].pk, actor=member, now=now)
            held.set()
            assert swept.wait(10)

    def sweep_meanwhile() -> int:
        assert held.wait(10)
        done = sweep(now=now)
        swept.set()
        return done

    _, done = at_once(slow_ack, sweep_meanwhile)
    assert done == len(incidents) - 1
    assert not Delivery.objects.about(f"incident:{incidents[0].pk}").exists()


def test_of_two_acks_at_once_one_is_first(
    incidents: list[Incident], member: User, owner: User, now: datetime
) -> None:
    key = incidents[0].pk
    answers = at_once(
        lambda: acknowledge(incident_id=key, actor=member, now=now)[1],
        lambda: acknowledge(incident_id=key, actor=owner, now=now)[1],
    )
    assert sorted(answers) == [False, True]
    assert TimelineEntry.objects.filter(incident=key, kind="acknowledged").count() == 1


def test_the_same_idempotency_key_twice_at_once_opens_one_incident(
    service: Service, owner: User, now: datetime
) -> None:
    def declare() -> tuple[Incident, bool]:
        return declare_once(
            actor=owner, key="retry-1", fingerprint="f", now=now, service=service, title="Once", severity=2
        )

    answers = at_once(declare, declare)
    assert sorted(new for _, new in answers) == [False, True]
    assert Incident.objects.count() == 1
